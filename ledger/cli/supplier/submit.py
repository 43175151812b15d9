"""`submit`: envelopes, or records that are signed on the way, are posted in bounded requests; receipts come back."""

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

from ledger.cli.client import Client, Posted, ServerRefusal, url_option
from ledger.cli.console import explained, json_option, print_json, progress, say, show
from ledger.cli.environment import origin_option, required
from ledger.cli.files import FILE, passphrase_options, reading, signing_key
from ledger.cli.supplier.receipts import Brief, LotBrief, brief
from ledger.cli.supplier.signing import RecordSigner, sign_file
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.errors import LedgerError, Unavailable
from ledger.host.files.durable import replacing

MAX_LINES = 1_000
MAX_BYTES = 16 << 20
_SHOWN = 20
_WAIT_SECONDS = 30.0
Chunk = list[tuple[int, bytes]]


class RefusedLine(NamedTuple):
    """A line that is not on the ledger."""

    line: int
    refusal: ServerRefusal


class Posting:
    """What came of a file. Of a million receipts only what is shown is kept."""

    def __init__(self, receipts: IO[bytes] | None) -> None:
        self.accepted = 0
        self.refused: list[RefusedLine] = []
        self.shown: list[tuple[int, Brief]] = []
        self._receipts = receipts
        self.promised = 0
        """Of those accepted: how many the log has only acknowledged."""

    @property
    def answered(self) -> int:
        return self.accepted + len(self.refused)

    def note(self, line: int, answer: Posted, keep: bool) -> None:
        if isinstance(answer, ServerRefusal):
            self.refused.append(RefusedLine(line, answer))
            return
        self.accepted += 1
        self.promised += isinstance(answer, Acknowledgement)
        if self._receipts is not None:
            self._receipts.write(msgspec.json.encode(answer) + b"\n")
        if keep or len(self.shown) < _SHOWN:
            self.shown.append((line, brief(answer)))


@click.command()
@click.argument("file", type=FILE)
@url_option
@click.option("--key", "key", type=FILE, help="Sign the records in FILE with this key first.")
@click.option("--issuer", help="With --key: URN of the organisation that signs.")
@origin_option
@click.option("--type", "kind", help="With --key: type of the records that name none.")
@passphrase_options
@click.option("--receipts", "receipts", type=FILE, help="File for the receipts, a line each, in order.")
@click.option("--patience", type=click.FloatRange(min=0), default=30.0, show_default=True,
              help="Seconds for which a server that does not answer is asked again.")
@click.option("--no-wait", is_flag=True,
              help="Of a log with witnesses: take its acknowledgements, do not wait for their signatures.")
@json_option
def submit(
    file: Path, url: str, key: Path | None, issuer: str | None, origin: str | None, kind: str | None,
    passphrase_file: Path | None, prompt: bool, receipts: Path | None, patience: float, no_wait: bool,
    as_json: bool,
) -> int:
    """Post the envelopes in FILE (NDJSON; `-` is stdin), or with --key sign its records (JSON, NDJSON, CSV) first.

    Posting again is safe: a record that is on the ledger gives its first receipt. With --key each run draws new nonces
    and so makes other records; to be able to post again, `sign` to a file first. Its help tells about CSV.

    A log with witnesses acknowledges a record when it is durable; its receipt follows when they have signed. That is
    waited for as long as --patience says; what is acknowledged by then is posted again later for its receipt.
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
    """Posts all; returns why it stopped, where it did. The receipts until then are kept. `waiting`: for how many
    seconds the log's witnesses are waited for; None takes what is answered at once."""
    pending = chunks(envelopes)
    with progress("posting") as told:
        for chunk in pending:
            try:
                answers = _posted(client, [envelope for _, envelope in chunk], waiting)
            except LedgerError as error:
                return _stopped(error, chunk, pending, posting, signed_from)
            for (line, _), answer in zip(chunk, answers, strict=True):
                posting.note(line, answer, keep)
            told(posting.answered)
    return None


def _posted(client: Client, envelopes: list[bytes], waiting: float | None) -> list[Posted]:
    """Durable first, then proved: the same bytes again give the receipts once the witnesses have signed."""
    answers = client.post(envelopes)
    give_up = time.monotonic() + (waiting or 0)
    while any(isinstance(one, Acknowledgement) for one in answers) and waiting is not None:
        left = give_up - time.monotonic()
        if left <= 0:
            break
        answers = client.post(envelopes, min(max(left, 1), _WAIT_SECONDS))
    return answers


def chunks(envelopes: BinaryIO | IO[bytes]) -> Iterator[Chunk]:
    """Numbered lines in requests that a server takes; empty lines are left out."""
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
    """Records signed on the way are kept, since some may be on the ledger: these very ones can be posted again."""
    first = chunk[0][0]
    if signed_from is None:
        return Unavailable(f"stopped at line {first}: {error.message}; post the same file again", code=error.code)
    kept = Path("unposted.ndjson") if str(signed_from) == "-" else signed_from.with_name(signed_from.name + ".unposted")
    with replacing(kept) as file:
        for _, envelope in itertools.chain(chunk, itertools.chain.from_iterable(pending)):
            file.write(envelope + b"\n")
    return Unavailable(
        f"stopped after {posting.answered} records: {error.message}; the signed rest is kept: "
        f"carbon-ledger submit {kept}", code=error.code,
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
    if posting.accepted > len(posting.shown):
        show(f"… and {posting.accepted - len(posting.shown)} more")
    show(f"{posting.accepted} on the ledger, {len(posting.refused)} refused")
    if posting.promised:
        show(f"{posting.promised} of them are acknowledged; the log's witnesses have not signed yet: post the same "
             "file again later for the receipts")
    for line, refusal in posting.refused:
        say(f"line {line}: {refusal.code}: {explained(refusal.error())}")


def _table(posting: Posting) -> Table:
    table = Table("line", "index", "record", "lot", "quantity", "kg CO2e", box=None, pad_edge=False)
    table.columns[0].justify = table.columns[1].justify = table.columns[5].justify = "right"
    for line, one in posting.shown:
        lots: list[LotBrief | None] = [*one.lots] or [None]
        for i, lot in enumerate(lots):
            table.add_row(
                *((str(line), str(one.index), f"{one.digest[:16]}…") if i == 0 else ("", "", "")),
                *((lot.lot, str(lot.quantity), f"{lot.footprint:,.3f}") if lot else ("", "", "")),
            )
    return table
