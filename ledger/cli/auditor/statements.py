"""A statement, checked step by step and told."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw, Struct

from ledger.cli.auditor.bodies import bodies_at
from ledger.cli.console import explained, print_json, problem_of, say, show
from ledger.client.verify.bundle import PUBLISHED, ReplayedKeys, check_statement_quorum, pinned_key, step
from ledger.client.verify.published_head import check_published
from ledger.client.verify.statement_bodies import Recomputed, recompute_from_bodies
from ledger.core.log.key_rotation import LogKeys
from ledger.core.receipts.statement import Statement, read_statement
from ledger.core.receipts.statement_steps import STEPS, Proven
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement
from ledger.registry.workers.trial import tried

_SIGNED = 2
_BODIES = len(STEPS)
_PUBLISHED = _BODIES + 1
_QUORUM = _BODIES + 2
_ALL = (*STEPS, PUBLISHED, "the policy's quorum of witnesses cosigned the checkpoint")


class _StatementAnswer(Struct):
    """What is told of another method's answer; numbers are in text."""

    method: str
    footprint: str
    gwp: str = ""
    allocation: str = ""


class StatementVerdict(NamedTuple):
    """What was proved and done again, or why the statement does not hold; `left_out`: steps that nobody asked for;
    `led`: to which key rotations led from the known one."""

    proven: Proven | None = None
    recomputed: Recomputed | None = None
    error: VerificationError | None = None
    left_out: frozenset[int] = frozenset()
    led: str | None = None


def verify_statement(data: bytes, known: ReplayedKeys, bodies: str | None, log: str | None, *, as_json: bool) -> int:
    """Tells which steps hold; returns the exit code. `log`: address of the log, which is asked whether it still holds
    what it signed. Raises InvalidInput where `data` is no statement, Unavailable where the log does not answer."""
    verdict = _verdict(read_statement(data), known, bodies, log)
    if verdict.led is not None:
        say(f"note: {verdict.led}")
    if as_json:
        print_json(_told(verdict))
    else:
        _print_steps(verdict)
        if verdict.error is not None:
            say(f"error: {explained(verdict.error)}")
        elif verdict.proven is not None:
            show(*_proved(verdict.proven, verdict.recomputed))
    return 1 if verdict.error is not None else 0


def _verdict(statement: Statement, known: ReplayedKeys, bodies: str | None, log: str | None) -> StatementVerdict:
    proven, recomputed, led = None, None, None
    asked = {_PUBLISHED: log is not None, _QUORUM: known.policy is not None}
    left_out = frozenset([number for number, one in asked.items() if not one])
    try:
        with step(_SIGNED):
            keys = LogKeys(pinned_key(statement.note, known), known.rotations)
        led = keys.led
        proven = check_statement(statement, keys.pinned, keys.notes)
        if bodies is not None:
            with bodies_at(bodies) as found:
                recomputed = recompute_from_bodies(proven, found, tried())
        if log is not None:
            with step(_PUBLISHED):
                check_published(log, proven.checkpoint, keys)
        with step(_QUORUM):
            check_statement_quorum(proven, keys, known.policy)
        return StatementVerdict(proven, recomputed, None, left_out, led)
    except VerificationError as error:
        return StatementVerdict(proven, recomputed, error, left_out, led)


def _print_steps(verdict: StatementVerdict) -> None:
    failed = _step_of(verdict.error)
    for number, text in enumerate(_ALL, start=1):
        if number == failed:
            show(f"{number}. {text}: DOES NOT HOLD")
            return
        if number not in verdict.left_out:
            show(f"{number}. {text}: {_bodies_told(verdict) if number == _BODIES else 'ok'}")


def _bodies_told(verdict: StatementVerdict) -> str:
    done = verdict.recomputed
    if done is None:
        return "not asked"
    if not done.results:
        return "not recomputed"
    return "ok" if done.assessment else "ok, but for the assessment"


def _step_of(error: VerificationError | None) -> int:
    """The step that fails; 0 where none does."""
    return (error.step or 0) if error is not None else 0


def _proved(proven: Proven, done: Recomputed | None) -> Iterator[str]:
    claims, figure = proven.claims, proven.claims.figure
    logged = datetime.fromtimestamp(proven.entry.time / 1000, UTC)
    yield f"{figure.title} of {claims.lot}: {claims.quantity} of {claims.product}"
    yield (f"{float(figure.footprint):,.6g} kg CO2e, {float(figure.per_unit):,.6g} kg CO2e per {claims.quantity.unit}; "
           f"completeness {figure.completeness}")
    yield f"method {claims.method} ({claims.gwp}), plugin {claims.plugin or 'none'}, {claims.software}"
    yield (f"log {claims.origin} at size {claims.size}, root {proven.checkpoint.root.hex()}; record {claims.digest}, "
           f"entry {claims.record}, which the log says it took at {logged:%Y-%m-%d %H:%M:%S} UTC")
    for one, lot in zip(claims.inputs, proven.inputs, strict=True):
        yield f"  took {one.quantity} of {lot.quantity} of {lot.lot}, committed by entry {one.record}"
    if claims.answer is not UNSET:
        yield _beside(claims.answer)
    yield from _notes(proven, done)


def _beside(answer: Raw) -> str:
    """Another method's answer, in one line."""
    told = msgspec.json.decode(answer, type=_StatementAnswer)
    chosen = ", ".join([told.method, *[one for one in (told.gwp, told.allocation) if one]])
    return (f"beside it by {chosen}: {float(told.footprint):,.6g} kg CO2e, signed by the log and proved by no tree "
            "(--json shows all of it)")


def _notes(proven: Proven, done: Recomputed | None) -> Iterator[str]:
    """What these steps cannot show."""
    yield from (f"the log said: {one}" for one in proven.claims.limitations)
    if done is not None:
        yield from done.notes
    if done is None or not done.results:
        yield "contents are those that the log committed to; to recompute them takes the bodies (--bodies)"
    if proven.inputs:
        yield "what went in carries the figures that the log committed to; where these come from is not in a statement"
    yield "that nothing below this size has revised a figure since is the log's word, which an audit checks"


def _told(verdict: StatementVerdict) -> dict[str, object]:
    proven, error = verdict.proven, verdict.error
    told: dict[str, object] = {"ok": error is None}
    if error is not None:
        told |= {"step": _step_of(error), "problem": problem_of(error)}
    if proven is not None and error is None:
        claims = proven.claims
        told |= {
            "lot": claims.lot, "product": claims.product, "quantity": claims.quantity, "figure": claims.figure,
            "method": claims.method, "gwp": claims.gwp, "plugin": claims.plugin, "software": claims.software,
            "origin": claims.origin, "size": claims.size, "root": proven.checkpoint.root.hex(),
            "index": claims.record, "record": claims.digest, "digest": proven.digest,
            "recomputed": bool(verdict.recomputed and verdict.recomputed.results),
            "assessed": bool(verdict.recomputed and verdict.recomputed.assessment),
            "notes": list(_notes(proven, verdict.recomputed)),
        }
        if claims.answer is not UNSET:
            told["answer"] = claims.answer
    return told
