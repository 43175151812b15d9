"""What a lot's gaps are, of whom to ask, and that they are sorted by weight: by hand, and over random networks."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import Raw
from support.containing import Containing
from support.networks import network
from support.upstream import chain_of, gathered

from ledger.core.outcome.assessment import Assessment, Line, Omission
from ledger.core.record.kinds import AnyRecord, Declaration, Transfer, Transformation
from ledger.core.record.values import Evidence, Factor, Output, PreviousLife, Quantity, Supply
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.gaps import WEAK, Gap
from ledger.footprint.derived.gather_gaps import GapGathering
from ledger.footprint.stored.burdens import SLOT

MILL, SITE, FORGE = "urn:example:mill", "urn:example:mill:site", "urn:example:forge"
NONCE = "A" * 22
START, END = "2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"


def kilograms(value: str) -> Quantity:
    return Quantity(value=value, unit="KGM")


def supply(material: str, value: str = "40", unit: str = "KGM", **fields: Any) -> Supply:
    return Supply(material=material, quantity=Quantity(value=value, unit=unit), **fields)


def factor(source: str = "table", boundary: Any = "cradleToGate") -> Factor:
    return Factor(value="1", unit="KGM", source=source, year=2025, boundary=boundary)


def made(*supplies: Supply, start: str = START, end: str = END, **fields: Any) -> Transformation:
    return Transformation(
        issuer=MILL, nonce=NONCE, facility=SITE, start=start, end=end, process="works.make", outputs=[],
        activity=Raw(b"{}"), supplies=list(supplies), **fields,
    )


def declared(role: Any = "product", **fields: Any) -> Declaration:
    given = {"basis": "pact", "boundary": "cradleToGate"} | fields
    lot = Output(lot="urn:example:forge:lot", product="urn:example:forge:bar", quantity=kilograms("100"), role=role,
                 previous_life=given.pop("life", None))
    return Declaration(
        issuer=FORGE, nonce=NONCE, start=START, end=END, lot=None if "per" in given else lot,
        facility="urn:example:forge:site", **given,
    )


def line(amount: str, source: str = "site", **fields: Any) -> Line:
    return Line(gas="CO2e", amount=Decimal(amount), source=source, kind=fields.pop("kind", "onSite"), **fields)


def found(
    *upstream: tuple[str, AnyRecord, Assessment, float], absolute: float = 100.0, **declarations: Declaration
) -> tuple[list[Gap], float, GapGathering]:
    """Gaps, kg that are well founded, and the gathering, of records with digest and weight."""
    gathering = GapGathering()
    for digest, record, assessment, weight in upstream:
        gathering.add(Upstream(0, digest, record, assessment, weight))
    gaps, founded = gathering.finish(declarations, absolute)
    return gaps, founded, gathering


def test_measured_data_are_no_gap() -> None:
    """0.5 of 30 and of -10 kg: 20 kg by amount, as absGhg counts. Energy and of-which burdens do not count again."""
    assessment = Assessment(lines=(
        line("30", primary=True), line("-10", burden="technologicalCO2Removals", primary=True),
        line("5", burden="transportGhgEmissions"), line("700", burden="energyMj"),
    ))
    gaps, founded, gathering = found(("a", made(), assessment, 0.5))
    assert gaps == []
    assert founded == gathering.explained == 20.0
    assert gathering.provisional == 0.0


def test_an_omission_with_an_estimate_and_one_without() -> None:
    """A quarter of an estimate of 8 kg is 2 kg, 2 % of 100; a quarter of 40 kg of coke stands behind the lot."""
    assessment = Assessment(omissions=(
        Omission(what="oil", estimate=Decimal(8)), Omission(what="coke upstream"),
    ))
    (oil, coke), founded, gathering = found(("a", made(supply("coke"), supply("coal")), assessment, 0.25))
    assert (oil.kind, oil.what, oil.whom, oil.behind, oil.facility) == ("omission", "oil", MILL, None, SITE)
    assert (oil.kg_co2e, oil.percent, oil.weight, oil.amount) == (2.0, 2.0, 0.25, None)
    assert (coke.kind, coke.what, coke.whom, coke.behind) == ("omission", "coke upstream", MILL, "the supplier of coke")
    assert (coke.kg_co2e, coke.percent, coke.weight) == (None, None, 0.25)
    assert (coke.amount, coke.unit, coke.records, coke.count) == (10.0, "KGM", ["a"], 1)
    assert "coke upstream" in coke.ask
    assert "cradle-to-gate" in coke.ask
    # An omission is beside the figure.
    assert founded == gathering.explained == 0.0


def test_omissions_of_one_issuer_are_one_gap() -> None:
    """Weights 0.25 and 0.5, of which the second record omits two: 0.25 + 2 * 0.5 = 1.25 of them. The most weighty
    record first. 0.25 * 40 + 0.5 * (40 + 10) = 35 kg of coke."""
    omitted = Omission(what="coke")
    (gap,), _, _ = found(
        ("a", made(supply("coke")), Assessment(omissions=(omitted,)), 0.25),
        ("b", made(supply("coke"), supply("coke", "10")), Assessment(omissions=(omitted, omitted)), 0.5),
    )
    assert (gap.weight, gap.count, gap.records, gap.amount, gap.unit) == (1.25, 2, ["b", "a"], 35.0, "KGM")


def test_at_most_five_records_are_named() -> None:
    omissions = Assessment(omissions=(Omission(what="coke"),))
    (gap,), _, _ = found(*[(name, made(), omissions, 0.1 * (i + 1)) for i, name in enumerate("abcdefg")])
    assert (gap.count, gap.records) == (7, ["g", "f", "e", "d", "c"])


@pytest.mark.parametrize("bought", [
    supply("coke", origin="nature"), supply("coke", factor=factor()), supply("cokeOvenGas"),
], ids=["out of nature", "priced from cradle to gate", "another material"])
def test_supplies_that_an_omission_is_not_of(bought: Supply) -> None:
    (gap,), _, _ = found(("a", made(bought), Assessment(omissions=(Omission(what="coke upstream"),)), 1.0))
    assert (gap.behind, gap.amount) == (None, None)


def test_amounts_in_two_units_do_not_add_up() -> None:
    bought = (supply("coke"), supply("coke", "1", "TNE"))
    (gap,), _, _ = found(("a", made(*bought), Assessment(omissions=(Omission(what="coke"),)), 1.0))
    assert (gap.behind, gap.amount, gap.unit) == ("the supplier of coke", None, None)


def test_freight_is_asked_of_the_sender() -> None:
    """0.5 of 20 kg by a factor; the crate has no price."""
    record = Transfer(
        issuer=MILL, nonce=NONCE, lot="urn:example:mill:a", quantity=kilograms("1"), to=FORGE,
        new_lot="urn:example:mill:b", time=END, transport=[supply("truck", "100", "TKM", factor=factor())],
        packaging=[supply("crate", "2")],
    )
    assessment = Assessment(
        lines=(line("20", "truck", kind="transport", factor="table/2025"),), omissions=(Omission(what="crate"),)
    )
    (truck, crate), _, _ = found(("a", record, assessment, 0.5))
    assert (truck.kind, truck.whom, truck.behind, truck.facility) == ("data", MILL, "the supplier of truck", None)
    assert (truck.kg_co2e, truck.amount, truck.unit) == (10.0, 50.0, "TKM")
    assert (crate.kind, crate.behind, crate.amount) == ("omission", "the supplier of crate", 1.0)


def test_data_that_are_not_primary_or_not_checked() -> None:
    """By source, factor and issuer. Half of 40 + 20 kg of power, of 30 of coal (measured, the factor recalled) and of
    10 of lime (neither); half of 8 kg is measured."""
    power = line("40", "electricity", kind="electricity", factor="grid")
    coal = line("30", "coal", primary=True, recalled=True, factor="coal CO2")
    lime = line("10", "lime", kind="upstream", recalled=True, factor="lime")
    first = Assessment(lines=(power, coal, lime, line("8", primary=True)))
    second = Assessment(lines=(line("20", "electricity", kind="electricity", factor="grid"),))
    gaps, founded, gathering = found(
        ("a", made(supply("electricity", "7", "KWH"), supply("lime")), first, 0.5),
        ("b", made(supply("electricity", "5", "KWH")), second, 0.5),
    )
    assert [(gap.kind, gap.what, gap.factor, gap.kg_co2e, gap.percent) for gap in gaps] == [
        ("data", "electricity", "grid", 30.0, 30.0), ("data", "coal", "coal CO2", 15.0, 15.0),
        ("data", "lime", "lime", 5.0, 5.0),
    ]
    assert [gap.ask for gap in gaps] == [
        "measured data on electricity", "the source of the factor coal CO2, which could not be checked",
        "measured data on lime; the source of the factor lime, which could not be checked",
    ]
    # 0.5 * (7 + 5) kWh; what is burnt on site is the issuer's own.
    assert [(gap.behind, gap.amount, gap.unit, gap.count) for gap in gaps] == [
        ("the supplier of electricity", 6.0, "KWH", 2), (None, None, None, 1), ("the supplier of lime", 20.0, "KGM", 1),
    ]
    assert ({gap.whom for gap in gaps}, founded, gathering.explained) == ({MILL}, 4.0, 54.0)


def test_one_material_at_two_prices() -> None:
    """Each line with the amount of its own supply: 10 kg of 40 by a table, 3 of 12 by the sector."""
    assessment = Assessment(lines=(
        line("4", "lime", kind="upstream", factor="table/2025"), line("2", "lime", kind="upstream", factor="sector"),
    ))
    bought = (supply("lime", "40", factor=factor(), product="urn:example:quarry:lime"), supply("lime", "12"))
    (table, sector), _, _ = found(("a", made(*bought), assessment, 0.25))
    assert (table.factor, table.amount, table.behind) == ("table/2025", 10.0, "the supplier of urn:example:quarry:lime")
    assert (sector.factor, sector.amount, sector.behind) == ("sector", 3.0, "the supplier of lime")


@pytest.mark.parametrize("basis", list(WEAK))
def test_a_declaration_that_rests_on_little(basis: Any) -> None:
    """Whatever it says of primary data. Half of 60 + 40 kg."""
    evidence = [Evidence(digest="5" * 64, media_type="application/pdf", kind="report")]
    record = declared(basis=basis, evidence=evidence, primary_share="0.6")
    lines = (
        line("60", basis, kind="upstream", primary=True, factor="declaration:d"),
        line("40", basis, kind="upstream", factor="declaration:d"),
    )
    (gap,), founded, gathering = found(("d", record, Assessment(lines=lines), 0.5), d=record)
    assert (gap.kind, gap.basis, gap.whom, gap.facility) == ("declaration", basis, FORGE, "urn:example:forge:site")
    assert (gap.kg_co2e, gap.percent, gap.weight, gap.records) == (50.0, 50.0, 0.5, ["d"])
    assert (gap.ask, gap.evidence, gap.what) == (WEAK[basis], evidence, "urn:example:forge:bar")
    assert (gap.behind is not None, founded, gathering.explained) == (basis in ("statement", "study"), 0.0, 50.0)


@pytest.mark.parametrize(("share", "expected"), [
    (None, ("declaration", 50.0, 0.0)), ("0", ("declaration", 50.0, 0.0)), ("0.6", ("data", 20.0, 30.0)),
    ("1", None),
])
def test_a_declaration_by_its_primary_share(share: str | None, expected: tuple[str, float, float] | None) -> None:
    """None at all is a gap by itself, else the rest is. Half of 60 + 40, or 100 kg."""
    record = declared(primary_share=share)
    primary = {None: "0", "0": "0", "0.6": "60", "1": "100"}[share]
    lines = tuple(
        line(amount, "pact", kind="upstream", primary=is_primary, factor="declaration:d")
        for amount, is_primary in ((primary, True), (str(100 - int(primary)), False)) if amount != "0"
    )
    gaps, founded, gathering = found(("d", record, Assessment(lines=lines), 0.5), d=record)
    assert gathering.explained == 50.0
    if expected is None:
        assert (gaps, founded) == ([], 50.0)
    else:
        (gap,) = gaps
        assert (gap.kind, gap.kg_co2e, founded) == expected
        assert (gap.whom, gap.basis, gap.records, gap.weight) == (FORGE, "pact", ["d"], 0.5)


def test_a_declaration_that_two_records_rest_on() -> None:
    """Its issuer is asked, once, for 0.5 * 10 + 0.25 * 8 = 7 kg; not those who bought by it."""
    record = declared(per=kilograms("1000"), basis="study")
    bought = supply("alloy", declaration="d")
    gaps, founded, _ = found(
        ("a", made(bought, bought), Assessment(lines=(
            line("6", "alloy", kind="upstream", factor="declaration:d"),
            line("4", "alloy", kind="upstream", factor="declaration:d"),
        )), 0.5),
        ("b", made(bought), Assessment(lines=(
            line("8", "alloy", kind="upstream", primary=True, factor="declaration:d"),
        )), 0.25),
        d=record,
    )
    (gap,) = gaps
    assert (gap.kind, gap.kg_co2e, gap.whom, gap.records, gap.count) == ("declaration", 7.0, FORGE, ["d"], 1)
    assert (gap.weight, gap.what, founded) == (0.75, "figures per 1000 KGM", 0.0)


def test_who_declared_knows_more_than_who_bought() -> None:
    """40 % of 10 kg are primary data."""
    record = declared(per=kilograms("1000"), primary_share="0.4")
    lines = (
        line("4", "alloy", kind="upstream", primary=True, factor="declaration:d"),
        line("6", "alloy", kind="upstream", factor="declaration:d"),
    )
    (gap,), founded, _ = found(("a", made(supply("alloy", declaration="d")), Assessment(lines=lines), 1.0), d=record)
    assert (gap.kind, gap.what, gap.whom, gap.kg_co2e, founded) == ("data", "alloy", FORGE, 6.0, 4.0)


@pytest.mark.parametrize(("fields", "kinds"), [
    ({"basis": "statement"}, ["declaration"]),
    ({"basis": "pact"}, []),
    ({"basis": "collected", "role": "waste", "boundary": "none"}, []),
    ({"basis": "opening", "role": "waste", "boundary": "none"}, []),
])
def test_declarations_of_nothing(fields: dict[str, Any], kinds: list[str]) -> None:
    """A statement that something has no burden rests on little too; waste has none by cut-off."""
    record = declared(**fields)
    gaps, _, _ = found(("d", record, Assessment(), 1.0), d=record)
    assert [gap.kind for gap in gaps] == kinds
    assert all(gap.kg_co2e == 0.0 for gap in gaps)


def test_a_factor_that_only_looks_like_a_declaration() -> None:
    """Where no declaration has that digest, who used it is asked."""
    lines = (line("6", "alloy", kind="upstream", factor="declaration:nobody"),)
    (gap,), _, _ = found(("a", made(), Assessment(lines=lines), 1.0))
    assert (gap.kind, gap.whom, gap.factor, gap.kg_co2e) == ("data", MILL, "declaration:nobody", 6.0)


def test_records_that_wait_for_a_closing() -> None:
    """By process and facility, over the whole time: 0.5 * (30 + 10) + 0.25 * 8 = 22 kg, of which 5 are no primary data
    either. What is measured is not well founded until the closing: 0.5 * 3 of another record is."""
    first = Assessment(lines=(line("30", primary=True), line("10", "lime", kind="upstream")))
    second = Assessment(lines=(line("8", primary=True),))
    gaps, founded, gathering = found(
        ("a", made(basis="provisional", start="2025-03-05T00:00:00Z", end="2025-03-06T00:00:00Z"), first, 0.5),
        ("b", made(basis="provisional", start="2025-03-02T00:00:00Z", end="2025-03-03T00:00:00Z"), second, 0.25),
        ("d", made(basis="provisional", start="2025-03-03T00:00:00Z", end="2025-03-04T00:00:00Z"), Assessment(), 0.5),
        ("c", made(), Assessment(lines=(line("3", primary=True),)), 0.5),
    )
    waiting, lime = gaps
    assert (waiting.kind, waiting.what, waiting.whom, waiting.facility) == ("provisional", "works.make", MILL, SITE)
    assert (waiting.kg_co2e, waiting.percent, waiting.count, waiting.records) == (22.0, 22.0, 3, ["a", "b", "d"])
    assert (waiting.start, waiting.end) == ("2025-03-02T00:00:00Z", "2025-03-06T00:00:00Z")
    assert (lime.kind, lime.kg_co2e, founded) == ("data", 5.0, 1.5)
    assert (gathering.explained, gathering.provisional) == (23.5, 22.0)


def test_a_declaration_in_a_provisional_record_is_not_founded_yet() -> None:
    record = declared(per=kilograms("1000"), primary_share="1")
    lines = (line("4", "alloy", kind="upstream", primary=True, factor="declaration:d"),)
    provisional = made(supply("alloy", declaration="d"), basis="provisional")
    (gap,), founded, _ = found(("a", provisional, Assessment(lines=lines), 1.0), d=record)
    assert (gap.kind, gap.kg_co2e, founded) == ("provisional", 4.0, 0.0)


def test_cores_by_their_first_life() -> None:
    """One whose age is estimated is asked about; one whose first life a record ended is not. Neither brings kg."""
    fields: dict[str, Any] = {"role": "core", "basis": "collected", "boundary": "none", "collector": "urn:example:c"}
    old = declared(life=PreviousLife(estimated_years="12"), **fields)
    known = declared(life=PreviousLife(record="1" * 64), **fields)
    (gap,), _, _ = found(("a", old, Assessment(), 0.5), ("b", known, Assessment(), 0.5), a=old, b=known)
    assert (gap.kind, gap.whom, gap.behind) == ("firstLife", FORGE, "the collector urn:example:c")
    assert (gap.kg_co2e, gap.percent, gap.weight, gap.records) == (0.0, 0.0, 0.5, ["a"])
    assert gap.what == "urn:example:forge:bar, age estimated at 12 years"


def test_the_most_weighty_first() -> None:
    """Known kg, then what is of unknown size by weight, then what is no kg."""
    core = declared(role="core", basis="collected", boundary="none", life=PreviousLife(estimated_years="12"))
    assessment = Assessment(
        lines=(line("3", "lime"), line("9", "coke")),
        omissions=(Omission(what="little", estimate=Decimal("0.5")), Omission(what="a")),
    )
    gaps, _, _ = found(
        ("a", made(), assessment, 1.0), ("b", core, Assessment(), 1.0),
        ("c", made(), Assessment(omissions=(Omission(what="b"), Omission(what="b"))), 1.0),
    )
    assert [(gap.what, gap.kg_co2e) for gap in gaps[:5]] == [
        ("coke", 9.0), ("lime", 3.0), ("little", 0.5), ("b", None), ("a", None),
    ]
    assert [gap.kind for gap in gaps[5:]] == ["firstLife"]


def test_a_record_of_which_nothing_is_carried_has_no_gaps() -> None:
    assessment = Assessment(lines=(line("9"),), omissions=(Omission(what="coke"),))
    gaps, founded, gathering = found(("a", made(basis="provisional"), assessment, 0.0))
    assert (gaps, founded, gathering.explained, gathering.declarations) == ([], 0.0, 0.0, [])


def test_percent_of_nothing_is_unknown() -> None:
    (gap,), _, _ = found(("a", made(), Assessment(omissions=(Omission(what="a", estimate=Decimal(2)),)), 1.0),
                         absolute=0.0)
    assert (gap.kg_co2e, gap.percent) == (2.0, None)


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_gaps_of_random_networks_add_up(seed: int) -> None:
    """No record of the generator waits for a closing, so each kg is either well founded or in one gap."""
    memory = network(seed, 400, 3)
    chain = chain_of(memory)
    kinds: set[str] = set()
    cores = [lot for lot, facts in memory.state.lots.items() if facts.role == "core"]
    for lot in [*list(memory.figures)[-60:], *cores]:
        gathering, gaps, founded = gathered(memory, lot, chain)
        burdens = memory.figures[lot].burdens
        absolute = burdens[SLOT["absGhg"]]
        sums = {"omission": 0.0, "declaration": 0.0, "data": 0.0, "firstLife": 0.0, "": 0.0}
        for gap in gaps:
            kinds.add(gap.kind)
            sums["" if gap.kg_co2e is None else gap.kind] += gap.weight if gap.kg_co2e is None else gap.kg_co2e
        tight = {"rel": 1e-9, "abs": 1e-9 * absolute}
        assert gathering.explained == pytest.approx(absolute, **tight)
        assert founded + sums["declaration"] + sums["data"] == pytest.approx(absolute, **tight)
        assert sums == Containing({
            "omission": pytest.approx(burdens[SLOT["omittedAbs"]], **tight),
            "": pytest.approx(burdens[SLOT["unestimated"]], rel=1e-9, abs=1e-12), "firstLife": 0.0,
        })
        assert sum(gap.percent or 0.0 for gap in gaps if gap.kind in ("declaration", "data")) <= 100.0 + 1e-6
    assert kinds == {"omission", "declaration", "data", "firstLife"}
