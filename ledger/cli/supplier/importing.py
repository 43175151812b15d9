"""`import`: records from spreadsheets and from lists of other programs, signed on this machine and posted."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import click
import msgspec
from click.core import ParameterSource
from msgspec.structs import replace

from ledger.answers.checked import CheckedRecord
from ledger.answers.problems import Problem
from ledger.cli.client import Client, Seconds, patient_client, url_option
from ledger.cli.console import Rejected, explained, json_option, print_json, progress, say, show
from ledger.cli.environment import origin_option, required_origin
from ledger.cli.files import FILE, passphrase_options, signing_key
from ledger.cli.numbers import counted
from ledger.cli.supplier.catalogue import Reference, completed, references
from ledger.cli.supplier.effects.imported import ImportEffects
from ledger.cli.supplier.references import References
from ledger.cli.supplier.served_sets import versions_of
from ledger.cli.supplier.signing import any_key_option, no_sets
from ledger.cli.supplier.template import workbook
from ledger.client.posting import Posted, batches
from ledger.client.sheets.drafts import CellReading, RowDraft, SheetFault
from ledger.client.sheets.filled import FilledTemplate
from ledger.client.sheets.mapping import ListMapping, MappedList, read_mapping
from ledger.client.sheets.plan import MOST_FAULTS, ImportPlan, Planner, Planning, Proposal
from ledger.client.sheets.rows import Rows, opened_csv
from ledger.client.sheets.signing import RowSigner, read_secret
from ledger.client.sheets.spelling import DATES, FORMATS, ISO, Style, as_entered, offset_named, stated_formats
from ledger.client.sheets.staging import Staging, WaitingRow
from ledger.client.sheets.state import SUFFIX, Imported, ImportState, SentAmendment
from ledger.client.sheets.template import Guides
from ledger.client.writing.densities import WritingSets, weighed_lines
from ledger.client.writing.spelling import summary
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.errors import Erased, InvalidInput, LedgerError, NotFound, Unavailable
from ledger.host.files.durable import replacing

_CSV: Final = ".csv"
_MOST_CHANGES: Final = 5
_EXCLUDED: Final = (
    ("dry_run", "posts nothing and writes no records", ("output", "amend", "amendments", "receipts", "partial")),
    ("output", "posts nothing, so that you submit the file later", ("amend", "receipts", "partial")),
)
"""Options, each with the reason why it excludes others."""
_REASON: Final = "The row of the import was corrected"
_CHANGED: Final = "changes[0].fields."
"""Before the fields of a record in the refusal of its amendment."""
_UNAVAILABLE: Final = 503
_MOST_CHECKED: Final = 5_000
"""Records of an import that are checked before it posts any. A check costs about as much as posting."""
_CHECKED_LINES: Final = 20_000
_CHECKED_BYTES: Final = 32 << 20
"""The limits of one check. Its records may name each other."""
_KEPT: Final = 500
"""Records whose acceptance is written at once."""


class ImportOptions(NamedTuple):
    """The options that say how the file is read."""

    file: Path
    mapping: Path | None
    numbers: str | None
    dates: str | None
    offset: str | None
    kind: str | None
    marked: Path | None


class ImportResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result for programs: numbers of records, the first proposed amendments, and the number of rows that the
    mapping skips. `taken`: records that the ledger would take, by the check of a dry run. `empty`: how often an item of
    a list was left out, by its path, since its cells are empty. `effects`: of these records,
    or of the ones that were posted now; `leftOff` of them are not listed."""

    read: int
    new: int
    unchanged: int
    changed: int
    accepted: int
    amended: int
    refused: int
    unknown: int = 0
    acknowledged: int = 0
    proposals: list[dict[str, Any]]
    skipped: int = 0
    taken: int = 0
    empty: dict[str, int] = {}
    effects: dict[str, Any] = {}


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--mapping", type=FILE, help="How the columns of a list fill records (TOML); without it: a template.")
@click.option("--key", "key", type=FILE, required=True, help="Private key of the issuer.")
@click.option("--issuer", required=True, help="URN of the organisation that signs.")
@origin_option
@click.option("--numbers", type=click.Choice(list(FORMATS)), help="How texts of the file write numbers; a workbook "
              "needs it only for numbers that are text: " + ", ".join(
                  [f"{name} {one.example}" for name, one in FORMATS.items()]))
