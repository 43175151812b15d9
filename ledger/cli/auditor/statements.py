"""Checks a statement step by step and prints the result."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw, Struct

from ledger.cli.attestations import claimed_attestations
from ledger.cli.auditor.bodies import bodies_at
from ledger.cli.buyer.averages import kind_note
from ledger.cli.console import explained, print_json, problem_of, say, show
from ledger.cli.electricity import electricity_totals
from ledger.cli.numbers import numeral, per_unit
from ledger.cli.restated import restated_by, restated_line
from ledger.cli.site_claim import SITE_NOTE, site_lines
from ledger.cli.study import study_lines
from ledger.client.verify.bundle import PUBLISHED, ReplayedKeys, check_statement_quorum, pinned_key, step
from ledger.client.verify.published_head import check_published
from ledger.client.verify.standing import IN_FORCE, StatementStanding, current_standing, standing_of
from ledger.client.verify.statement_bodies import Recomputed, recompute_from_bodies
from ledger.core.log.key_rotation import LogKeys
from ledger.core.outcome.assessment import QUESTIONED
from ledger.core.receipts.statement import Statement, read_statement
from ledger.core.receipts.statement_steps import STEPS, Proven
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement
from ledger.registry.workers.apart import with_archives

_SIGNED = 2
_BODIES = len(STEPS)
_FIGURE = _BODIES - 1
_PUBLISHED = _BODIES + 1
_QUORUM = _BODIES + 2
_ALL = (*STEPS, PUBLISHED, "the policy's quorum of witnesses cosigned the checkpoint")


class _StatementAnswer(Struct):
    """The printed part of another method's answer; numbers are text."""

    method: str
    footprint: str
    gwp: str = ""
    allocation: str = ""


class StatementVerdict(NamedTuple):
    """The proven and the recomputed content, or the error. `left_out`: steps that were not requested; `led`: a note on
    the key to which rotations led from the pinned one; `standing`: whether the proven figure is in force."""

    proven: Proven | None = None
    recomputed: Recomputed | None = None
    error: VerificationError | None = None
    left_out: frozenset[int] = frozenset()
    led: str | None = None
    standing: StatementStanding = IN_FORCE


class StatementEvidence(NamedTuple):
    """Optional inputs for the check of a statement: where the bodies are, the folder with the archives of plugins, the
    address of the log, to check that it still contains the signed checkpoint and the figure; and the instant as of
    which the statement should be in force."""

    bodies: str | None
    plugins: Path | None
    log: str | None
    on: str


def verify_statement(data: bytes, pinned: ReplayedKeys, evidence: StatementEvidence, *, as_json: bool) -> int:
    """Prints the result of each step; returns the exit code. Raises InvalidInput if `data` is not a statement,
    Unavailable if the log does not answer."""
    verdict = _verdict(read_statement(data), pinned, evidence)
    if verdict.led is not None:
        say(f"note: {verdict.led}")
    if as_json:
        print_json(_result(verdict))
    else:
        _print_steps(verdict)
        if verdict.error is not None:
            say(f"error: {explained(verdict.error)}")
        elif verdict.proven is not None:
            show(*_proved(verdict.proven, verdict.recomputed))
            show(*_standing(verdict))
    if verdict.error is None and not as_json and not verdict.standing.is_in_force:
        say(f"error: {verdict.standing.text}")
    return 0 if verdict.error is None and verdict.standing.is_in_force else 1


def _verdict(statement: Statement, pinned: ReplayedKeys, evidence: StatementEvidence) -> StatementVerdict:
    bodies, plugins, log, on = evidence
    proven, recomputed, led, published = None, None, None, None
    requests = {_PUBLISHED: log is not None, _QUORUM: pinned.policy is not None}
    left_out = frozenset([number for number, requested in requests.items() if not requested])
    try:
        with step(_SIGNED):
            keys = LogKeys(pinned_key(statement.note, pinned), pinned.rotations)
        led = keys.led
        proven = check_statement(statement, keys.pinned, keys.notes)
        if bodies is not None:
            needed = (proven.claims.plugin_digest or "",)
            with bodies_at(bodies) as sources, with_archives(plugins, needed) as registry:
                recomputed = recompute_from_bodies(proven, sources, registry)
        if log is not None:
            with step(_PUBLISHED):
                published = check_published(log, proven.checkpoint, keys)
        with step(_QUORUM):
            check_statement_quorum(proven, keys, pinned.policy)
        standing = standing_of(proven, on)
        if log is not None and published is not None and standing.is_in_force:
            with step(_PUBLISHED):
                standing = current_standing(proven, log, keys, published)
        return StatementVerdict(proven, recomputed, None, left_out, led, standing)
    except VerificationError as error:
        return StatementVerdict(proven, recomputed, error, left_out, led)


def _print_steps(verdict: StatementVerdict) -> None:
    failed = _step_of(verdict.error)
    for number, text in enumerate(_ALL, start=1):
        if number == failed:
            show(f"{number}. {text}: DOES NOT HOLD")
            return
        if number not in verdict.left_out:
            show(f"{number}. {text}: {_step_result(verdict, number)}")


