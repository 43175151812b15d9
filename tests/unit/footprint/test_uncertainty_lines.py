"""From records, plugins and factor tables to lines: whose uncertainty is a line's own, and whose its factor's."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.memory import MemoryLedger
from support.sectors import Emission, Make
from support.site import Site, ore, supply

from ledger.core.outcome.assessment import Assessment, Line
from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Factor, Quantity
from ledger.engine.sector_context import context_of
from ledger.footprint.stored.checks import check_assessment
from ledger.sdk import Context, Draft, FacilityFacts, FactorRow, PluginError, SupplyFacts, read_factors
from ledger.sdk.tables import rows

SCORES = (1, 2, 3, 4, 5)


@pytest.fixture
def site(memory: MemoryLedger) -> Site:
    made = Site(memory, "plant")
    made.product("good")
    return made


def factor(**fields: Any) -> Factor:
    return Factor(value="2", unit="KGM", source="table", year=2024, boundary="cradleToGate", **fields)


def lines(memory: MemoryLedger, index: int) -> tuple[Line, ...]:
    prepared = memory.history.prepared[index]
    assert prepared.assessment is not None
    return msgspec.json.decode(prepared.assessment, type=Assessment).lines


def said(line: Line) -> tuple[object, ...]:
    return line.deviation, line.pedigree, line.factor_deviation, line.factor_pedigree


def test_a_supply_and_its_factor(memory: MemoryLedger, site: Site) -> None:
    made = site.make([site.out("x", "good", "1 KGM")], supplies=[
        supply("coal", "3 KGM", deviation="1.1", pedigree=SCORES, factor=factor(deviation="1.3", pedigree=(1,) * 5)),
        supply("lime", "1 KGM", factor=factor()),
    ])
    coal, lime = lines(memory, made.index)
    assert said(coal) == (Decimal("1.1"), SCORES, Decimal("1.3"), (1, 1, 1, 1, 1))
    assert said(lime) == (None, None, None, None)
    # What is not stated takes no byte of the assessment.
    assert set(msgspec.to_builtins(lime)) == {"gas", "amount", "source", "kind", "factor"}


def test_a_supply_and_its_declaration(memory: MemoryLedger, site: Site) -> None:
    """The declaration's is its figures', of every line that names it; the supply's is of its quantity."""
    declared = site.declare(
        burdens={"fossilGhgEmissions": "4", "landUseChangeGhgEmissions": "1"}, primary_share="0.5",
        per=Quantity(value="1", unit="KGM"), deviation="1.25", pedigree=(2,) * 5,
    ).digest.hex()
    made = site.make([site.out("x", "good", "1 KGM")], supplies=[supply("slab", "2 KGM", declaration=declared,
                                                                         deviation="1.02", pedigree=SCORES)])
    found = lines(memory, made.index)
    # Two burdens, each with its primary and its secondary half
    assert [line.amount for line in found] == [4, 4, 1, 1]
    for line in found:
        assert line.factor == f"declaration:{declared}"
        assert said(line) == (Decimal("1.02"), SCORES, Decimal("1.25"), (2, 2, 2, 2, 2))


def test_a_declared_lot(memory: MemoryLedger, site: Site) -> None:
    made = site.declare(burdens={"fossilGhgEmissions": "4"}, lot=site.out("x", "good", "1 KGM"), deviation="1.25")
    (line,) = lines(memory, made.index)
    assert line.factor == f"declaration:{made.digest.hex()}"
    assert said(line) == (None, None, Decimal("1.25"), None)


def test_what_is_said_of_uncertainty_changes_no_figure(memory: MemoryLedger, site: Site) -> None:
    plain = supply("coal", "3 KGM", factor=factor())
    stated = supply("coal", "3 KGM", factor=factor(deviation="2", pedigree=(5,) * 5), deviation="2", pedigree=SCORES)
    for lot, one in (("plain", plain), ("stated", stated)):
        site.make([site.out(lot, "good", "1 KGM")], supplies=[one])
    assert memory.burdens(site.name("plain")) == memory.burdens(site.name("stated"))
    assert memory.burdens(site.name("plain"))["fossilGhgEmissions"] == 6.0


