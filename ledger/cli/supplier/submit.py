"""`submit`: posts envelopes in bounded requests, or signs records and posts them, and keeps the receipts."""

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

import click
import msgspec
from msgspec import Struct

from ledger.answers.problems import Problem
from ledger.cli.client import Client, Seconds, patient_client, url_option
from ledger.cli.console import explained, json_option, print_json, progress, say, show
from ledger.cli.files import FILE, reading
from ledger.cli.supplier.effects.dry_run import SHOWN, foresee, record_in
from ledger.cli.supplier.effects.limits import PostedLimits
from ledger.cli.supplier.effects.present import effects_report, posted
from ledger.cli.supplier.effects.restated import with_restated_lots
from ledger.cli.supplier.receipts import Brief, brief
from ledger.cli.supplier.served_sets import versions_of
from ledger.cli.supplier.signing import OwnRecords, no_sets, sign_file, signing_options
from ledger.client.posting import Posted, batches
from ledger.client.writing.densities import WritingSets
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import AnyRecord
from ledger.errors import LedgerError, Unavailable
from ledger.host.files.durable import replacing

Chunk = list[tuple[int, bytes]]


class _Ready(Struct, frozen=True):
    """`size`: the entries of the log, also those that its witnesses have not signed yet."""

    size: int


class RefusedLine(NamedTuple):
    """A line that the ledger refused."""

    line: int
    refusal: Problem


class ShownReceipt(NamedTuple):
    """The receipt of a line, with the record if the client can read it. `before`: the record was on the ledger before
    this command."""

    line: int
    receipt: Brief
    record: AnyRecord | None
    before: bool


class Posting:
    """The result of posting a file. A file may hold a million records, so this keeps only the receipts to be shown."""

    def __init__(self, receipts: IO[bytes] | None, limits: PostedLimits) -> None:
        self.accepted = 0
        self.before = 0
        """The number of accepted records that were on the ledger before this command."""
        self.size = 0
        """The entries of the log before this command, so that a request that it had to repeat counts as new."""
        self.refused: list[RefusedLine] = []
        self.shown: list[ShownReceipt] = []
        self._receipts = receipts
        self._limits = limits
        self.promised = 0
        """The number of accepted records that the log has only acknowledged so far."""

    @property
    def answered(self) -> int:
        return self.accepted + len(self.refused)

    def note(self, line: int, envelope: bytes, answer: Posted, keep: bool) -> None:
        """Raises LedgerError, and notes nothing, if the receipt cannot be read or written."""
        if isinstance(answer, Problem):
            self.refused.append(RefusedLine(line, answer))
            return
        shown = self._shown(line, envelope, answer) if keep or len(self.shown) < SHOWN else []
        if self._receipts is not None:
            try:
                self._receipts.write(msgspec.json.encode(answer) + b"\n")
            except OSError as error:
                raise LedgerError(f"cannot write the receipt of line {line}: {error.strerror}",
                                  code="receipt-unwritten", field="receipts") from error
        self.accepted += 1
        self.before += answer.index < self.size
        self.promised += isinstance(answer, Acknowledgement)
        self.shown += shown

    def _shown(self, line: int, envelope: bytes, answer: Receipt | Acknowledgement) -> list[ShownReceipt]:
        # The server answers nothing about a record that the witnesses have not signed yet.
        summary = brief(answer, self._limits.of) if isinstance(answer, Receipt) else brief(answer)
        record = record_in(envelope) if len(self.shown) < SHOWN else None
        return [ShownReceipt(line, summary, record, answer.index < self.size)]


@click.command()
@click.argument("file", type=FILE)
@url_option
@signing_options("Sign the records in FILE with this key first.", required=False)
@click.option("--receipts", "receipts", type=FILE, help="File for the receipts, one per line, in order.")
@click.option("--patience", type=Seconds(), default=30.0, show_default=True,
              help="Seconds to retry if the server is unavailable, and to wait for the log's witnesses.")
@click.option("--dry-run", is_flag=True, help="Post nothing: show the effects of the records, or their faults.")
@click.option("--no-wait", is_flag=True,
              help="On a log with witnesses: accept acknowledgements, do not wait for the cosignatures.")
