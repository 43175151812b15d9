"""`findings`: the findings of all records of an organisation, with the way to answer each."""

from collections.abc import Iterator, Mapping, Sequence

import click

from ledger.answers.lists import ListedRecordAnswer, RecordListAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, Part, json_option, print_csv, print_json, say, show, styled
from ledger.cli.findings import answer_lines, stated_finding
from ledger.cli.lookup.pages import Following, ListOptions, ListRequest, list_options, period_options
from ledger.footprint.derived.findings import FindingRange, StatedFinding

_CSV = ("record", "kind", "process", "start", "end", "severity", "code", "message", "value", "unit", "usual low",
        "usual high", "possible low", "possible high", "questioned", "answer", "digest")


@click.command()
@click.argument("organization")
@click.option("--facility", metavar="FACILITY", help="Only records about this facility.")
@click.option("--kind", metavar="KIND", help="Only this kind of records; `schema` lists them.")
@period_options
@list_options
@url_option
@json_option
def findings(
    organization: str, facility: str | None, kind: str | None, since: str | None, until: str | None, limit: int,
    after: int | None, as_csv: CsvForm | None, url: str, as_json: bool,
) -> None:
    """List the findings of ORGANIZATION's records as they read now, the newest record first, with the stated value, the
    range, the amount in question, and the way to answer each. A period selects records by the end or time that they
    state; --limit counts records."""
    request: ListRequest[RecordListAnswer, ListedRecordAnswer] = ListRequest(
        "/v1/record-list", RecordListAnswer, "records",
        {"issuer": organization, "facility": facility, "kind": kind, "from": since, "to": until, "findings": "true"})
    with Client(url) as client:
        following = Following(client, request, ListOptions(limit, after, as_json, as_csv))
        pages: list[RecordListAnswer] = list(following.pages())
    records = [record for page in pages for record in page.records]
    answers = {code: answer for page in pages for code, answer in page.to_answer.items()}
    if as_csv is not None:
        print_csv(as_csv, _CSV, [_row(record, finding, answers) for record in records for finding in record.findings])
    elif as_json:
        print_json({"records": records, "toAnswer": answers, "next": following.next})
    else:
        show(*(_report(records, answers) if records else ["no findings"]))
    if following.next is not None:
        say(f"there may be more: --after {following.next}, or a larger --limit")


def _report(records: Sequence[ListedRecordAnswer], answers: Mapping[str, str]) -> Iterator[Part]:
    for record in records:
        of = "" if record.process is None else f", {record.process}"
        start = "" if record.start is None else f"{record.start} to "
        period = "" if record.end is None else f", {start}{record.end}"
        yield styled(f"record {record.index}, {record.type}{of}{period}", style="bold")
        yield f"digest {record.record}"
        yield from map(stated_finding, record.findings)
    yield from answer_lines(answers)


def _row(record: ListedRecordAnswer, finding: StatedFinding, answers: Mapping[str, str]) -> list[object]:
    usual, possible = finding.usual or FindingRange(), finding.possible or FindingRange()
    return [record.index, record.type, record.process, record.start, record.end, finding.severity, finding.code,
            finding.message, finding.value, finding.unit, usual.low, usual.high, possible.low, possible.high,
            finding.amount, answers.get(finding.code), record.record]