@click.option("--dates", type=click.Choice(list(DATES)), help="How the file writes dates.  [default: yyyy-mm-dd]")
@click.option("--offset", help="Offset from UTC of dates and times without one, such as +08:00.  [default: +00:00]")
@click.option("--type", "kind", help="Type of records without one.")
@click.option("--dry-run", is_flag=True, help="Show the effects and faults of the records; post nothing.")
@click.option("--offline", is_flag=True, help="With --dry-run: do not ask the ledger to check the records.")
@any_key_option
@click.option("--partial", is_flag=True, help="Post the other records if the ledger refuses some.")
@click.option("-o", "--output", type=FILE, help="Write the signed records to this file; post nothing.")
@click.option("--amend", is_flag=True, help="Post the amendments of changed rows too.")
@click.option("--amendments", type=FILE, help="Write the signed amendments of changed rows to this file.")
@click.option("--reason", default=_REASON, show_default=True, help="Reason of the amendments.")
@click.option("--marked", type=FILE, help="Workbook to write if there are faults: a copy with a note on each.")
@click.option("--receipts", type=FILE, help="File for the receipts of all records of FILE.")
@click.option("--patience", type=Seconds(), default=60.0, show_default=True,
              help="Seconds to try again if the server is unavailable; with --receipts also to wait for witnesses.")
@url_option
@passphrase_options
@json_option
def import_(**given: Any) -> int:
    """Import the records of FILE, a .csv or .xlsx file: a filled-in template, or a list with a mapping.

    Each record has a business key. The same row gives the same record, so importing a file again changes nothing, and
    an import that was stopped goes on when you run it again. A changed row becomes an amendment of its record, which
    you see first and post with --amend. If an earlier import ended without an answer for that row, the command asks the
    ledger first. Keep the files KEY.nonces and KEY.imports with the key.

    If a row has a fault, nothing is posted: all faults are listed by sheet, row and column. The ledger checks up to
    5,000 records before any is posted, and nothing is posted if it would refuse one, unless you give --partial. Larger
    files are not checked first: use --dry-run, which checks files of any size. Checks count in the quotas.

    With --dry-run and after posting you see the effects of the records: kg CO2e, titles, omissions and findings, of the
    first 20 and of further ones with findings or omissions, at most 50.
    """
    options = ImportOptions(*[given[name] for name in ImportOptions._fields])
    _check_options(given)
    key: Path = given["key"]
    origin = required_origin(given["origin"])
    private = signing_key(key, given["passphrase_file"], given["prompt"])
    signer = RowSigner(private, origin, given["issuer"], read_secret(key))
    with ExitStack() as stack:
        rows = stack.enter_context(_opened(options.file))
        staging = stack.enter_context(Staging())
        state = stack.enter_context(ImportState(key.with_name(key.name + SUFFIX), origin, given["issuer"]))
        client = stack.enter_context(patient_client(given["url"], given["patience"]))
        source = _Source(options, rows, completed(client, say) if _asks_server(given) else references(None))
        planner = Planner(signer, state, staging, Planning(
            given["reason"], bool(given["receipts"]), lambda digest: _on_ledger(client, digest), _sets(given)))
        plan = _planned(source, planner, staging)
        run = _ImportRun(staging, state, ImportEffects(client))
        if given["output"]:
            run.write(given["output"], amendments=False)
        if given["amendments"]:
            run.write(given["amendments"], amendments=True)
        if given["dry_run"] and not given["offline"]:
            run.check(client, amend=True, shows=True)
        elif not given["dry_run"] and not given["output"]:
            if not given["partial"]:
                _check_all(run, client, source, amend=given["amend"])
            receipts = stack.enter_context(replacing(given["receipts"])) if given["receipts"] else None
            run.post(client, receipts, given["patience"] if receipts else None, amend=given["amend"])
        if run.refused:
            _explain(run, source, given)
        _report(plan, run, source, given)
    return 1 if run.refused or run.unknown else 0


