"""`export verification`: everything that a verifier asks for about a lot's figure, in one list."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import click
import msgspec
from rich.table import Table

from ledger.answers.verification import VerificationAnswer
from ledger.cli.attestations import attestation_line, chain_attestations, verified_lines
from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, print_lines, say, show, styled
from ledger.cli.electricity import electricity_totals
from ledger.cli.files import FILE
from ledger.cli.findings import answer_findings
from ledger.cli.numbers import fixed, numeral, per_unit, share_words
from ledger.cli.study import study_lines
from ledger.host.files.durable import replacing

Form = Literal["text", "csv", "json"]
_SECTIONS: Final[Mapping[str, str]] = {
    "flows": "flows", "cut_offs": "cut-offs", "sources": "sources of 95 % of the activity data",
    "allocation": "allocation", "sensitivity": "sensitivity to the allocation key", "electricity": "electricity",
    "gases": "gases", "double_counting": "double counting", "value_choices": "value choices", "findings": "findings",
    "attestations": "attestations",
}
"""The lists of the answer, each a section of the file."""
_SINGLE: Final = "figure"
_CONTEXTS: Final[Sequence[tuple[str, str, Mapping[str, str]]]] = (
    ("verified", "verified shares", {"attestations": "attestations in the chain"}),
    ("study", "study", {"stated": "stated by the manufacturer", "versions": "versions"}),
)
"""Fields of the answer with a row of their own in a table, and the sections of their own parts."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_LEFT_OFF: Final = {"flows": "flows_left_off", "cut_offs": "cut_offs_left_off", "sources": "sources_left_off",
                    "findings": "findings_left_off"}


@click.command()
@click.argument("lot")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True,
              help="Text for people, a table, or JSON.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Rows of a section.")
@click.option("--share", "shares", metavar="NAME=FRACTION", multiple=True,
              help="A verified share to be stated elsewhere: refused above the part that attestations cover.")
@click.option("-o", "--output", type=FILE, help="File to write.  [default: stdout]")
@url_option
@json_option
def verification(
    lot: str, at: int | None, form: Form, limit: int, shares: tuple[str, ...], output: Path | None, url: str,
    as_json: bool,
) -> None:
    """Write the list that a verifier of LOT asks for: flows, cut-offs, the sources of 95 % of the activity data,
    ratings, allocation with its reason and sensitivity, electricity by type, gases, double counting, value choices,
    findings and attestations (ISO 14064-3, ISO 14067).
    """
    with Client(url) as client:
        answer = client.get("/v1/verification", VerificationAnswer, lot=lot, at=at, limit=limit, share=shares)
    if output is None:
        _print(answer, "json" if as_json else form)
        return
    if form == "text" and not as_json:
        raise click.UsageError("--output takes --format csv or json")
    json = msgspec.json.format(msgspec.json.encode(answer), indent=2).decode()
    data = table_of(answer) if form == "csv" else f"{json}\n"
    with replacing(output) as file:
        file.write(data.encode())
    if as_json:
        print_json({"file": str(output), "lot": answer.lot, "size": answer.at})
    else:
        say(f"{output}: list for verifiers of {answer.lot} as of {answer.at} entries")


def _print(answer: VerificationAnswer, form: Form) -> None:
    if form == "json":
        print_json(answer)
    elif form == "csv":
        print_lines(table_of(answer))
    else:
        show(*verification_report(answer))


