"""A thousandth of the energy that a plant takes is as good as none: no sector lets it pass."""

from typing import Any, Final

import msgspec
from carbon_ledger_factors_open import factor_set as open_set
from support.activity_records import Entry, admitted, all_entries, completeness_of

from ledger.admission.rules import VERSIONS
from ledger.core.outcome.assessment import Assessment, Finding
from ledger.errors import LedgerError

SET: Final = open_set().newest
CARRIERS: Final = ("fuel", "electricity", "heat")
TOO_SMALL: Final = "input-too-small"
OTHERWISE: Final = {
    "circular-de": "burns waste, which is a lot",
    "consumer-goods-us": "burns its own black liquor and bark",
    "energy-in": "runs on the sun",
    "logistics-de": "a hub, whose services have no mass",
    "logistics-in": "a hub, whose services have no mass",
}
THIRD: Final = VERSIONS[2]


def with_little(entry: Entry, part: float = 0.001) -> Entry:
    """The entry with that part of its power, heat and fuels."""
    supplies: list[dict[str, Any]] = []
    for supply in entry["transformation"]["supplies"]:
        known = SET.entry(supply["material"])
        if known is not None and known.kind in CARRIERS:
            scaled = {name: _scaled(supply[name], part) for name in ("quantity", "mass") if name in supply}
            supplies.append({**supply, **scaled})
        else:
            supplies.append(supply)
    return {**entry, "transformation": {**entry["transformation"], "supplies": supplies}}


def _scaled(quantity: dict[str, Any], part: float) -> dict[str, Any]:
    return {**quantity, "value": f"{float(quantity['value']) * part:.9f}".rstrip("0").rstrip(".")}


def findings(entry: Entry, version: Any = VERSIONS[-1]) -> list[Finding]:
    memory, posted = admitted(entry, version)
    leaf = memory.assessment(posted.index)
    assert leaf is not None
    return [one for one in msgspec.json.decode(leaf.assessment, type=Assessment).findings if one.code == TOO_SMALL]


def test_a_thousandth_of_the_energy_is_refused_or_questioned() -> None:
    passing, questioned = set(), 0
    for name, entry in all_entries().items():
        try:
            result = completeness_of(with_little(entry))
        except LedgerError:
            continue
        small = [finding for finding in result.findings if finding.code == TOO_SMALL]
        if small:
            assert result.questioned >= 0.99 * sum(float(finding.amount or 0) for finding in small), name
            questioned += 1
        else:
            passing.add(name)
    assert passing == set(OTHERWISE)
    assert questioned > 15


def test_half_of_the_energy_is_no_question_of_the_inventory() -> None:
    for entry in all_entries().values():
        try:
            assert findings(with_little(entry, 0.6)) == []
        except LedgerError:
            continue


def test_only_rules_that_question_amounts_do_so() -> None:
    entry = with_little(all_entries()["nonferrous-us"])
    assert (findings(entry, THIRD), len(findings(entry))) == ([], 1)


def test_amounts_that_are_not_measured_yet_are_not_too_small() -> None:
    entry = with_little(all_entries()["nonferrous-us"])
    assert findings({**entry, "transformation": {**entry["transformation"], "basis": "provisional"}}) == []