def _check_options(given: dict[str, Any]) -> None:
    """Raises UsageError for options that exclude each other."""
    for option, reason, excluded in _EXCLUDED:
        extra = [f"--{name}" for name in excluded if given[name]]
        if given[option] and extra:
            raise click.UsageError(f"--{option.replace('_', '-')} {reason}: leave out {', '.join(extra)}")
    if given["offline"] and not given["dry_run"]:
        raise click.UsageError("--offline belongs to --dry-run; --output signs without posting")


def _asks_server(given: dict[str, Any]) -> bool:
    """Whether the server may be asked for processes that are not installed here. An import that only writes a file
    works without a server, so it asks only one that the user has named."""
    if not given["output"]:
        return not given["offline"]
    return click.get_current_context().get_parameter_source("url") is not ParameterSource.DEFAULT


def _sets(given: dict[str, Any]) -> WritingSets:
    """The factor sets for densities; they have to know the keys of supplies if no ledger checks the records."""
    known = versions_of(given["url"] if _asks_server(given) else None)
    unchecked = given["output"] or given["offline"]
    return WritingSets(known, known if unchecked and not given["any_key"] else no_sets)


class _Source:
    """The file, which is read once to plan, and again to find the cells of records that the ledger refused."""

    def __init__(self, options: ImportOptions, rows: Rows, reference: Reference) -> None:
        self.options, self.rows = options, rows
        self._mapping: ListMapping | None = None
        self._list: MappedList | None = None
        if options.mapping is not None:
            self._mapping = read_mapping(options.mapping.read_bytes())
        self.style = _style(options, self._mapping)
        self._guides = Guides(reference)

    def drafts(self, staging: Staging) -> Iterator[RowDraft | SheetFault]:
        reading = CellReading(self.style, self._guides, References().digest, self.options.kind)
        if self._mapping is None:
            return FilledTemplate(self.rows, reading, staging).drafts()
        self._list = MappedList(self._mapping, self.rows, reading, staging)
        return self._list.drafts()

    @property
    def skipped(self) -> int:
        """The number of rows that the mapping skipped when the file was read."""
        return 0 if self._list is None else self._list.skipped

    @property
    def empty(self) -> dict[str, int]:
        """How often the mapping left an item of a list out, by its path, since its cells are empty."""
        return {} if self._list is None else dict(self._list.empty)

    def mark(self, faults: list[SheetFault]) -> str:
        """Writes the marked copy if one is asked for; returns words for the message."""
        if self.options.marked is None:
            return ""
        workbook("write_marked", "marking")(self.options.marked, self.rows, faults)
        return f"; {self.options.marked} has a note on each"


def _style(options: ImportOptions, mapping: ListMapping | None) -> Style:
    numbers = options.numbers or (mapping.numbers if mapping is not None else None)
    offset = options.offset or (mapping.offset if mapping is not None else None) or "+00:00"
    if numbers is None and options.file.suffix.lower() == _CSV:
        raise click.UsageError(f"state how the file writes numbers: {stated_formats()}")
    if numbers not in (None, *FORMATS):
        raise InvalidInput(f"unknown format of numbers {numbers!r}", code="invalid-mapping", field="numbers",
                           value=numbers, rule=f"one of: {', '.join(FORMATS)}")
    dates = options.dates or (mapping.dates if mapping is not None else None) or ISO
    if dates not in DATES:
        raise InvalidInput(f"unknown format of dates {dates!r}", code="invalid-mapping", field="dates", value=dates,
                           rule=f"one of: {', '.join(DATES)}")
    return Style(None if numbers is None else FORMATS[numbers], offset_named(offset), dates)


def _opened(path: Path) -> AbstractContextManager[Rows]:
    if path.suffix.lower() == _CSV:
        return opened_csv(path)
    opened: AbstractContextManager[Rows] = workbook("opened")(path)
    return opened


