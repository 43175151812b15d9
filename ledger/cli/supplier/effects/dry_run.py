"""`submit --dry-run`: the effects that the records of a file would have."""

from collections.abc import Sequence
from typing import IO, BinaryIO, Final

import msgspec

from ledger.answers.checked import CheckedRecord
from ledger.answers.problems import Problem
from ledger.cli.client import Client
from ledger.cli.console import explained, print_json, say, show
from ledger.cli.supplier.effects.present import Effect, effects_report, foreseen
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import AnyRecord
from ledger.core.signatures.envelope import open_envelope
from ledger.errors import InvalidInput, LedgerError

SHOWN: Final = 20
"""Records whose effects are printed."""
MOST_LINES: Final = 20_000
MOST_BYTES: Final = 64 << 20
"""The limits of one request: the records of a file may name each other, so they are checked together."""


def record_in(envelope: bytes) -> AnyRecord | None:
    """The record of an envelope; None if it cannot be read: the server says why."""
    try:
        return decode_record(open_envelope(envelope).body)
    except LedgerError:
        return None


def foresee(client: Client, envelopes: BinaryIO | IO[bytes], as_json: bool) -> int:
    """Checks the envelopes and prints their effects. Returns 1 if any would be refused."""
    lines = _lines(envelopes)
    answers = client.check([envelope for _, envelope in lines]) if lines else []
    refused = [(line, one) for (line, _), one in zip(lines, answers, strict=True) if isinstance(one, Problem)]
    taken = [
        (line, envelope, one) for (line, envelope), one in zip(lines, answers, strict=True)
        if isinstance(one, CheckedRecord)
    ]
    if as_json:
        print_json({
            "dryRun": True, "accepted": len(taken),
            "refused": [{"line": line, "problem": one} for line, one in refused],
            "checked": [{"line": line, **msgspec.to_builtins(one)} for line, _, one in taken],
        })
    else:
        effects = [foreseen(line, one, record_in(envelope)) for line, envelope, one in taken[:SHOWN]]
        _report(effects, [one for *_, one in taken], refused)
    return 1 if refused else 0


def _report(
    effects: Sequence[Effect], taken: Sequence[CheckedRecord], refused: Sequence[tuple[int, Problem]]
) -> None:
    show(*effects_report(effects))
    if len(taken) > len(effects):
        show(f"… and {len(taken) - len(effects)} more")
    known = sum([one.on_ledger for one in taken])
    undecided = sum([one.undecided is not None for one in taken])
    notes = [f"{known} on the ledger already"] if known else []
    notes += [f"{undecided} undecided"] if undecided else []
    noted = f" ({', '.join(notes)})" if notes else ""
    show(f"dry run, nothing is posted: {len(taken)} would be taken{noted}, {len(refused)} refused")
    for line, refusal in refused:
        error = refusal.error()
        for fault in error.parts or [error]:
            say(f"line {line}: {fault.code}: {explained(fault)}")


def _lines(envelopes: BinaryIO | IO[bytes]) -> list[tuple[int, bytes]]:
    """The numbered lines without empty ones. Raises InvalidInput for more than one request may have."""
    lines: list[tuple[int, bytes]] = []
    size = 0
    for number, line in enumerate(envelopes, start=1):
        envelope = line.strip()
        if envelope:
            lines.append((number, envelope))
            size += len(envelope) + 1
        if len(lines) > MOST_LINES or size > MOST_BYTES:
            raise InvalidInput(
                f"the file has more records than one check may have, from line {number} on", code="too-many-lines",
                value=number, rule=f"at most {MOST_LINES:,} records and {MOST_BYTES >> 20} MiB: split the file, and "
                                   "post the first part before you check the next one",
            )
    return lines
