"""`verify`: receipts, bundles and statements checked step by step, without a network or trust in the server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from ledger.cli.auditor.bundles import read_policy, verify_bundle_file
from ledger.cli.auditor.statements import verify_statement
from ledger.cli.console import explained, json_option, print_json, problem_of, say, show
from ledger.cli.files import FILE, public_half, reading, text_or_file
from ledger.cli.supplier.receipts import lot_brief
from ledger.client.verify.bundle import PUBLISHED, ReplayedKeys, check_quorum, known_keys, known_vkey, step
from ledger.client.verify.published_head import check_published, published_rotations
from ledger.core.log.key_rotation import LogKeys, rotations_in
from ledger.core.log.note import parse_vkey
from ledger.core.receipts.acknowledgement import read_answer, verify_answer
from ledger.core.receipts.bundle import is_bundle
from ledger.core.receipts.receipt import Verified
from ledger.core.receipts.statement import is_statement
from ledger.core.signatures.signing import VerifyingKey
from ledger.errors import InvalidInput, LedgerError, VerificationError

STEPS = (
    "the entry is well-formed and commits to the receipt's digest",
    "the checkpoint is signed by the log",
    "the entry is in that checkpoint's tree at its index",
    "every figure shown is in the entry's outcome",
    "the body has the digest",
    "the key signed the record",
    PUBLISHED,
    "the policy's quorum of witnesses cosigned the checkpoint",
)

_PROMISED = {
    2: "the log's acknowledgement of this entry is signed by the log: ok",
    3: "the entry is in a published tree: not yet, the log's witnesses had not signed",
    7: "the log, as it is published now, begins with a checkpoint: there is none yet",
}


class FileVerdict(NamedTuple):
    """One receipt: what it proved, or why it does not hold. `led`: to which key rotations led from the known one."""

    line: int
    verified: Verified | None
    error: LedgerError | None = None
    led: str | None = None


@click.command()
@click.argument("receipt", type=FILE, metavar="FILE")
@click.option("--vkey", help="The log's verifier key, or the file that holds it.  [default: the --policy's]")
@click.option("--policy", "policy_file", type=FILE, help="Which logs and witnesses are known, after C2SP tlog-policy.")
@click.option("--registrar", help="Of a bundle: hex keyid of the registrar's first key.")
@click.option("--body", type=FILE, help="Of a receipt: the record's canonical bytes.")
@click.option("--key", help="Of a receipt: the signer's public key, base64 of its SPKI, or a PEM file.")
@click.option("--bodies", help="Of a statement: folder with the bodies, or address of a server, to compute it anew.")
@click.option("--log", help="Address of the log's server: whether the log still holds what it signed.")
@click.option("--log-keys", type=FILE, help="How the log's key was rotated: what its server answers below /log/keys.")
@json_option
def verify(
    receipt: Path, vkey: str | None, policy_file: Path | None, registrar: str | None, body: Path | None,
    key: str | None, bodies: str | None, log: str | None, log_keys: Path | None, as_json: bool,
) -> int:
    """Check the receipts (one as JSON, many as NDJSON), the bundle, or the statement, in FILE (`-` is stdin) against
    the log's --vkey, or the --policy that names it.

    Nothing is asked of anyone, but with --log: what holds proves that its figures are in the log that this key signs.
    With a policy, only a checkpoint that its quorum of witnesses has cosigned counts. Where the log's key was rotated,
    signed notes lead from the key you have to the newest one: a bundle holds them, --log-keys and --log bring them.
    """
    if vkey is None and policy_file is None:
        raise click.UsageError("Missing option '--vkey' (or '--policy').")
    known = ReplayedKeys(
        None if vkey is None else text_or_file(vkey), None if policy_file is None else read_policy(policy_file),
        registrar, _rotations(log_keys, log),
    )
    if known.vkey is not None:
        LogKeys(known.vkey, known.rotations)  # raises where they are no line of keys, before a file is looked at
    with reading(receipt) as file:
        data = file.read()
    if is_bundle(data):
        if body is not None or key is not None or bodies is not None:
            raise click.UsageError("--body, --key and --bodies are not for bundles, which hold what they need")
        return verify_bundle_file(data, known, log, as_json=as_json)
    if registrar is not None:
        raise click.UsageError("--registrar belongs to bundles")
    if is_statement(data):
        if body is not None or key is not None:
            raise click.UsageError("--body and --key belong to receipts; a statement takes --bodies")
        return verify_statement(data, known, bodies, log, as_json=as_json)
    if bodies is not None:
        raise click.UsageError("--bodies belongs to statements; a receipt takes --body")
    bytes_of_body = None if body is None else body.read_bytes()
    signer = None if key is None else public_half(key)
    verdicts = [_verdict(line, text, known, bytes_of_body, signer, log) for line, text in _receipts(data)]
    if not verdicts:
        raise InvalidInput(f"{receipt}: there is no receipt in it", code="empty-input")
    _say_led(one.led for one in verdicts)
    if as_json:
        print_json([_told(one) for one in verdicts])
    elif len(verdicts) == 1:
        _print_steps(verdicts[0], {
            5: body is not None, 6: signer is not None, 7: log is not None, 8: known.policy is not None,
        })
    else:
        _print_many(verdicts)
    return 1 if any(one.error for one in verdicts) else 0


def _say_led(led: Iterable[str | None]) -> None:
    """To which keys rotations led, each once."""
    for one in dict.fromkeys(led):
        if one is not None:
            say(f"note: {one}")


def _receipts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbered receipts: one over many lines, or one a line."""
    text = data.strip()
    if text.startswith(b"{") and not text.partition(b"\n")[0].rstrip().endswith(b"}"):
        yield 1, text
        return
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _rotations(file: Path | None, log: str | None) -> Sequence[str]:
    """How the log's key was rotated, where anything says so. Raises InvalidNote for what is no such file."""
    if file is not None:
        return rotations_in(file.read_bytes())
    return () if log is None else published_rotations(log)


