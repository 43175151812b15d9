"""`submit`: posts envelopes in bounded requests, or signs records and posts them, and keeps the receipts."""

import itertools
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

import click
import msgspec
from rich.table import Table

from ledger.cli.client import Client, Posted, Seconds, ServerRefusal, url_option
from ledger.cli.console import explained, json_option, print_json, progress, say, show
from ledger.cli.environment import origin_option, required
from ledger.cli.files import FILE, passphrase_options, reading, signing_key
from ledger.cli.findings import questioned_kilograms, stated_finding
from ledger.cli.supplier.receipts import Brief, LotBrief, brief
from ledger.cli.supplier.signing import RecordSigner, sign_file
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.errors import LedgerError, Unavailable
from ledger.host.files.durable import replacing

MAX_LINES = 1_000
MAX_BYTES = 16 << 20
_SHOWN = 20
_WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.5
"""Pause before the same records are posted again: a server may answer with acknowledgements at once."""
Chunk = list[tuple[int, bytes]]


class RefusedLine(NamedTuple):
    """A line that the ledger refused."""

    line: int
    refusal: ServerRefusal


class Posting:
    """The result of posting a file. A file may hold a million records, so this keeps only the receipts to be shown."""

    def __init__(self, receipts: IO[bytes] | None) -> None:
        self.accepted = 0
        self.refused: list[RefusedLine] = []
        self.shown: list[tuple[int, Brief]] = []
        self._receipts = receipts
        self.promised = 0
        """The number of accepted records that the log has only acknowledged so far."""

    @property
    def answered(self) -> int:
        return self.accepted + len(self.refused)

    def note(self, line: int, answer: Posted, keep: bool) -> None:
        """Raises LedgerError, and notes nothing, if the receipt cannot be read or written."""
        if isinstance(answer, ServerRefusal):
            self.refused.append(RefusedLine(line, answer))
            return
        shown = [(line, brief(answer))] if keep or len(self.shown) < _SHOWN else []
        if self._receipts is not None:
            try:
                self._receipts.write(msgspec.json.encode(answer) + b"\n")
            except OSError as error:
                raise LedgerError(f"cannot write the receipt of line {line}: {error.strerror}",
                                  code="receipt-unwritten", field="receipts") from error
        self.accepted += 1
        self.promised += isinstance(answer, Acknowledgement)
        self.shown += shown


@click.command()
@click.argument("file", type=FILE)
@url_option
@click.option("--key", "key", type=FILE, help="Sign the records in FILE with this key first.")
@click.option("--issuer", help="With --key: URN of the organisation that signs.")
@origin_option
@click.option("--type", "kind", help="With --key: type for records without `type`.")
@passphrase_options
@click.option("--receipts", "receipts", type=FILE, help="File for the receipts, one per line, in order.")
@click.option("--patience", type=Seconds(), default=30.0, show_default=True,
              help="Seconds to retry if the server is unavailable, and to wait for the log's witnesses.")
@click.option("--no-wait", is_flag=True,
              help="On a log with witnesses: accept acknowledgements, do not wait for the cosignatures.")
@json_option
def submit(
    file: Path, url: str, key: Path | None, issuer: str | None, origin: str | None, kind: str | None,
    passphrase_file: Path | None, prompt: bool, receipts: Path | None, patience: float, no_wait: bool,
    as_json: bool,
) -> int:
    """Post the envelopes in FILE (NDJSON; `-` is stdin), or with --key sign its records (JSON, NDJSON, CSV) first.

    Posting again is safe: a record on the ledger gets its first receipt again. With --key each run draws new nonces and
    so makes other records; `sign` to a file first if you may have to post again. See `sign --help` for CSV.

    A log with witnesses acknowledges a record as soon as it is durable; the receipt follows when they have cosigned.
    The command waits for receipts for --patience seconds. After that, post the same file again later for the rest.
    """
    with ExitStack() as stack:
        if key is None:
            envelopes: BinaryIO | IO[bytes] = stack.enter_context(reading(file))
        else:
            signer = RecordSigner(signing_key(key, passphrase_file, prompt), required(origin, "--origin"), issuer)
            envelopes = stack.enter_context(tempfile.TemporaryFile())
            sign_file(file, kind, signer, envelopes)
            envelopes.seek(0)
        client = stack.enter_context(Client(url, patience=patience))
        posting = Posting(stack.enter_context(replacing(receipts)) if receipts else None)
        waiting = None if no_wait else patience
        failure = _post(envelopes, client, posting, as_json, None if key is None else file, waiting)
    _report(posting, as_json)
    if failure is not None:
        raise failure
    return 1 if posting.refused else 0


def _post(
    envelopes: BinaryIO | IO[bytes], client: Client, posting: Posting, keep: bool, signed_from: Path | None,
    waiting: float | None,
) -> LedgerError | None:
    """Posts everything and keeps the receipts. Returns the error if it had to stop. `waiting`: seconds to wait for the
    log's witnesses; None takes the first answers."""
    pending = chunks(envelopes)
    with progress("posting") as report_progress:
        for chunk in pending:
            try:
                answers = _posted(client, [envelope for _, envelope in chunk], waiting)
                for (line, _), answer in zip(chunk, answers, strict=True):
                    posting.note(line, answer, keep)
            except LedgerError as error:
                return _stopped(error, chunk, pending, posting, signed_from)
            report_progress(posting.answered)
    return None