def _step_result(verdict: StatementVerdict, number: int) -> str:
    if number == _FIGURE and verdict.proven is not None and verdict.proven.assessment is None:
        return "not shown, only the committed figure"
    return _bodies_result(verdict) if number == _BODIES else "ok"


def _bodies_result(verdict: StatementVerdict) -> str:
    recomputed = verdict.recomputed
    if recomputed is None:
        return "not asked"
    if not recomputed.results:
        return "not recomputed"
    return "ok" if recomputed.assessment else "ok, except for the assessment"


def _step_of(error: VerificationError | None) -> int:
    """The number of the failed step; 0 without an error."""
    return (error.step or 0) if error is not None else 0


def _proved(proven: Proven, recomputed: Recomputed | None) -> Iterator[str]:
    claims, figure = proven.claims, proven.claims.figure
    logged = datetime.fromtimestamp(proven.entry.time / 1000, UTC)
    yield f"{figure.title} of {claims.lot}: {claims.quantity} of {claims.product}"
    each = per_unit(float(figure.per_unit), claims.quantity.unit)
    yield (f"{numeral(float(figure.footprint))} kg CO2e, {each}"
           f"{kind_note(claims.figure_kind)}; completeness {figure.completeness}")
    yield from restated_line(claims)
    questioned = float(figure.burdens.get(QUESTIONED, 0))
    if questioned:
        yield f"{numeral(questioned)} kg CO2e questioned, which the figure commits to"
    if figure.location_based is not None or figure.market_based is not None:
        yield electricity_totals(
            float(figure.location_based or figure.footprint), float(figure.market_based or figure.footprint))
    yield f"method {claims.method} ({claims.gwp}), plugin {claims.plugin or 'none'}, {claims.software}"
    if claims.study is not None:
        yield from study_lines(claims.study, claims.versions)
    yield (f"log {claims.origin} at size {claims.size}, root {proven.checkpoint.root.hex()}; record {claims.digest}, "
           f"entry {claims.record}, log time {logged:%Y-%m-%d %H:%M:%S} UTC")
    for taken, lot in zip(claims.inputs, proven.inputs, strict=True):
        yield f"  took {taken.quantity} of {lot.quantity} of {lot.lot}, committed by entry {taken.record}"
    if claims.answer is not UNSET:
        yield _other_answer(claims.answer)
    yield from site_lines(claims.site)
    yield from _notes(proven, recomputed)


def _standing(verdict: StatementVerdict) -> Iterator[str]:
    """The attestations of the figure, and how long it is valid."""
    if verdict.proven is not None:
        yield from claimed_attestations(verdict.proven.claims)
    if verdict.standing.is_in_force:
        yield verdict.standing.text


def _other_answer(answer: Raw) -> str:
    """The answer of another method, in one line."""
    other = msgspec.json.decode(answer, type=_StatementAnswer)
    terms = ", ".join([other.method, *[one for one in (other.gwp, other.allocation) if one]])
    amount = numeral(float(other.footprint))
    return (f"by {terms}: {amount} kg CO2e, signed by the log, but without a proof in its tree "
            "(--json shows all of it)")


def _notes(proven: Proven, recomputed: Recomputed | None) -> Iterator[str]:
    """The limits of this check."""
    yield from (f"the log said: {one}" for one in proven.claims.limitations)
    if proven.claims.site is not None:
        yield SITE_NOTE
    if recomputed is not None:
        yield from recomputed.notes
    if recomputed is None or not recomputed.results:
        yield "contents are the log's committed values; --bodies recomputes them"
    if proven.inputs:
        yield "the inputs' figures are the log's committed values; a statement does not show their origins"
    if proven.assessment is None:
        yield ("the statement shows the figure, not how it is made: the log committed to this figure, but it cannot be "
               "recomputed from this statement")
    yield "only an audit can check that no record up to this size has revised a figure"


def _result(verdict: StatementVerdict) -> dict[str, object]:
    proven, error = verdict.proven, verdict.error
    result: dict[str, object] = {"ok": error is None}
    if error is not None:
        result |= {"step": _step_of(error), "problem": problem_of(error)}
    if proven is not None and error is None:
        claims = proven.claims
        result |= {
            "lot": claims.lot, "product": claims.product, "quantity": claims.quantity, "figure": claims.figure,
            "method": claims.method, "gwp": claims.gwp, "plugin": claims.plugin, "software": claims.software,
            "origin": claims.origin, "size": claims.size, "root": proven.checkpoint.root.hex(),
            "index": claims.record, "record": claims.digest, "digest": proven.digest,
            "restatedBy": restated_by(claims),
            "recomputed": bool(verdict.recomputed and verdict.recomputed.results),
            "assessed": bool(verdict.recomputed and verdict.recomputed.assessment),
            "notes": list(_notes(proven, verdict.recomputed)), "standing": verdict.standing,
        }
        if claims.attestations:
            result |= {"attestations": claims.attestations, "verified": claims.verified}
        if claims.study is not None:
            result["study"] = claims.study
        if claims.answer is not UNSET:
            result["answer"] = claims.answer
        if claims.site is not None:
            result["site"] = claims.site
    return result