def _verdict(
    line: int, text: bytes, known: ReplayedKeys, body: bytes | None, key: VerifyingKey | None, log: str | None
) -> FileVerdict:
    led = None
    try:
        answer = read_answer(text)
        keys = known_keys(answer, known)
        led = keys.led
        vkey = known_vkey(answer, known)
        verified = verify_answer(answer, vkey, body=body, key=key)
        if known.policy is not None:
            with step(8):
                check_quorum(answer, known.policy, parse_vkey(vkey))
        if log is not None and verified.checkpoint is not None:
            with step(7):
                check_published(log, verified.checkpoint, keys)
        return FileVerdict(line, verified, led=led)
    except LedgerError as error:
        return FileVerdict(line, None, error, led)


def _print_steps(one: FileVerdict, given: Mapping[int, bool]) -> None:
    failed = (one.error.step or 0) if isinstance(one.error, VerificationError) else 0
    if one.error is not None and not failed:
        say(f"error: {explained(one.error)}")
        return
    for number, text in enumerate(STEPS, start=1):
        if number == failed:
            break
        if one.verified is not None and one.verified.size is None and number in _PROMISED:
            show(f"{number}. {_PROMISED[number]}")
        else:
            show(f"{number}. {text}: {'ok' if given.get(number, True) else 'not asked'}")
    if one.error is not None:
        show(f"{failed}. {STEPS[failed - 1]}: DOES NOT HOLD")
        say(f"error: {explained(one.error)}")
    if one.verified is not None:
        show(*_proved(one.verified))


def _print_many(verdicts: list[FileVerdict]) -> None:
    for one in verdicts:
        if one.error is not None:
            say(f"line {one.line}: {explained(one.error)}")
    failed = sum(one.error is not None for one in verdicts)
    lots = sum(len(one.verified.lots) for one in verdicts if one.verified)
    show(f"{len(verdicts) - failed} receipts hold, with the figures of {lots} lots; {failed} do not")


def _proved(verified: Verified) -> Iterator[str]:
    signed = datetime.fromtimestamp(verified.entry.time / 1000, UTC)
    where = "of the log, as it promised" if verified.size is None else f"of the log at size {verified.size}"
    yield f"record {verified.entry.digest.hex()} is entry {verified.index} {where}"
    yield f"signed by key {verified.entry.keyid.hex()}; the log says at {signed:%Y-%m-%d %H:%M:%S} UTC"
    for lot in map(lot_brief, verified.lots):
        yield f"{lot.lot}: {lot.quantity} of {lot.product}, {lot.role}, held by {lot.holder}"
        yield f"  {lot.footprint:,.6g} kg CO2e"
        for name, amount in lot.burdens.items():
            yield f"    {name} {amount!r}"


def _told(one: FileVerdict) -> dict[str, object]:
    if one.verified is None:
        return {"line": one.line, "ok": False, "problem": problem_of(one.error) if one.error else None}
    entry = one.verified.entry
    return {
        "line": one.line, "ok": True, "index": one.verified.index, "size": one.verified.size,
        "digest": entry.digest.hex(), "keyid": entry.keyid.hex(), "time": entry.time,
        "lots": [lot_brief(lot) for lot in one.verified.lots],
    }
