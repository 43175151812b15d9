"""The minimal inventories of the built-in sectors: sound rows, all routes, no complete record accused."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from carbon_ledger_building_materials import common
from carbon_ledger_consumer_goods import cogeneration
from msgspec.structs import replace
from support.activity_records import Entry, admitted, all_entries, completeness_of
from support.memory import MemoryLedger
from support.parties import Party, nonces, party
from support.routes import Works, every_case
from support.sectors import open_set, shipped

from ledger.core.outcome.assessment import Assessment, Finding, Omission
from ledger.core.outcome.leaves import read
from ledger.core.record.kinds import Closing
from ledger.core.record.units import UNITS
from ledger.core.record.values import Evidence, Supply
from ledger.errors import LedgerError
from ledger.footprint.derived.completeness import completeness_of as share_covered
from ledger.footprint.stored.burdens import vector_of
from ledger.sdk import Need
from ledger.sdk.sets.factor_set import SUPPLY_KINDS
from ledger.sdk.sets.lookup import amount_of, choose
from ledger.sdk.testing import context, output
from ledger.sdk.testing.conformance import Case

REGISTRY: Final = shipped()
SECTORS: Final = [REGISTRY.sectors[name].sector for name in (
    "building-materials", "circular", "consumer-goods", "electronics", "energy", "equipment", "logistics",
    "nonferrous", "petrochemicals", "steel",
)]
SET: Final = open_set().newest
CARRIERS: Final = ("fuel", "electricity", "heat")
FURNACE: Final = ("lime", "dolomiticLime", "electrode", "carburiser")
NEEDED: Final = ", which the route needs"
LEFT_OUT: Final = {
    "circular.collection": "people bring what is collected, or push it in carts",
    "circular.dismantling": "can be done by hand",
    "circular.incineration": "the waste is the fuel, and its power drives the plant",
    "circular.wasteUse": "a waste may be used as it is",
    "energy.photovoltaic": "runs on the sun",
    "energy.wind": "runs on the wind",
    "petrochemicals.fertilizerUse": "makes no product, and its fertiliser is a lot",
}
SMALL: Final = {
    "circular-de": "burns waste, which is a lot",
    "consumer-goods-us": "burns its own black liquor and bark",
    "energy-in": "runs on the sun",
    "electronics-in": "packs cells: the omission is there, but its cells outweigh it",
}
WORDS_OF_A_SOURCE: Final = 3
STORED: Final = Evidence(digest="5" * 64, media_type="application/pdf", kind="storageCertificate")
NO_AMOUNT: Final = {"circular.landfill", "logistics.hub"}
"""Routes whose services have no mass: no amount is usual."""


def every_need() -> Iterator[tuple[str, Need]]:
    """Each need of the ten sectors with its process."""
    for sector in SECTORS:
        for route, needs in sector.needs.items():
            for need in needs:
                yield f"{sector.name}.{route}", need


def priced(need: Need) -> bool:
    """Whether the open set prices the need everywhere."""
    boundaries = ("wellToTank", "combustion") if kind_of(need.priced_as) == "fuel" else ("cradleToGate",)
    return all(choose([SET], need.priced_as, boundary, ("*",), 2024) for boundary in boundaries)  # type: ignore[arg-type]


def kind_of(material: str) -> str | None:
    """The kind of a supply in the open set."""
    entry = SET.entry(material)
    return None if entry is None else entry.kind


def missing(omissions: Any) -> list[Any]:
    """The omissions that stem from needs."""
    return [omission for omission in omissions if omission.what.endswith(NEEDED)]


def without_energy(entry: Entry) -> Entry:
    """The entry without its power, heat and fuels."""
    transformation = entry["transformation"]
    supplies = [one for one in transformation["supplies"] if kind_of(one["material"]) not in CARRIERS]
    assert len(supplies) < len(transformation["supplies"])
    return {**entry, "transformation": {**transformation, "supplies": supplies}}


def assessment_of(memory: MemoryLedger, index: int) -> Assessment:
    """The assessment of a record, as the log reads now."""
    return msgspec.json.decode(memory.assessment(index).assessment, type=Assessment)


class Cases:
    """Posts cases of the conformance kit on a ledger with the factor sets in force."""

    def __init__(self) -> None:
        self.memory = MemoryLedger(REGISTRY)
        self.memory.activate_sets()
        self._maker: Party = self.memory.enrol("maker")
        self._nonces = nonces(1, "needs")
        self._posted = 0

    def post(self, case: Case) -> tuple[tuple[Omission, ...], float | None]:
        """The omissions of the case's record, and its completeness."""
        self._posted += 1
        records = Works(self._maker, f"case{self._posted}", case, self._nonces).records([STORED])
        leaf = self.memory.assessment(self.memory.must(*[(self._maker, record) for record in records])[-1].index)
        if leaf is None:
            raise ValueError(f"{case.context.process} has no assessment")
        lots = [self.memory.figures[output.lot].burdens for output in records[-1].outputs]  # type: ignore[union-attr]
        whole = [sum(amounts) for amounts in zip(vector_of(read(leaf.retained)), *lots, strict=True)]
        return msgspec.json.decode(leaf.assessment, type=Assessment).omissions, share_covered(whole)