def test_a_plugins_line(memory: MemoryLedger, site: Site) -> None:
    made = site.make([site.out("x", "good", "1 KGM")], supplies=[ore("1 KGM")], activity=Make(emissions=[
        Emission(amount="5", deviation="1.1", pedigree=[1, 1, 1, 1, 2], factor="f", factor_deviation="1.2",
                 factor_pedigree=[5, 4, 3, 2, 1]),
    ]))
    (line,) = lines(memory, made.index)
    assert said(line) == (Decimal("1.1"), (1, 1, 1, 1, 2), Decimal("1.2"), (5, 4, 3, 2, 1))


DEVIATION = "a geometric standard deviation is at least 1 and below 1000"


@pytest.mark.parametrize(("emission", "field", "value", "rule"), [
    (Emission(amount="5", deviation="0.999"), "deviation", "0.999", DEVIATION),
    (Emission(amount="5", deviation="-1.2"), "deviation", "-1.2", DEVIATION),
    (Emission(amount="5", deviation="1000"), "deviation", "1000", DEVIATION),
    (Emission(amount="5", factor="f", factor_deviation="-1.2"), "factorDeviation", "-1.2", DEVIATION),
    (Emission(amount="5", pedigree=[1, 1, 1, 1, 6]), "pedigree[4]", "6", "a pedigree's scores are from 1 (best) to 5"),
    (Emission(amount="5", pedigree=[0, 1, 1, 1, 1]), "pedigree[0]", "0", "a pedigree's scores are from 1 (best) to 5"),
    (Emission(amount="5", pedigree=[1, 1, 1, 1]), "pedigree", "[1, 1, 1, 1]", "a pedigree has five scores"),
    (Emission(amount="5", pedigree=[]), "pedigree", "[]", "a pedigree has five scores"),
    (Emission(amount="5", factor="f", factor_pedigree=[1] * 6), "factorPedigree", "[1, 1, 1, 1, 1, 1]",
     "a pedigree has five scores"),
    (Emission(amount="5", factor="f", factor_pedigree=[1, 1, -3, 1, 1]), "factorPedigree[2]", "-3",
     "a pedigree's scores are from 1 (best) to 5"),
    (Emission(amount="5", factor_deviation="1.2"), "factor", None,
     "a line that states the uncertainty of its factor must name the factor"),
    (Emission(amount="5", factor_pedigree=[1] * 5), "factor", None,
     "a line that states the uncertainty of its factor must name the factor"),
])
def test_a_plugin_that_says_what_cannot_be(
    memory: MemoryLedger, site: Site, emission: Emission, field: str, value: str | None, rule: str
) -> None:
    before = memory.fingerprint()
    with pytest.raises(PluginError) as caught:
        site.make([site.out("x", "good", "1 KGM")], supplies=[ore("1 KGM")],
                  activity=Make(emissions=[Emission(amount="1"), emission]))
    error = caught.value
    assert (error.code, error.field, error.value, error.rule) == (
        "invalid-assessment", f"lines[1].{field}", value, rule
    )
    assert memory.fingerprint() == before


@pytest.mark.parametrize("deviation", ["NaN", "sNaN", "Infinity"])
def test_deviations_that_are_no_numbers(deviation: str) -> None:
    line = Line(gas="CO2", amount=Decimal(1), source="s", kind="onSite", deviation=Decimal(deviation))
    with pytest.raises(PluginError) as caught:
        check_assessment(Assessment(lines=(line,)), [])
    assert (caught.value.code, caught.value.field) == ("invalid-assessment", "lines[0].deviation")


def test_the_bounds_themselves_are_let_in() -> None:
    for deviation, pedigree in (("1", (1,) * 5), ("999.999999999", (5,) * 5)):
        line = Line(gas="CO2", amount=Decimal(1), source="s", kind="onSite", deviation=Decimal(deviation), factor="f",
                    pedigree=pedigree, factor_deviation=Decimal(deviation), factor_pedigree=pedigree)
        check_assessment(Assessment(lines=(line,)), [])
        assert msgspec.json.decode(assessment_bytes(Assessment(lines=(line,))), type=Assessment).lines == (line,)


