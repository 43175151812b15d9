"""`verify`: checks receipts, bundles and statements step by step, without a network and without trust in the server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from ledger.answers.brief import findings_of, lot_brief
from ledger.cli.auditor.bundles import read_policy, verify_bundle_file
from ledger.cli.auditor.plugins import plugins_option
from ledger.cli.auditor.statements import StatementEvidence, verify_statement
from ledger.cli.console import explained, json_option, print_json, problem_of, say, show
from ledger.cli.files import FILE, given_vkey, public_half, reading
from ledger.cli.findings import questioned_note, stated_finding
from ledger.cli.numbers import numeral
from ledger.cli.trust import ca_option
from ledger.client.verify.bundle import PUBLISHED, ReplayedKeys, check_quorum, known_keys, known_vkey, step
from ledger.client.verify.published_head import check_published, published_rotations
from ledger.core.log.key_rotation import LogKeys, rotations_in
from ledger.core.log.note import parse_vkey
from ledger.core.receipts.acknowledgement import Acknowledgement, read_answer, verify_answer
from ledger.core.receipts.bundle import is_bundle
from ledger.core.receipts.receipt import Verified
from ledger.core.receipts.statement import is_statement
from ledger.core.signatures.signing import VerifyingKey
from ledger.errors import InvalidInput, LedgerError, VerificationError
from ledger.service.queries.periods import instant_of

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
    7: "the log, as it is published now, begins with a checkpoint: no checkpoint yet",
}


_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "bundle": ("--registrar", "--on"), "statement": ("--bodies", "--plugins", "--on"), "receipt": ("--body", "--key"),
}
"""The options that apply to one kind of file only."""

_TAKEN = ("receipts as `submit --receipts` writes them, a bundle of `export bundle`, or a statement of "
          "`export footprint`")


class ReceiptEvidence(NamedTuple):
    """Optional inputs for the check of receipts: the record's body, the signer's key, the address of the log."""

    body: bytes | None
    signer: VerifyingKey | None
    log: str | None


class FileVerdict(NamedTuple):
    """One receipt: its proven content, or the error. `led`: a note on the key to which rotations led from the pinned
    one. `promised`: the answer is an acknowledgement, which the log signed before its witnesses did."""

    line: int
    verified: Verified | None
    error: LedgerError | None = None
    led: str | None = None
    promised: bool = False


@click.command()
@click.argument("receipt", type=FILE, metavar="FILE")
@click.option("--vkey", help="The log's verifier key, or a file with it.  [default: the log of --policy]")
@click.option("--policy", "policy_file", type=FILE, help="File with trusted logs and witnesses (C2SP tlog-policy).")
@click.option("--registrar", help="For a bundle: hex keyid of the registrar's first key.")
@click.option("--body", type=FILE, help="For a receipt: file with the record's canonical bytes.")
@click.option("--key", help="For a receipt: the signer's public key, as base64 of its SPKI or as a PEM file.")
@click.option("--bodies", help="For a statement: folder or server with the bodies, to recompute the figures.")
@plugins_option
@click.option("--log", help="Address of the log's server: check that the log still contains the signed checkpoint.")
@click.option("--on", metavar="DAY",
              help="For a statement, also inside a bundle: the day on which it should be in force.  [default: today]")
@click.option("--log-keys", type=FILE, help="File with the log's key rotations: its server's answer at /log/keys.")
@ca_option
@json_option
def verify(
    receipt: Path, vkey: str | None, policy_file: Path | None, registrar: str | None, body: Path | None,
    key: str | None, bodies: str | None, plugins: Path | None, log: str | None, on: str | None, log_keys: Path | None,
    as_json: bool,
) -> int:
    """Check the receipts (one as JSON, many as NDJSON), the bundle, or the statement in FILE (`-` is stdin) against
    the log's --vkey, or against the --policy that names the log.

    The check works offline, except with --log. If all steps hold, the figures are in the log that this key signs. With
    a policy, its quorum of witnesses must also have cosigned the checkpoint. A statement is in force for three years
    after the end of its data, or until its figure changes by more than 10 %, which --log finds out; the exit code is 1
    if it has expired or is superseded. If the log's key was rotated, signed notes
    lead from your key to the newest one: a bundle contains them; otherwise give --log-keys or --log.
    """
    if vkey is None and policy_file is None:
        raise click.UsageError("Missing option '--vkey' (or '--policy').")
    pinned = ReplayedKeys(
        None if vkey is None else given_vkey(vkey), None if policy_file is None else read_policy(policy_file),
        registrar, _rotations(log_keys, log),
    )
    if pinned.vkey is not None:
        LogKeys(pinned.vkey, pinned.rotations)  # raises if the rotations form no chain, before reading FILE
    with reading(receipt) as file:
        data = file.read()
    given = {"--registrar": registrar, "--body": body, "--key": key, "--bodies": bodies, "--plugins": plugins,
             "--on": on}
    if is_bundle(data):
        _check_options("bundle", given)
        return verify_bundle_file(data, pinned, log, _day(on), as_json=as_json)
    if is_statement(data):
        _check_options("statement", given)
        return verify_statement(data, pinned, StatementEvidence(bodies, plugins, log, _day(on)), as_json=as_json)
    _check_options("receipt", given)
    evidence = ReceiptEvidence(
        None if body is None else body.read_bytes(), None if key is None else public_half(key), log
    )
    _check_readable(receipt, data)
    verdicts = [_verdict(line, text, pinned, evidence) for line, text in _receipts(data)]
    return _print(verdicts, pinned, evidence, as_json=as_json)


def _day(on: str | None) -> str:
    """The instant of a day, or of now. Raises InvalidInput for a malformed day."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}" if on is None else instant_of(on, "on")