def _planned(source: _Source, planner: Planner, staging: Staging) -> ImportPlan:
    """Raises Rejected with all faults of the file."""
    with progress("reading") as report_progress:
        plan = planner.plan(source.drafts(staging), report_progress)
    if plan.faults:
        many = f"the first {MOST_FAULTS} faults" if plan.is_full else counted(len(plan.faults), "fault")
        marked = source.mark(plan.faults)
        raise Rejected(f"{source.options.file}: {many}; nothing is posted{marked}",
                       [fault.error() for fault in plan.faults], code="invalid-records")
    if not plan.read:
        raise InvalidInput(f"{source.options.file} holds no record{_skipped(source)}", code="empty-input")
    for line in (*summary(plan.respelled), *weighed_lines(plan.weighings)):
        say(line)
    for name, times in source.empty.items():
        say(f"{name} is left out of {counted(times, 'row')}, since all of its cells are empty")
    return plan


def _on_ledger(client: Client, digest: str) -> bool:
    """Whether the ledger has the record with this digest. Raises Unavailable."""
    try:
        client.record(digest)
    except Erased:
        return True
    except LedgerError as error:
        if isinstance(error, NotFound) and error.field == "digest":
            return False
        raise Unavailable(
            f"whether the ledger has record {digest}, which an earlier import signed for a row that has changed since, "
            f"is unknown: {error.message}", code=error.code, field="url", value=client.url,
            rule="run the import again when the ledger's server answers at --url",
        ) from error
    return True


