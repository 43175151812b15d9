"""Checks an assessment, whoever made it: no NaN, no unknown gas or burden, no amount assigned to waste."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from ledger.core.outcome.assessment import ADDITIVE, ENERGY, OF_WHICH, REMOVALS, Assessment, Line, Scores
from ledger.core.record.values import UNBURDENED, Key, Output
from ledger.errors import PluginError, Refused
from ledger.footprint.stored.burdens import LINE_BURDENS
from ledger.footprint.stored.gwp import AR6, potential

_ADDITIVE: Final = frozenset(ADDITIVE)
_LIMIT: Final = Decimal(10) ** 24
_FINITE: Final = "a finite number"
_INDICATORS: Final = 5
_WORST_SCORE: Final = 5
_LARGEST_DEVIATION: Final = 1000
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
"""Amounts and instants have no two letters side by side."""


def check_assessment(assessment: Assessment, outputs: list[Output], gases: Mapping[str, Decimal] = AR6) -> None:
    """Raises PluginError for an impossible value, Refused if a finding of the plugin refuses the record."""
    for finding in assessment.findings:
        if finding.refuses:
            raise Refused(finding.message, code=finding.code, field="activity", rule="the sector's plausibility limits")
    for i, finding in enumerate(assessment.findings):
        if finding.amount is not None:
            _check_amount(finding.amount, f"findings[{i}].amount", at_least_zero=True)
    for i, line in enumerate(assessment.lines):
        _check_line(line, f"lines[{i}]", gases)
    for i, use in enumerate(assessment.energy):
        _check_amount(use.amount, f"energy[{i}].amount", at_least_zero=True)
    for i, omission in enumerate(assessment.omissions):
        if omission.estimate is not None:
            _check_amount(omission.estimate, f"omissions[{i}].estimate", at_least_zero=True)
    for i, assigned in enumerate(assessment.assigned):
        _check_amount(assigned.amount, f"assigned[{i}].amount")
        if not 0 <= assigned.output < len(outputs) or outputs[assigned.output].role in UNBURDENED:
            raise _invalid(f"assigned[{i}].output", assigned.output, "an output that carries burden")
        if assigned.burden not in _ADDITIVE:
            raise _invalid(f"assigned[{i}].burden", assigned.burden, f"one of: {', '.join(ADDITIVE)}")
    for name, value in assessment.indicators.items():
        _check_amount(value, f"indicators.{name}")
    _check_parts(assessment.matter, "matter")
    _check_parts(assessment.weights, "weights")


def check_omissions(assessment: Assessment, activity: bytes) -> None:
    """Raises PluginError if an omission quotes words of the activity. An erasure removes the activity, with the names
    of persons in it, but the omissions are committed and stay. Keys, which name materials, may stay."""
    if not assessment.omissions:
        return
    for word in _words(msgspec.json.decode(activity)):
        for i, omission in enumerate(assessment.omissions):
            if word in omission.what:
                raise _invalid(f"omissions[{i}]", omission.what,
                               "words of the sector and keys: no erasure could remove other words of the activity")


def _words(node: object) -> Iterator[str]:
    """The texts in a JSON value that are no keys."""
    if isinstance(node, str):
        if _LETTERS.search(node) and not _is_key(node):
            yield node
    elif isinstance(node, list):
        for each in node:
            yield from _words(each)
    elif isinstance(node, dict):
        yield from _words([*node.keys(), *node.values()])


def _is_key(text: str) -> bool:
    try:
        msgspec.convert(text, Key)
    except msgspec.ValidationError:
        return False
    return True


def _check_line(line: Line, field: str, gases: Mapping[str, Decimal]) -> None:
    for name, amount in (("amount", line.amount), ("market", line.market), ("value", line.value),
                         ("generation", line.generation)):
        if amount is not None and not _is_amount(amount):
            raise _invalid(f"{field}.{name}", amount, _FINITE)
    if line.burden not in LINE_BURDENS:
        raise _invalid(f"{field}.burden", line.burden, f"one of: {', '.join(ADDITIVE + OF_WHICH + ENERGY)}")
    if line.burden in REMOVALS and line.amount > 0:
        raise _invalid(f"{field}.amount", line.amount, "a removal is zero or negative")
    if line.gas != "CO2":
        potential(gases, line.gas)
    for name, deviation in (("deviation", line.deviation), ("factorDeviation", line.factor_deviation)):
        if deviation is not None:
            _check_deviation(deviation, f"{field}.{name}")
    for name, pedigree in (("pedigree", line.pedigree), ("factorPedigree", line.factor_pedigree)):
        if pedigree is not None:
            _check_pedigree(pedigree, f"{field}.{name}")
    if line.factor is None and (line.factor_deviation is not None or line.factor_pedigree is not None):
        raise _invalid(f"{field}.factor", None, "a line that states the uncertainty of its factor must name the factor")


def _check_deviation(deviation: Decimal, field: str) -> None:
    if not (deviation.is_finite() and 1 <= deviation < _LARGEST_DEVIATION):
        raise _invalid(field, deviation, "a geometric standard deviation is at least 1 and below 1000")


def _check_pedigree(pedigree: Scores, field: str) -> None:
    if len(pedigree) != _INDICATORS:
        raise _invalid(field, list(pedigree), "a pedigree has five scores")
    for i, score in enumerate(pedigree):
        if not 1 <= score <= _WORST_SCORE:
            raise _invalid(f"{field}[{i}]", score, "a pedigree's scores are from 1 (best) to 5")


def _check_parts(given: Mapping[str, Sequence[Decimal]], field: str) -> None:
    """Checks that all parts are finite numbers. The functions that allocate by them check their ranges."""
    for name, parts in given.items():
        for i, part in enumerate(parts):
            if not part.is_finite():
                raise _invalid(f"{field}.{name}[{i}]", part, "a finite number")


def _check_amount(amount: Decimal, field: str, *, at_least_zero: bool = False) -> None:
    if not _is_amount(amount) or (at_least_zero and amount < 0):
        raise _invalid(field, amount, _FINITE + (" of at least zero" if at_least_zero else ""))


def _is_amount(amount: Decimal) -> bool:
    return amount.is_finite() and -_LIMIT <= amount <= _LIMIT


def _invalid(field: str, value: object, rule: str) -> PluginError:
    return PluginError(f"{field} is {value}", code="invalid-assessment", field=field, value=value, rule=rule)