def verification_report(answer: VerificationAnswer) -> Iterator[Part]:
    """The list, as text for people."""
    yield styled(f"{answer.title} of {answer.lot}: list for verifiers", style="bold")
    yield (f"{answer.quantity} of {answer.product}, {answer.figure_kind}, as of {answer.at} entries, record "
           f"{answer.record}")
    yield styled(f"{fixed(answer.footprint)} kg CO2e, {per_unit(answer.footprint_per_unit, answer.unit)}",
                 style="bold green")
    yield electricity_totals(answer.location_based, answer.market_based)
    yield (f"method {answer.method}, potentials {answer.gwp}; {answer.records:,} records upstream, "
           f"{fixed(answer.absolute)} kg CO2e in absolute amounts")
    if answer.valid_until is not None:
        yield f"valid until {answer.valid_until}, or until a change above 10 %"
    if answer.study is not None:
        yield from study_lines(answer.study, answer.study.versions)
    yield (f"cut-off: {fixed(answer.omitted)} kg CO2e omitted by estimate, {answer.exempted} exempted, limit "
           f"{answer.cut_off_limit}; {numeral(answer.unestimated, 3)} omissions of unknown size")
    yield from _ratings(answer)
    for name, title in _SECTIONS.items():
        if name not in ("attestations", "findings"):
            yield from _section(answer, name, title)
    yield from answer_findings(answer, answer.questioned_share)
    for attestation in answer.attestations:
        yield attestation_line(attestation)
    if answer.verified is None:
        yield "no attestation covers the figure"
    else:
        yield from chain_attestations(answer.verified)
        yield from verified_lines(answer.verified)
    yield from answer.limitations


def _ratings(answer: VerificationAnswer) -> Iterator[str]:
    primary = "unknown" if answer.primary_share is None else share_words(answer.primary_share)
    ratings = ", ".join([f"{name} {rating:.2f}" for name, rating in answer.pact_ratings.items()]) or "unknown"
    yield f"ratings (1 best, 5; {answer.rating_conversion or 'no conversion'}): {ratings}; primary data {primary}"


def _section(answer: VerificationAnswer, name: str, title: str) -> Iterator[Part]:
    rows = _rows(answer, name)
    yield styled(title, style="bold")
    if name == "sensitivity" and answer.sensitivity_note is not None:
        yield answer.sensitivity_note
    if not rows:
        yield "none"
        return
    columns = _columns(rows)
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*[_shown(row.get(column)) for column in columns])
    yield table
    left_off = getattr(answer, _LEFT_OFF.get(name, ""), 0)
    if left_off:
        yield f"… and {left_off:,} more: --limit"


def _rows(answer: VerificationAnswer, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = msgspec.to_builtins(getattr(answer, name))
    return rows


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields of rows, each once, in the order in which they first occur."""
    return list(dict.fromkeys([name for row in rows for name in row]))


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return numeral(value)
        case list():
            return "; ".join([_shown(part) for part in value])
        case dict():
            return " ".join([_shown(part) if _is_nested(part) else f"{part}" for part in value.values()])
        case _:
            return str(value)


def table_of(answer: VerificationAnswer) -> str:
    """One table: a row for each row of a section, with the columns of all sections; the single fields of the answer
    come first, in the section `figure`."""
    sections = [(title, row) for title, rows in _tables(answer) for row in rows if row]
    columns = ["section", *_columns([row for _, row in sections])]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for title, row in sections:
        writer.writerow({"section": title, **{name: cell(value) for name, value in row.items()}})
    return text.getvalue()


def _tables(answer: VerificationAnswer) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Everything that the answer has, by section."""
    tree: dict[str, Any] = msgspec.to_builtins(answer)
    yield _SINGLE, [{name: value for name, value in tree.items() if name == "quantity" or not _is_nested(value)}]
    for name, title in _SECTIONS.items():
        yield title, _rows(answer, name)
    for name, title in {"ratings": "ratings", "pactRatings": "PACT ratings"}.items():
        yield title, [tree.get(name, {})]
    for name, title, parts in _CONTEXTS:
        context = tree.get(name) or {}
        yield title, [{field: value for field, value in context.items() if field not in parts}]
        for part, name_of_part in parts.items():
            inner = context.get(part) or []
            yield name_of_part, inner if isinstance(inner, list) else [inner]
    yield "limitations", [{"limitation": text} for text in tree.get("limitations", [])]


def _is_nested(value: object) -> bool:
    return isinstance(value, list | dict)


def cell(value: object) -> object:
    """A cell: numbers in full, everything else as text. A text that a spreadsheet would take for a formula gets an
    apostrophe before it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = _shown(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
