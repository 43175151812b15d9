"""Faults of one assessment: what it holds, and what making it does to the rest of the world."""

import decimal
from collections.abc import Iterator
from decimal import localcontext
from typing import Final

import msgspec
from msgspec.structs import replace

from ledger.core.outcome.assessment import ADDITIVE, Assessment
from ledger.core.outcome.leaves import assessment_bytes
from ledger.errors import LedgerError, PluginError
from ledger.footprint.stored.allocation import Weighed, shares, weights
from ledger.footprint.stored.burdens import direct
from ledger.footprint.stored.checks import check_assessment
from ledger.sdk.context import Context
from ledger.sdk.sector import CONTEXT, Activity, Sector
from ledger.sdk.testing.faults import Case, ConformanceFault, assessed, decoded
from ledger.sdk.testing.running import outputs_of
from ledger.sdk.testing.watching import watched

_CODES: Final = {"unknown-gas": "unknown-gas", "invalid-weights": "burden-on-waste"}


def faults_of_case(sector: Sector, case: Case) -> Iterator[ConformanceFault]:
    """Whether a case is assessed at all, and then everything that can be seen on the assessment itself."""
    where = f"{sector.name}.{case.context.route}"
    try:
        activity = decoded(sector, case)
        before = msgspec.json.encode([case.context, activity])
        found = assessed(sector, case.context, activity)
    except Exception as error:
        yield ConformanceFault("refuses-case", where, f"{type(error).__name__}: {error}")
        return
    if not isinstance(found, Assessment):
        yield ConformanceFault("returns", where, f"returns a {type(found).__name__}, not an Assessment")
        return
    yield from _faults_of_content(found, case.context, where)
    yield from _faults_of_round_trip(found, where)
    yield from _faults_of_indicators(sector, found, where)
    yield from _faults_of_gaps(found, case.context, where)
    yield from _faults_of_effects(sector, case.context, activity, where)
    if msgspec.json.encode([case.context, activity]) != before:
        yield ConformanceFault(
            "changes-context", where, "the context or activity that it was given is another afterwards"
        )


def _faults_of_content(found: Assessment, given: Context, where: str) -> Iterator[ConformanceFault]:
    for finding in found.findings:
        if finding.refuses:
            yield ConformanceFault("refuses-case", where, f"{finding.code}: {finding.message}")
    outputs = outputs_of(given)
    weighed = [Weighed(output, facts.mass) for output, facts in zip(outputs, given.outputs, strict=True)]
    without = replace(found, findings=())
    try:
        check_assessment(without, outputs)
        for key in found.weights:
            weights(key, weighed, without)
        shares(given.allocation, weighed, without)
    except (LedgerError, AttributeError, TypeError, ArithmeticError) as error:
        yield ConformanceFault(_code(error), where, getattr(error, "message", str(error)))
    for content, parts in found.matter.items():
        if len(parts) != len(outputs) or any(part < 0 for part in parts) or sum(parts) > 1 + _ROUNDING:
            yield ConformanceFault("matter", where, f"{content}: one part an output, from 0, together at most 1")


_ROUNDING: Final = decimal.Decimal("1e-30")


def _code(error: Exception) -> str:
    """The kit's name for what no assessment may hold."""
    field, rule = getattr(error, "field", None) or "", getattr(error, "rule", None) or ""
    if isinstance(error, PluginError) and field.startswith("assigned"):
        return "burden-on-waste"
    if rule.startswith("a removal"):
        return "positive-removal"
    if rule.startswith("a finite number"):
        return "not-finite"
    return _CODES.get(getattr(error, "code", ""), "invalid-assessment")


def _faults_of_round_trip(found: Assessment, where: str) -> Iterator[ConformanceFault]:
    """An auditor recomputes the figures from the JSON that is on the log."""
    try:
        written = assessment_bytes(found)
        again = msgspec.json.decode(written, type=Assessment)
        same = assessment_bytes(again) == written and direct(again) == direct(found)
    except (msgspec.MsgspecError, LedgerError, TypeError, ValueError, ArithmeticError) as error:
        yield ConformanceFault("round-trip", where, f"{type(error).__name__}: {error}")
        return
    if not same:
        yield ConformanceFault("round-trip", where, "figures made of its JSON are others")


def _faults_of_indicators(sector: Sector, found: Assessment, where: str) -> Iterator[ConformanceFault]:
    for name in found.indicators:
        if name not in sector.indicators:
            yield ConformanceFault(
                "undeclared-indicator", where, f"unknown indicator {name!r}: the sector does not declare it"
            )


def _faults_of_gaps(found: Assessment, given: Context, where: str) -> Iterator[ConformanceFault]:
    """A supply that only emits where it is used has an upstream that nobody counts: that is to be said.

    The core names supplies that appear nowhere; what a plugin has priced is the plugin's to name.
    """
    for supply in given.supplies:
        kinds = {line.kind for line in found.lines if line.source == supply.material and line.amount > 0
                 and line.burden in ADDITIVE}
        named = any(one.what == supply.material or one.what.startswith(supply.material + " ")
                    for one in found.omissions)
        if kinds and kinds <= {"onSite"} and not (supply.priced or supply.nature or named):
            yield ConformanceFault(
                "silent-gap", where, f"{supply.material} is burnt or reacts here, and its upstream is not named: "
                                     f"draft.omit('{supply.material} upstream')",
            )


def _faults_of_effects(sector: Sector, given: Context, activity: Activity, where: str) -> Iterator[ConformanceFault]:
    """Twice the same bytes, in whatever arithmetic the caller has; nothing touched."""
    first = _bytes(sector, given, activity)
    with localcontext(decimal.Context(prec=5, rounding=decimal.ROUND_UP)):
        second = _bytes(sector, given, activity)
    with watched() as seen, localcontext(CONTEXT) as arithmetic:
        third = bytes(assessment_bytes(sector.routes[given.route].assess(given, activity)))
        changed = (arithmetic.prec, arithmetic.rounding) != (CONTEXT.prec, CONTEXT.rounding)
    if changed:
        yield ConformanceFault("changes-arithmetic", where, "the decimal context is another afterwards")
    if seen:
        yield ConformanceFault("impure", where, "touches " + ", ".join(sorted(set(seen))[:3]))
    if not first == second == third:
        yield ConformanceFault("not-deterministic", where, "the same record is assessed differently when asked again")


def _bytes(sector: Sector, given: Context, activity: Activity) -> bytes:
    try:
        return bytes(assessment_bytes(assessed(sector, given, activity)))
    except Exception as error:
        return f"{type(error).__name__}: {error}".encode()