@json_option
def submit(
    file: Path, url: str, own: OwnRecords, receipts: Path | None, patience: float, dry_run: bool, no_wait: bool,
    as_json: bool,
) -> int:
    """Post the envelopes in FILE (NDJSON; `-` is stdin), or with --key sign its records (JSON, NDJSON, CSV) first.

    Posting again is safe: a record on the ledger gets its first receipt again, marked "as before". With --key each run
    draws new nonces and so makes other records; `sign` to a file first if you may have to post again. See `sign --help`
    for CSV.

    A log with witnesses acknowledges a record as soon as it is durable; the receipt follows when they have cosigned.
    The command waits for receipts for --patience seconds. After that, post the same file again later for the rest.

    With --dry-run the server checks the records and appends nothing: the command prints the effect of each one, with
    figures, omissions and findings, and exits with 1 if any would be refused. Checks count in the quotas.
    """
    if dry_run and receipts is not None:
        raise click.UsageError("--dry-run gives no receipts: leave out --receipts")
    with ExitStack() as stack:
        if own.key is None:
            envelopes: BinaryIO | IO[bytes] = stack.enter_context(reading(file))
        else:
            signer = own.signer()
            envelopes = stack.enter_context(tempfile.TemporaryFile())
            sign_file(file, own.kind, signer, envelopes, WritingSets(versions_of(url), no_sets))
            envelopes.seek(0)
        client = stack.enter_context(patient_client(url, patience))
        if dry_run:
            return foresee(client, envelopes, as_json)
        posting = Posting(stack.enter_context(replacing(receipts)) if receipts else None, PostedLimits(client))
        waiting = None if no_wait else patience
        failure = _post(envelopes, client, posting, as_json, None if own.key is None else file, waiting)
        posting.shown = [_restated(client, one) for one in posting.shown]
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
        for number, chunk in enumerate(pending):
            try:
                if not number:
                    posting.size = client.get("/health/ready", _Ready).size
                answers = client.post_until_proved([envelope for _, envelope in chunk], waiting)
                for (line, envelope), answer in zip(chunk, answers, strict=True):
                    posting.note(line, envelope, answer, keep)
            except LedgerError as error:
                return _stopped(error, chunk, pending, posting, signed_from)
            report_progress(posting.answered)
    return None


def chunks(envelopes: Iterable[bytes]) -> Iterator[Chunk]:
    """Numbered lines without empty ones, in requests within the server's limits."""
    lines = ((number, line.strip()) for number, line in enumerate(envelopes, start=1))
    return batches((numbered for numbered in lines if numbered[1]), lambda numbered: len(numbered[1]))


def _stopped(
    error: LedgerError, chunk: Chunk, pending: Iterator[Chunk], posting: Posting, signed_from: Path | None
) -> LedgerError:
    """The error after an interruption. Records signed by this command are saved to a file, since some may already be on
    the ledger: the user has to post the same bytes again."""
    first = chunk[0][0]
    # An outage ends by itself; the rule of other errors names a remedy.
    reason = error.message if isinstance(error, Unavailable) else explained(error)
    if signed_from is None:
        return Unavailable(f"stopped at line {first}: {reason}; post the same file again", code=error.code)
    unposted = signed_from.with_name(signed_from.name + ".unposted")
    if str(signed_from) == "-":
        unposted = Path("unposted.ndjson")
    with replacing(unposted) as file:
        for _, envelope in itertools.chain(chunk, itertools.chain.from_iterable(pending)):
            file.write(envelope + b"\n")
    return Unavailable(
        f"stopped after {posting.answered} records: {reason}; the remaining signed records are saved: "
        f"carbon-ledger submit {unposted}", code=error.code,
    )


def _restated(client: Client, shown: ShownReceipt) -> ShownReceipt:
    """The receipt of an amendment or closing with the restated lots of its issuer."""
    if shown.record is None:
        return shown
    receipt = with_restated_lots(client, shown.receipt, shown.record, f"line {shown.line}")
    return shown._replace(receipt=receipt)


def _report(posting: Posting, as_json: bool) -> None:
    if as_json:
        print_json({
            "accepted": posting.accepted, "before": posting.before, "acknowledged": posting.promised,
            "refused": [{"line": one.line, "problem": one.refusal} for one in posting.refused],
            "receipts": [{"line": one.line, "before": one.before, **msgspec.to_builtins(one.receipt)}
                         for one in posting.shown],
        })
        return
    show(*effects_report([posted(*one) for one in posting.shown]))
    if posting.accepted > len(posting.shown):
        show(f"… and {posting.accepted - len(posting.shown)} more")
    apart = f" ({posting.accepted - posting.before} new, {posting.before} as before)" if posting.before else ""
    show(f"{posting.accepted} on the ledger{apart}, {len(posting.refused)} refused")
    if posting.promised:
        show(f"{posting.promised} of them are only acknowledged, since the log's witnesses have not signed yet: post "
             "the same file again later for the receipts")
    for line, refusal in posting.refused:
        error = refusal.error()
        for fault in error.parts or [error]:
            say(f"line {line}: {fault.code}: {explained(fault)}")