def _check_options(kind: str, given: Mapping[str, object]) -> None:
    """Raises UsageError for an option that does not apply to this kind of file."""
    wrong = [name for name, value in given.items() if value is not None and name not in _OPTIONS[kind]]
    if wrong:
        raise click.UsageError(f"{', '.join(wrong)}: not for a {kind}, which takes {' and '.join(_OPTIONS[kind])}")


def _print(
    verdicts: list[FileVerdict], pinned: ReplayedKeys, evidence: ReceiptEvidence, *, as_json: bool
) -> int:
    """Prints the verdicts; returns the exit code."""
    _say_led(verdict.led for verdict in verdicts)
    if as_json:
        print_json([_result(verdict) for verdict in verdicts])
    elif len(verdicts) == 1:
        _print_steps(verdicts[0], {
            5: evidence.body is not None, 6: evidence.signer is not None, 7: evidence.log is not None,
            8: pinned.policy is not None,
        })
    else:
        _print_many(verdicts)
    return 1 if any(verdict.error for verdict in verdicts) else 0


def _say_led(led: Iterable[str | None]) -> None:
    """Prints each note on a rotated key once."""
    for note in dict.fromkeys(led):
        if note is not None:
            say(f"note: {note}")


def _receipts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbered receipts: a single one over several lines, or one per line."""
    text = data.strip()
    if text.startswith(b"{") and not text.partition(b"\n")[0].rstrip().endswith(b"}"):
        yield 1, text
        return
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _check_readable(file: Path, data: bytes) -> None:
    """Raises InvalidInput if no line is a receipt or another JSON object: one error instead of one for each line."""
    reason = None
    for line, text in _receipts(data):
        try:
            tree = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = reason or f"line {line} is not JSON ({error})"
            continue
        if isinstance(tree, dict):
            return
        reason = reason or f"line {line} is not a JSON object"
    if reason is None:
        raise InvalidInput(f"{file} holds no receipt", code="empty-input", rule=_TAKEN)
    raise InvalidInput(f"{file} is no file that can be verified, or it is cut off: {reason}", code="not-verifiable",
                       field="FILE", rule=_TAKEN)


def _rotations(file: Path | None, log: str | None) -> Sequence[str]:
    """The notes on rotations of the log's key, from the file or the log. Raises InvalidNote for a malformed file."""
    if file is not None:
        return rotations_in(file.read_bytes())
    return () if log is None else published_rotations(log)