def _posted(client: Client, envelopes: list[bytes], waiting: float | None) -> list[Posted]:
    """Posts records, and posts the same bytes again until the witnesses have cosigned and all answers are receipts."""
    answers = client.post(envelopes)
    give_up = time.monotonic() + (waiting or 0)
    while any(isinstance(one, Acknowledgement) for one in answers) and waiting is not None:
        left = give_up - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(left, _PAUSE_SECONDS))
        answers = client.post(envelopes, min(max(left, 1), _WAIT_SECONDS))
    return answers


def chunks(envelopes: BinaryIO | IO[bytes]) -> Iterator[Chunk]:
    """Numbered lines without empty ones, in requests within the server's limits."""
    chunk: Chunk = []
    size = 0
    for number, line in enumerate(envelopes, start=1):
        envelope = line.strip()
        if not envelope:
            continue
        if chunk and (len(chunk) == MAX_LINES or size + len(envelope) > MAX_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append((number, envelope))
        size += len(envelope) + 1
    if chunk:
        yield chunk


def _stopped(
    error: LedgerError, chunk: Chunk, pending: Iterator[Chunk], posting: Posting, signed_from: Path | None
) -> LedgerError:
    """The error after an interruption. Records signed by this command are saved to a file, since some may already be on
    the ledger: the user has to post the same bytes again."""
    first = chunk[0][0]
    if signed_from is None:
        return Unavailable(f"stopped at line {first}: {error.message}; post the same file again", code=error.code)
    unposted = signed_from.with_name(signed_from.name + ".unposted")
    if str(signed_from) == "-":
        unposted = Path("unposted.ndjson")
    with replacing(unposted) as file:
        for _, envelope in itertools.chain(chunk, itertools.chain.from_iterable(pending)):
            file.write(envelope + b"\n")
    return Unavailable(
        f"stopped after {posting.answered} records: {error.message}; the remaining signed records are saved: "
        f"carbon-ledger submit {unposted}", code=error.code,
    )


def _report(posting: Posting, as_json: bool) -> None:
    if as_json:
        print_json({
            "accepted": posting.accepted, "acknowledged": posting.promised,
            "refused": [{"line": one.line, "problem": one.refusal} for one in posting.refused],
            "receipts": [{"line": line, **msgspec.to_builtins(one)} for line, one in posting.shown],
        })
        return
    if posting.shown:
        show(_table(posting))
        for line, receipt in posting.shown:
            show(*_remarks(line, receipt))
    if posting.accepted > len(posting.shown):
        show(f"… and {posting.accepted - len(posting.shown)} more")
    show(f"{posting.accepted} on the ledger, {len(posting.refused)} refused")
    if posting.promised:
        show(f"{posting.promised} of them are only acknowledged, since the log's witnesses have not signed yet: post "
             "the same file again later for the receipts")
    for line, refusal in posting.refused:
        error = refusal.error()
        for fault in error.parts or [error]:
            say(f"line {line}: {fault.code}: {explained(fault)}")


def _remarks(line: int, receipt: Brief) -> Iterator[str]:
    """The default prices, omissions and findings of a record, one a line."""
    by_set: dict[str, list[str]] = {}
    for priced in receipt.priced:
        by_set.setdefault(priced.factor.partition(":")[0], []).append(priced.material)
    for name, materials in by_set.items():
        yield f"line {line}: priced by {name}: {', '.join(dict.fromkeys(materials))}"
    for omitted in receipt.omitted:
        size = "no estimate" if omitted.estimate is None else f"estimate {omitted.estimate:,.3f} kg CO2e"
        similar = f"; known names like it: {', '.join(omitted.nearest)}" if omitted.nearest else ""
        yield f"line {line}: omitted: {omitted.what} ({size}){similar}"
    for finding in receipt.findings:
        yield f"line {line}: {stated_finding(finding)}"


def _table(posting: Posting) -> Table:
    """The lots of the records that are shown; with a column for questions if any lot carries one."""
    asked = any(lot.questioned for _, receipt in posting.shown for lot in receipt.lots)
    titles = ["line", "index", "record", "lot", "quantity", "kg CO2e", *(["questioned"] if asked else [])]
    table = Table(*titles, box=None, pad_edge=False)
    for place in (0, 1, *range(5, len(titles))):
        table.columns[place].justify = "right"
    for line, receipt in posting.shown:
        lots: list[LotBrief | None] = [*receipt.lots] or [None]
        for i, lot in enumerate(lots):
            cells = [str(line), str(receipt.index), f"{receipt.digest[:16]}…"] if i == 0 else ["", "", ""]
            if lot is not None:
                cells += [lot.lot, str(lot.quantity), f"{lot.footprint:,.3f}", questioned_kilograms(lot.questioned)]
            table.add_row(*cells[: len(titles)])
    return table