class _ImportRun:
    """Writes and posts the signed records of an import. It notes them before, so that an import which is stopped is not
    forgotten, and the accepted ones after."""

    def __init__(self, staging: Staging, state: ImportState, effects: ImportEffects) -> None:
        self._staging, self._state, self.effects = staging, state, effects
        self.accepted = self.amended = self.refused = self.unknown = self.taken = 0
        self.promised = 0
        """The number of accepted records that the log has only acknowledged so far."""
        self._refusals: dict[tuple[str, str], Problem] = {}

    def write(self, path: Path, *, amendments: bool) -> None:
        """Writes envelopes, one a line; the file appears whole or not at all."""
        with replacing(path) as file:
            for record in self._staging.waiting(amendments=amendments):
                file.write(record.envelope + b"\n")
            self._note_sent(self._staging.waiting(amendments=amendments))

    def fits_check(self, *, amend: bool) -> bool:
        """Whether one check takes all records, so that they may name each other."""
        count, size = self._staging.unposted_size(amend=amend)
        return count <= _MOST_CHECKED and size <= _CHECKED_BYTES

    def check(self, client: Client, *, amend: bool, shows: bool) -> None:
        """Asks the ledger which of the records it would take. `shows`: keeps their effects. Raises Unavailable."""
        rows = self._staging.unposted(amend=amend)
        chunks = batches(rows, lambda record: len(record.envelope), _CHECKED_LINES, _CHECKED_BYTES)
        with progress("checking") as report_progress:
            for number, records in enumerate(chunks):
                if number == 1:
                    say(f"the ledger checks {_CHECKED_LINES:,} records or {_CHECKED_BYTES >> 20} MiB at a time: it may "
                        "refuse a record that names a new record of an earlier part, although an import would post it")
                answers = client.check([record.envelope for record in records])
                for record, answer in zip(records, answers, strict=True):
                    self._note_check(record, answer, shows=shows)
                report_progress(self.taken + self.refused)

    def _note_check(self, record: WaitingRow, answer: CheckedRecord | Problem, *, shows: bool) -> None:
        if isinstance(answer, Problem):
            if answer.status == _UNAVAILABLE:
                raise answer.error()
            self._note_refusal(record, answer)
            return
        self.taken += 1
        if shows:
            self.effects.add_checked(self._staging.place_of(record.key), record.key, record.envelope, answer)

    def _note_refusal(self, record: WaitingRow, refusal: Problem) -> None:
        self.refused += 1
        if len(self._refusals) < MOST_FAULTS:
            self._refusals[record.kind, record.key] = refusal

    def post(self, client: Client, receipts: IO[bytes] | None, waiting: float | None, *, amend: bool) -> None:
        """Posts in bounded requests. Before each request, the notes of its records are durable; after it, the notes of
        those that the ledger accepted. `waiting`: seconds to wait per request for the log's witnesses; None takes
        acknowledgements."""
        with progress("posting") as report_progress:
            for amendments in (False, True) if amend else (False,):
                rows = self._staging.waiting(amendments=amendments)
                for records in batches(rows, lambda record: len(record.envelope)):
                    self._take(records, self._answers(client, records, waiting), receipts)
                    report_progress(self.accepted + self.amended + self.refused + self.unknown)

    def _answers(self, client: Client, records: list[WaitingRow], waiting: float | None) -> list[Posted]:
        """The answer to each record; without an envelope, the receipt that the ledger has of it."""
        self._note_sent(records)
        envelopes = [record.envelope for record in records if record.envelope]
        posted = iter(client.post_until_proved(envelopes, waiting) if envelopes else ())
        return [next(posted) if record.envelope else client.receipt(record.digest) for record in records]

    def _take(self, records: list[WaitingRow], answers: list[Posted], receipts: IO[bytes] | None) -> None:
        taken: list[tuple[WaitingRow, Receipt | Acknowledgement]] = []
        for record, answer in zip(records, answers, strict=True):
            if isinstance(answer, Problem) and answer.status == _UNAVAILABLE:
                self.unknown += 1
                continue
            if isinstance(answer, Problem):
                self._note_refusal(record, answer)
                continue
            taken.append((record, answer))
            self.promised += isinstance(answer, Acknowledgement)
            if receipts is not None:
                receipts.write(msgspec.json.encode(answer) + b"\n")
        self._note_taken([record for record, _ in taken])
        self.amended += sum(record.amends is not None for record, _ in taken)
        self.accepted += sum(record.amends is None for record, _ in taken)
        for record, answer in taken:
            if not record.known:
                self.effects.add_posted(self._staging.place_of(record.key), record.key, record.envelope, answer)

    def _note_sent(self, records: Iterable[WaitingRow]) -> None:
        """Notes the records and amendments that the ledger may have from now on."""
        self._note((record, self._sent(record)) for record in records if not record.known)

    def _sent(self, record: WaitingRow) -> Imported:
        earlier = self._state.imported(record.kind, record.key)
        if record.amends is None or earlier is None:
            return Imported(record.digest, record.content, posted=False)
        return earlier._replace(sent=SentAmendment(record.digest, record.content))

    def _note_taken(self, records: Iterable[WaitingRow]) -> None:
        self._note(
            (record, Imported(record.amends or record.digest, record.content, True,
                              record.digest if record.amends else ""))
            for record in records if not record.known)

    def _note(self, records: Iterable[tuple[WaitingRow, Imported]]) -> None:
        rest = iter(records)
        while part := list(islice(rest, _KEPT)):
            self._state.enter([(record.kind, record.key, noted) for record, noted in part])

    def faults(self, source: _Source) -> list[SheetFault]:
        """The cells that the ledger refused, or would refuse."""
        faults: list[SheetFault] = []
        with Staging() as staging:
            for draft in source.drafts(staging):
                refusal = self._refusal(draft)
                if isinstance(draft, RowDraft) and refusal is not None:
                    faults += draft.faults_of(refusal)
        return faults

    def _refusal(self, draft: RowDraft | SheetFault) -> LedgerError | None:
        """The refusal of a record; of its amendment, with the field of the record itself."""
        if isinstance(draft, SheetFault):
            return None
        refusal = self._refusals.get((str(draft.tree["type"]), draft.key))
        if refusal is None or refusal.field is None:
            return None if refusal is None else refusal.error()
        return replace(refusal, field=refusal.field.removeprefix(_CHANGED)).error()