def _verdict(line: int, text: bytes, pinned: ReplayedKeys, evidence: ReceiptEvidence) -> FileVerdict:
    led, promised = None, False
    try:
        answer = read_answer(text)
        promised = isinstance(answer, Acknowledgement)
        keys = known_keys(answer, pinned)
        led = keys.led
        vkey = known_vkey(answer, pinned)
        verified = verify_answer(answer, vkey, body=evidence.body, key=evidence.signer)
        if pinned.policy is not None:
            with step(8):
                check_quorum(answer, pinned.policy, parse_vkey(vkey))
        if evidence.log is not None and verified.checkpoint is not None:
            with step(7):
                check_published(evidence.log, verified.checkpoint, keys)
        return FileVerdict(line, verified, None, led, promised)
    except LedgerError as error:
        return FileVerdict(line, None, error, led, promised)


def _print_steps(verdict: FileVerdict, requested: Mapping[int, bool]) -> None:
    failed = (verdict.error.step or 0) if isinstance(verdict.error, VerificationError) else 0
    if verdict.error is not None and not failed:
        say(f"error: {explained(verdict.error)}")
        return
    for number, text in enumerate(STEPS, start=1):
        if number == failed:
            break
        if verdict.promised and number in _PROMISED:
            show(f"{number}. {_PROMISED[number]}")
        else:
            show(f"{number}. {text}: {'ok' if requested.get(number, True) else 'not asked'}")
    if verdict.error is not None:
        show(f"{failed}. {STEPS[failed - 1]}: DOES NOT HOLD")
        say(f"error: {explained(verdict.error)}")
    if verdict.verified is not None:
        show(*_proved(verdict.verified))


def _print_many(verdicts: list[FileVerdict]) -> None:
    for verdict in verdicts:
        if verdict.error is not None:
            say(f"line {verdict.line}: {explained(verdict.error)}")
    failed = sum(verdict.error is not None for verdict in verdicts)
    lots = sum(len(verdict.verified.lots) for verdict in verdicts if verdict.verified)
    show(f"{len(verdicts) - failed} receipts hold, with the figures of {lots} lots; {failed} do not")


def _proved(verified: Verified) -> Iterator[str]:
    signed = datetime.fromtimestamp(verified.entry.time / 1000, UTC)
    where = "of the log, as the log promised" if verified.size is None else f"of the log at size {verified.size}"
    yield f"record {verified.entry.digest.hex()} is entry {verified.index} {where}"
    yield f"signed by key {verified.entry.keyid.hex()}; log time {signed:%Y-%m-%d %H:%M:%S} UTC"
    for lot in map(lot_brief, verified.lots):
        yield f"{lot.lot}: {lot.quantity} of {lot.product}, {lot.role}, held by {lot.holder}"
        yield f"  {numeral(lot.footprint)} kg CO2e{questioned_note(lot.questioned)}"
        for name, amount in lot.burdens.items():
            yield f"    {name} {amount!r}"
    for finding in findings_of(verified.index, verified.assessment):
        yield stated_finding(finding)


def _result(verdict: FileVerdict) -> dict[str, object]:
    if verdict.verified is None:
        return {"line": verdict.line, "ok": False, "problem": problem_of(verdict.error) if verdict.error else None}
    entry = verdict.verified.entry
    return {
        "line": verdict.line, "ok": True, "index": verdict.verified.index, "size": verdict.verified.size,
        "digest": entry.digest.hex(), "keyid": entry.keyid.hex(), "time": entry.time,
        "lots": [lot_brief(lot) for lot in verdict.verified.lots],
        "findings": findings_of(verdict.verified.index, verdict.verified.assessment),
    }