@pytest.fixture(scope="module")
def cases() -> Cases:
    return Cases()


def test_every_row_is_sound() -> None:
    names = {*SUPPLY_KINDS, *SET.classes, *SET.materials(), "lot"}
    faults = []
    rows = list(every_need())
    for process, need in rows:
        sector, _, route = process.partition(".")
        entry = SET.entry(need.priced_as)
        faults += [f"{process}: {name} is no material, kind or class" for name in need.any_of if name not in names]
        if route not in REGISTRY.sectors[sector].sector.routes:
            faults.append(f"{process}: no such route")
        if entry is None or amount_of(entry, Decimal(1), need.unit, None) is None or not priced(need):
            faults.append(f"{process}: the open set cannot price {need.priced_as} in {need.unit}")
        if need.per not in UNITS or len(need.source.split()) < WORDS_OF_A_SOURCE:
            faults.append(f"{process}: {need.per} is no unit, or there is no source")
        if (need.usual is None) != (process in NO_AMOUNT) or (need.usual is not None and need.usual <= 0):
            faults.append(f"{process}: usual is {need.usual}")
        if not {need.priced_as, kind_of(need.priced_as)} & set(need.any_of):
            faults.append(f"{process}: {need.priced_as} would not meet the need that it prices")
    assert faults == []
    assert len(rows) >= 70


def test_every_route_has_a_need_or_a_reason() -> None:
    routes = {f"{sector.name}.{route}" for sector in SECTORS for route in sector.routes}
    assert (len(SECTORS), {process for process, _ in every_need()}) == (10, routes - set(LEFT_OUT))
    assert set(LEFT_OUT) < routes


def test_the_forty_records_meet_all_needs() -> None:
    entries = all_entries()
    accused = {name: missing(completeness_of(entry).omissions) for name, entry in entries.items()}
    assert ({name: omissions for name, omissions in accused.items() if omissions}, len(entries)) == ({}, 40)


def test_the_cases_that_state_energy_meet_all_other_needs(cases: Cases) -> None:
    """The cases state little more than carriers of energy and carbon; one states its alumina as an element alone."""
    every = every_case()
    accused: dict[str, set[str]] = {}
    for case in every:
        for omission in missing(cases.post(case)[0]):
            accused.setdefault(case.context.process, set()).add(omission.what.removesuffix(NEEDED))
    assert accused == {
        "logistics.hub": {"electricity"}, "nonferrous.aluminiumElectrolysis": {"alumina", "anode"},
        "steel.electricArcFurnace": {"lime"},
    }
    assert [(case.context.supplies, case.context.inputs) for case in every if case.context.process == "logistics.hub"
            and missing(cases.post(case)[0])] == [((), ())]
    assert len(every) > 60


def test_an_arc_furnace_without_lime_and_electrodes() -> None:
    """78 000 t of steel: for each kg 0.04 kg of lime at 1.463 kg CO2e, and 0.002 kg of electrodes at 5.48 kg."""
    entry = all_entries()["steel-de"]
    transformation = entry["transformation"]
    supplies = [one for one in transformation["supplies"] if one["material"] not in FURNACE]
    silent = completeness_of({**entry, "transformation": {**transformation, "supplies": supplies}})
    assert {omission.what: omission.estimate for omission in missing(silent.omissions)} == {
        f"lime{NEEDED}": pytest.approx(78e6 * 0.04 * 1.463), f"electrode{NEEDED}": pytest.approx(78e6 * 0.002 * 5.48),
    }
    assert silent.share is not None
    assert silent.share < 0.97


@pytest.mark.parametrize(("name", "expected"), [
    # Melting: 118 000 t of ingots, 0.12 m3 of gas at 0.355084 + 2.032 CO2 + 0.000038296 CH4 + 0.00000383 N2O, and
    # 0.2 kWh at 0.401493 kg.
    ("nonferrous-us", [
        ("naturalGas", 118_000_000 * 0.12 * (0.355084 + 2.032 + 0.000038296 * 29.8 + 0.00000383 * 273)),
        ("electricity", 118_000_000 * 0.2 * 0.401493),
    ]),
    # Firing: 63 800 t of tiles, 0.13 m3 of gas and 0.2 kWh.
    ("building-materials-in", [
        ("naturalGas", 63_800_000 * 0.13 * (0.355084 + 2.04003 + 0.000036364 * 29.8 + 0.000003636 * 273)),
        ("electricity", 63_800_000 * 0.2 * 0.9630),
    ]),
])
def test_melting_and_firing_without_energy(name: str, expected: list[tuple[str, float]]) -> None:
    complete, silent = completeness_of(all_entries()[name]), completeness_of(without_energy(all_entries()[name]))
    estimates = [(omission.what, omission.estimate) for omission in missing(silent.omissions)]
    assert [what for what, _ in estimates] == [f"{what}{NEEDED}" for what, _ in expected]
    assert [estimate for _, estimate in estimates] == pytest.approx([amount for _, amount in expected], rel=1e-9)
    assert silent.share is not None
    assert silent.share < 0.97
    assert complete.share is not None
    assert complete.share > 0.97


