"""Checks one assessment: its content, and the side effects of making it."""

import decimal
from collections.abc import Iterator
from decimal import localcontext
from typing import Final

import msgspec
from msgspec.structs import replace

from ledger.core.outcome.assessment import ADDITIVE, Assessment
from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.record.amounts import CONTEXT
from ledger.errors import LedgerError, PluginError
from ledger.footprint.stored.allocation import Weighed, shares, weights
from ledger.footprint.stored.burdens import direct
from ledger.footprint.stored.checks import check_assessment
from ledger.sdk.context import Context
from ledger.sdk.sector import Activity, Sector
from ledger.sdk.testing.faults import Case, ConformanceFault, assessed, decoded
from ledger.sdk.testing.running import outputs_of
from ledger.sdk.testing.watching import watched

_CODES: Final = {"unknown-gas": "unknown-gas", "invalid-weights": "burden-on-waste"}


def faults_of_case(sector: Sector, case: Case) -> Iterator[ConformanceFault]:
    """Faults of a case that cannot be assessed; else all faults of its assessment."""
    where = f"{sector.name}.{case.context.route}"
    try:
        activity = decoded(sector, case)
        before = msgspec.json.encode([case.context, activity])
        assessment = assessed(sector, case.context, activity)
    except Exception as error:
        yield ConformanceFault("refuses-case", where, f"{type(error).__name__}: {error}")
        return
    if not isinstance(assessment, Assessment):
        yield ConformanceFault("returns", where, f"returns a {type(assessment).__name__}, not an Assessment")
        return
    yield from _faults_of_content(assessment, case.context, where)
    yield from _faults_of_round_trip(assessment, where)
    yield from _faults_of_indicators(sector, assessment, where)
    yield from _faults_of_gaps(assessment, case.context, where)
    yield from _faults_of_effects(sector, case.context, activity, where)
    if msgspec.json.encode([case.context, activity]) != before:
        yield ConformanceFault(
            "changes-context", where, "changes its context or its activity"
        )


def _faults_of_content(assessment: Assessment, given: Context, where: str) -> Iterator[ConformanceFault]:
    for finding in assessment.findings:
        if finding.refuses:
            yield ConformanceFault("refuses-case", where, f"{finding.code}: {finding.message}")
    outputs = outputs_of(given)
    weighed = [Weighed(output, facts.mass) for output, facts in zip(outputs, given.outputs, strict=True)]
    without = replace(assessment, findings=())
    try:
        check_assessment(without, outputs)
        for key in assessment.weights:
            weights(key, weighed, without)
        shares(given.allocation, weighed, without)
    except (LedgerError, AttributeError, TypeError, ArithmeticError) as error:
        yield ConformanceFault(_code(error), where, getattr(error, "message", str(error)))
    for content, parts in assessment.matter.items():
        if len(parts) != len(outputs) or any(part < 0 for part in parts) or sum(parts) > 1 + _ROUNDING:
            yield ConformanceFault("matter", where, f"{content}: needs one part per output, from 0, together at most 1")


_ROUNDING: Final = decimal.Decimal("1e-30")


def _code(error: Exception) -> str:
    """The kit's code for an invalid assessment."""
    field, rule = getattr(error, "field", None) or "", getattr(error, "rule", None) or ""
    if isinstance(error, PluginError) and field.startswith("assigned"):
        return "burden-on-waste"
    if rule.startswith("a removal"):
        return "positive-removal"
    if rule.startswith("a finite number"):
        return "not-finite"
    return _CODES.get(getattr(error, "code", ""), "invalid-assessment")


def _faults_of_round_trip(assessment: Assessment, where: str) -> Iterator[ConformanceFault]:
    """An auditor recomputes the figures from JSON, so the assessment's JSON must give the same figures."""
    try:
        written = assessment_bytes(assessment)
        reread = msgspec.json.decode(written, type=Assessment)
        same = assessment_bytes(reread) == written and direct(reread) == direct(assessment)
    except (msgspec.MsgspecError, LedgerError, TypeError, ValueError, ArithmeticError) as error:
        yield ConformanceFault("round-trip", where, f"{type(error).__name__}: {error}")
        return
    if not same:
        yield ConformanceFault("round-trip", where, "its JSON does not give the same assessment and figures again")


def _faults_of_indicators(sector: Sector, assessment: Assessment, where: str) -> Iterator[ConformanceFault]:
    for name in assessment.indicators:
        if name not in sector.indicators:
            yield ConformanceFault(
                "undeclared-indicator", where, f"unknown indicator {name!r}: the sector does not declare it"
            )


def _faults_of_gaps(assessment: Assessment, given: Context, where: str) -> Iterator[ConformanceFault]:
    """If a supply has only on-site emissions in the assessment, nobody counts its upstream, so the plugin must name it
    as an omission.

    The core names the supplies that appear nowhere in the assessment. For a supply that the plugin prices, the plugin
    must do it.
    """
    for supply in given.supplies:
        kinds = {line.kind for line in assessment.lines if line.source == supply.material and line.amount > 0
                 and line.burden in ADDITIVE}
        named = any(one.what == supply.material or one.what.startswith(supply.material + " ")
                    for one in assessment.omissions)
        if kinds and kinds <= {"onSite"} and not (supply.priced or supply.nature or named):
            yield ConformanceFault(
                "silent-gap", where, f"{supply.material} is burnt or reacts here, and its upstream is not named: "
                                     f"draft.omit('{supply.material} upstream')",
            )


def _faults_of_effects(sector: Sector, given: Context, activity: Activity, where: str) -> Iterator[ConformanceFault]:
    """The assessment must have the same bytes each time, in any arithmetic of the caller, and no side effects."""
    first = _bytes(sector, given, activity)
    with localcontext(decimal.Context(prec=5, rounding=decimal.ROUND_UP)):
        second = _bytes(sector, given, activity)
    with watched() as seen, localcontext(CONTEXT) as arithmetic:
        third = bytes(assessment_bytes(sector.routes[given.route].assess(given, activity)))
        changed = (arithmetic.prec, arithmetic.rounding) != (CONTEXT.prec, CONTEXT.rounding)
    if changed:
        yield ConformanceFault("changes-arithmetic", where, "changes the decimal context")
    if seen:
        yield ConformanceFault("impure", where, "accesses " + ", ".join(sorted(set(seen))[:3]))
    if not first == second == third:
        yield ConformanceFault("not-deterministic", where, "assesses the same record differently the next time")


def _bytes(sector: Sector, given: Context, activity: Activity) -> bytes:
    try:
        return bytes(assessment_bytes(assessed(sector, given, activity)))
    except Exception as error:
        return f"{type(error).__name__}: {error}".encode()