def context(*supplies: SupplyFacts) -> Context:
    return Context(
        process="test.make", route="make", year=2022, hours=Decimal(24), allocation="mass", inputs=(), outputs=(),
        facility=FacilityFacts(id="urn:facility", country="CN", subdivision="CN-SH"), supplies=supplies,
    )


def facts(material: str, value: str, unit: str) -> SupplyFacts:
    return SupplyFacts(
        index=0, material=material, quantity=Quantity(value=value, unit=unit), nature=False, priced=False,
        mass=Decimal(value) if unit == "KGM" else None, deviation=Decimal("1.05"), pedigree=SCORES,
    )


def row(**fields: Any) -> FactorRow:
    return FactorRow(table="t", key="k", place="*", year=2024, value=Decimal(2), unit="KGM", gas="CO2",
                     boundary="process", status="read", source="s", **fields)


def test_a_draft_hands_on_what_a_supply_says_of_its_quantity() -> None:
    power, heat, coal, gas = (
        facts("electricity", "10", "KWH"), facts("heat", "5", "GV"), facts("anthracite", "3", "KGM"),
        facts("carbonDioxide", "2", "KGM"),
    )
    draft = Draft(context(power, heat, coal, gas))
    draft.buy_power(power)
    draft.buy_heat(heat)
    draft.burn(coal)
    draft.price("carbonDioxide", Decimal(2), row(deviation=Decimal("1.4")), kind="onSite", supply=gas)
    draft.carbon("carbonDioxide", Decimal(2), supply=gas)
    found = draft.assessment().lines
    assert [line.source for line in found] == [
        "electricity", "heat", "anthracite", "carbonDioxide", "carbonDioxide"
    ]
    for line in found:
        assert (line.deviation, line.pedigree) == (Decimal("1.05"), SCORES)
    assert [line.factor_deviation for line in found] == [None, None, None, Decimal("1.4"), None]


def test_a_draft_without_a_supply_says_nothing() -> None:
    draft = Draft(context(facts("k", "1", "KGM")))
    draft.price("k", Decimal(2), row(), kind="onSite")
    draft.carbon("k", Decimal(2))
    assert [said(line) for line in draft.assessment().lines] == [(None, None, None, None)] * 2


def test_a_plugin_sees_what_a_supply_says(memory: MemoryLedger, site: Site) -> None:
    stated = supply("coal", "10 KGM", deviation="1.1", pedigree=SCORES)
    made = site.make([site.out("x", "good", "1 KGM")], supplies=[stated, supply("lime", "1 KGM")])
    prepared = memory.history.prepared[made.index]
    record = prepared.submission.record
    assert isinstance(record, Transformation)
    seen = context_of(record, prepared.plan, memory.state).supplies
    assert [(one.deviation, one.pedigree) for one in seen] == [(Decimal("1.1"), SCORES), (None, None)]


HEAD = "key,place,year,value,unit,gas,boundary,status,source"


def table(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> Any:
    """A package with a table of factors in it."""
    package = tmp_path / name
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "factors.csv").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    rows.cache_clear()
    read_factors.cache_clear()
    return read_factors(name, "factors.csv", name)


def test_a_table_with_deviations(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = table(tmp_path, monkeypatch, "deviating", f"""{HEAD},deviation
a,*,2024,2,KGM,CO2,process,read,s,1.3
b,*,2024,2,KGM,CO2,process,read,s,
""")
    assert (found.find("a").deviation, found.find("b").deviation) == (Decimal("1.3"), None)


def test_a_table_without_the_column(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = table(tmp_path, monkeypatch, "undeviating", f"{HEAD}\na,*,2024,2,KGM,CO2,process,read,s\n")
    assert found.find("a").deviation is None


@pytest.mark.parametrize(("name", "text"), [
    ("below_one", "0.9"), ("negative", "-1.3"), ("word", "x"), ("no_number", "NaN"), ("too_large", "1000"),
])
def test_a_table_with_a_deviation_that_is_none(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    with pytest.raises(PluginError, match="line 2: deviation is") as caught:
        table(tmp_path, monkeypatch, "table_" + name, f"{HEAD},deviation\na,*,2024,2,KGM,CO2,process,read,s,{text}\n")
    assert (caught.value.code, caught.value.field, caught.value.value) == ("invalid-factors", "deviation", text)