def test_silence_about_energy_never_passes_for_completeness() -> None:
    """Of the forty records without energy, each is refused, or is below 97 %, or is in `SMALL`."""
    passing, refused = set(), set()
    for name, entry in all_entries().items():
        try:
            share = completeness_of(without_energy(entry)).share
        except LedgerError:
            refused.add(name)
            continue
        if share is not None and share >= 0.97:
            passing.add(name)
    assert passing == set(SMALL)
    assert len(refused) < 20


def test_rolling_without_energy(cases: Cases) -> None:
    """1 t of sheet: 35 m3 of gas and 100 kWh of Shanghai's power."""
    case = next(case for case in every_case() if case.context.process == "steel.rolling")
    omissions, share = cases.post(replace(case, context=replace(case.context, supplies=())))
    gas = 0.355084 + 2.18403 + 0.000038931 * 29.8 + 0.000003893 * 273
    assert [omission.what for omission in missing(omissions)] == [f"naturalGas{NEEDED}", f"electricity{NEEDED}"]
    assert [float(omission.estimate) for omission in missing(omissions)] == pytest.approx(
        [1000 * 0.035 * gas, 1000 * 0.1 * 0.6205], rel=1e-9,
    )
    assert share is not None
    assert share < 0.97


@pytest.mark.parametrize(("name", "message"), [
    ("nonferrous-cn", "0 kWh per t of aluminium"), ("steel-de", "kWh per t of crude steel"),
])
def test_cells_and_arcs_without_power_are_refused(name: str, message: str) -> None:
    """Their sectors refuse them before a need is asked; `unit/engine/test_minimal_inventory.py` computes the need."""
    with pytest.raises(LedgerError, match=message):
        admitted(without_energy(all_entries()[name]))


def test_a_hub_without_energy_has_an_unknown_part(cases: Cases) -> None:
    omissions, share = cases.post(next(case for case in every_case() if case.context.process == "logistics.hub"))
    assert (missing(omissions), share) == ([Omission(what=f"electricity{NEEDED}")], None)


def test_a_closing_brings_the_energy_of_the_month() -> None:
    """A provisional record without energy has the omission until its closing spreads what the meters say."""
    entry = without_energy(all_entries()["building-materials-in"])
    transformation = {**entry["transformation"], "basis": "provisional"}
    memory, posted = admitted({**entry, "transformation": transformation})
    assert len(missing(assessment_of(memory, posted.index).omissions)) == 2
    measured = [
        one for one in all_entries()["building-materials-in"]["transformation"]["supplies"]
        if kind_of(one["material"]) in CARRIERS
    ]
    signer = party(memory.seed, entry["id"])
    memory.must((signer, Closing(
        issuer=signer.id, nonce=memory.nonce(), facility=transformation["facility"], start=transformation["start"],
        end=transformation["end"], measured=msgspec.convert(measured, list[Supply]),
    )))
    assert missing(assessment_of(memory, posted.index).omissions) == []


# A thousandth of the energy that a plant takes is as good as none: no sector lets it pass.


TOO_SMALL: Final = "input-too-small"
OTHERWISE: Final = {
    "circular-de": "burns waste, which is a lot",
    "consumer-goods-us": "burns its own black liquor and bark",
    "energy-in": "runs on the sun",
    "logistics-de": "a hub, whose services have no mass",
    "logistics-in": "a hub, whose services have no mass",
}


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


def findings(entry: Entry) -> list[Finding]:
    memory, posted = admitted(entry)
    leaf = memory.assessment(posted.index)
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


def test_one_question_of_all_energy() -> None:
    assert len(findings(with_little(all_entries()["nonferrous-us"]))) == 1


def test_amounts_that_are_not_measured_yet_are_not_too_small() -> None:
    entry = with_little(all_entries()["nonferrous-us"])
    assert findings({**entry, "transformation": {**entry["transformation"], "basis": "provisional"}}) == []


# Energy that a plant gives away is worth the energy that it would have bought, by the sector's own defaults.


@pytest.mark.parametrize("sets", [False, True])
def test_factor_sets_do_not_make_it_worthless(sets: bool) -> None:
    # Shanghai in 2022: 0.5849 kg CO2 a kWh
    power = output("1000 KWH")
    given = context("test.make", outputs=(power,), sets=sets)
    assert common._bought(given, power) == (Decimal(3600), Decimal("584.9"))
    assert cogeneration._worth(given, power) == Decimal("584.9")