def _check_all(run: _ImportRun, client: Client, source: _Source, *, amend: bool) -> None:
    """Raises Rejected if the ledger would refuse any record, unless they are too many for one check."""
    if not run.fits_check(amend=amend):
        return
    run.check(client, amend=amend, shows=False)
    if run.refused:
        faults = run.faults(source)
        raise Rejected(
            f"{source.options.file}: the ledger would refuse {counted(run.refused, 'record')}; nothing is posted "
            f"(--partial posts the others){source.mark(faults)}",
            [fault.error() for fault in faults], code="invalid-records")


def _explain(run: _ImportRun, source: _Source, given: dict[str, Any]) -> None:
    """Says which cells the ledger refused, or would refuse."""
    faults = run.faults(source)
    for fault in faults:
        say(explained(fault.error()))
    refused = "would refuse" if given["dry_run"] else "refused"
    say(f"the ledger {refused} {counted(run.refused, 'record')}{source.mark(faults)}")


def _skipped(source: _Source) -> str:
    """Words for the rows that the mapping skipped: a wrong value in `[only]` would lose records without notice."""
    if not source.skipped:
        return ""
    return f"; the mapping skips {source.skipped} row{'s' if source.skipped > 1 else ''}"


def _changes(proposal: Proposal, style: Style) -> str:
    """The changed values; instants as days of the sheet."""
    changes = [" ".join([one.path, *[f"{word} {_entered(value, one.path, style)}"
                                     for word, value in (("from", one.before), ("to", one.after))]])
               for one in proposal.changes[:_MOST_CHANGES]]
    more = len(proposal.changes) - len(changes)
    return ", ".join(changes) + (f" and {more} more" if more else "")


def _entered(value: str, path: str, style: Style) -> str:
    """A value in JSON as the sheet has it."""
    bare = value.strip('"')
    entered = as_entered(bare, path, style)
    return value if entered == bare else entered


def _report(plan: ImportPlan, run: _ImportRun, source: _Source, given: dict[str, Any]) -> None:
    if given["as_json"]:
        print_json(ImportResult(
            read=plan.read, new=plan.new, unchanged=plan.unchanged, changed=plan.changed, accepted=run.accepted,
            amended=run.amended, refused=run.refused, unknown=run.unknown,
            acknowledged=run.promised, proposals=[
                {"place": str(one.place), "key": one.key, "record": one.record, "fields": list(one.fields)}
                for one in plan.proposals
            ], skipped=source.skipped, taken=run.taken if given["dry_run"] else 0,
            empty=source.empty, effects=run.effects.stated()))
        return
    show(*run.effects.lines())
    records = "1 record" if plan.read == 1 else f"{plan.read} records"
    show(f"{records}: {plan.new} new, {plan.unchanged} as before, {plan.changed} changed{_skipped(source)}")
    for proposal in plan.proposals:
        show(f"{proposal.place}: {proposal.key} changes {_changes(proposal, source.style)}")
    if plan.changed > len(plan.proposals):
        show(f"… and {plan.changed - len(plan.proposals)} more")
    if given["dry_run"]:
        asked = "the ledger was not asked" if given["offline"] else f"{run.taken} would be taken, {run.refused} refused"
        show(f"dry run, nothing was posted: {asked}")
    elif given["output"]:
        show(f"signed: {given['output']}; post it with `carbon-ledger submit`")
    else:
        show(f"{run.accepted} on the ledger, {run.amended} amended")
    if run.promised and given["receipts"]:
        say(f"{run.promised} of them are only acknowledged, since the log's witnesses have not signed yet: run the "
            "import again later for their receipts")
    if run.unknown:
        say(f"the outcome of {run.unknown} records is unknown, since the server did not answer in time: run the import "
            "again")
    if plan.replaced and (given["output"] or given["amendments"]):
        say(f"{plan.replaced} of the rows were signed in another form before, which the ledger does not have: do not "
            "submit the files of earlier imports")
    if plan.changed and not given["amend"]:
        show("Changed rows are amendments of earlier records: post them with --amend.")
