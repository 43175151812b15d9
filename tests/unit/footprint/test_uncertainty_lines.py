"""From records, plugins and factor tables to lines: whose uncertainty is a line's own, and whose its factor's."""

from decimal import Decimal
from math import expm1, log
from typing import Any, Final

import msgspec
import pytest
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Emission, Make
from support.site import Site, ore, supply
from unit.engine.works import Works, change

from ledger.admission.closings.spreading import shares
from ledger.core.outcome.assessment import Assessment, Line
from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.record.kinds import Closing, Transformation
from ledger.core.record.values import Factor, Quantity, Supply
from ledger.engine.batch import Sequenced
from ledger.engine.sector_context import context_of
from ledger.footprint.derived.uncertainty.origins import NO_ORIGINS, LineOrigins, origins, states_amounts
from ledger.footprint.derived.uncertainty.sources import UncertaintyTerm, line_terms
from ledger.footprint.derived.uncertainty.variance import moments
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
    assert (line.factor, said(line)) == (f"declaration:{made.digest.hex()}", (None, None, Decimal("1.25"), None))


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
    error = raised(PluginError, check_assessment, Assessment(lines=(line,)), [])
    assert (error.code, error.field) == ("invalid-assessment", "lines[0].deviation")


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


# What a record says of where its lines come from: its own factors that share a name, totals that a closing spread.


V: Final = expm1(log(1.3) ** 2)
"""The variance of what has a geometric standard deviation of 1.3."""


@pytest.fixture
def works(memory: MemoryLedger) -> Works:
    return Works(memory)


def priced(value: str = "2", **fields: Any) -> Factor:
    return Factor(**{"value": value, "unit": "KGM", "source": "tables", "year": 2024, "boundary": "cradleToGate",
                     "deviation": "1.3", **fields})


def terms(works: Works, made: Sequenced, closing: Sequenced | None = None) -> list[UncertaintyTerm]:
    """Of a record as it reads now, all of which is carried."""
    prepared = works.ledger.history.prepared[made.index]
    assert prepared.assessment is not None
    found = msgspec.json.decode(prepared.assessment, type=Assessment)
    known = origins(prepared.submission.record)
    if closing is not None:
        record = works.ledger.records[closing.index]
        assert isinstance(record, Closing)
        known = origins(prepared.submission.record, record, closing.digest.hex())
    return line_terms(1.0, found.lines, made.index, origins=known)


def variance(works: Works, *made: Sequenced, closing: Sequenced | None = None) -> float:
    return moments([term for one in made for term in terms(works, one, closing)]).variance


def burnt(works: Works, *supplies: Supply) -> Sequenced:
    """A record with those supplies; each makes a lot of its own."""
    return works.run({f"lot{works.ledger.state.size}": "1"}, supplies=[ore("1 KGM"), *supplies])


def test_factors_of_one_source_and_year(works: Works) -> None:
    """3 kg at 2 and 4 kg at 2.5 kg CO2e are 6 and 10: one factor (6 + 10)^2 v, two of them (36 + 100) v."""
    coal = supply("coal", "3 KGM", factor=priced())
    others = [
        supply("lime", "5 KGM", factor=priced()),
        supply("coal", "4 KGM", factor=priced("2.5")),
        supply("coal", "1 KGM", factor=priced("10000", unit="TNE")),
        supply("coal", "5 KGM", factor=priced(gas="CO2")),
        supply("coal", "5 KGM", factor=priced(boundary="combustion")),
        supply("coal", "5 KGM", factor=priced(year=2023)),
        supply("coal", "5 KGM", factor=priced(source="others")),
    ]
    for other in others:
        assert variance(works, burnt(works, coal, other)) == pytest.approx((36 + 100) * V, rel=1e-12), other
    for same in (supply("coal", "5 KGM", factor=priced()), supply("coal", "5 KGM", factor=priced(deviation="1.3"))):
        assert variance(works, burnt(works, coal, same)) == pytest.approx(256 * V, rel=1e-12)
        assert variance(works, burnt(works, coal), burnt(works, same)) == pytest.approx(256 * V, rel=1e-12)


def test_what_lines_and_terms_call_a_factor(works: Works) -> None:
    """Answers show the name; the uncertainty's also says what it is, where the record brought it."""
    made = burnt(works, supply("coal", "3 KGM", factor=priced()), supply("gas", "1 KGM", factor=priced("1", gas="CH4")))
    prepared = works.ledger.history.prepared[made.index]
    assert prepared.assessment is not None
    found = msgspec.json.decode(prepared.assessment, type=Assessment).lines
    assert [line.factor for line in found] == ["tables/2024", "tables/2024"]
    assert [term.factor for term in terms(works, made)] == [
        "tables/2024 (coal, 2 kg CO2e per KGM, cradleToGate)", "tables/2024 (gas, 1 kg CH4 per KGM, cradleToGate)"
    ]


def test_a_declaration_is_known_by_its_digest(works: Works) -> None:
    declared = works.declare(
        burdens={"fossilGhgEmissions": "2"}, per=Quantity(value="1", unit="KGM"), deviation="1.3"
    ).digest.hex()
    made = [burnt(works, supply(name, "3 KGM", declaration=declared, deviation="1.1")) for name in ("coal", "lime")]
    found = [term for one in made for term in terms(works, one)]
    assert [term.factor for term in found] == [f"declaration:{declared}"] * 2
    # 12 kg of one factor; each quantity by itself: 2 * 36 * v (1 + V).
    own = expm1(log(1.1) ** 2)
    assert moments(found).variance == pytest.approx(144 * V + 72 * own * (1 + V), rel=1e-12)


def test_transport_and_packaging(memory: MemoryLedger, works: Works) -> None:
    other = Works(memory, "other")
    works.mine("a", "10")
    sent = works.send(
        "a", "5 KGM", other, "b", transport=[supply("truck", "3 KGM", factor=priced(), deviation="1.1")],
        packaging=[supply("box", "5 KGM", factor=priced())],
    )
    assert variance(works, sent) == pytest.approx((36 + 100) * V + 36 * expm1(log(1.1) ** 2) * (1 + V), rel=1e-12)
    assert states_amounts(memory.records[sent.index])


def test_records_that_state_nothing(works: Works) -> None:
    made = burnt(works, supply("coal", "3 KGM", factor=priced(deviation=None)))
    record = works.ledger.records[made.index]
    assert origins(record) is NO_ORIGINS
    assert not states_amounts(record)
    assert not states_amounts(works.ledger.records[0])
    assert [term.factor for term in terms(works, made)] == ["tables/2024"]
    scored = burnt(works, supply("coal", "3 KGM", factor=priced(deviation=None), pedigree=(1, 1, 1, 1, 2)))
    assert states_amounts(works.ledger.records[scored.index])


def heats(works: Works, *amounts: str) -> list[Sequenced]:
    return [works.run({f"heat{i}": one}, supplies=[ore(f"{one} KGM")], basis="provisional")
            for i, one in enumerate(amounts)]


def metered(amount: str, **fields: Any) -> Supply:
    """Gas of 2 kg CO2e a kg, which is certain; how much it was is not."""
    return supply("gas", f"{amount} KGM", **{"factor": priced(deviation=None), "deviation": "1.3", **fields})


def test_the_shares_of_a_total(works: Works) -> None:
    """40 kg over 100, 300 and 400 kg: 5, 15 and 20, so 10, 30 and 40 kg CO2e, of one meter: 80^2 V."""
    made = heats(works, "100", "300", "400")
    closed = works.close(metered("40"))
    assert [works.stated(one) for one in made] == [["5"], ["15"], ["20"]]
    assert variance(works, *made, closing=closed) == pytest.approx(80.0**2 * V, rel=1e-12)
    assert variance(works, *made[:2], closing=closed) == pytest.approx(40.0**2 * V, rel=1e-12)
    # As if each had been measured by itself
    assert variance(works, *made) == pytest.approx((10.0**2 + 30.0**2 + 40.0**2) * V, rel=1e-12)


def test_totals_of_one_closing_are_measured_apart(works: Works) -> None:
    made = heats(works, "100", "300")
    closed = works.close(metered("40"), supply("coal", "20 KGM", factor=priced(deviation=None), deviation="1.3"))
    # 80 kg CO2e of gas, 40 of coal
    assert variance(works, *made, closing=closed) == pytest.approx((80.0**2 + 40.0**2) * V, rel=1e-12)


def test_a_supply_that_is_no_share(works: Works) -> None:
    """What a closing did not measure, and what reads otherwise than its total, is the record's own."""
    made = works.run({"a": "100"}, supplies=[ore("100 KGM"), supply("coal", "5 KGM", factor=priced(), deviation="1.3")],
                     basis="provisional")
    record, reading = works.ledger.records[works.close(metered("40")).index], works.reading(made)
    assert isinstance(record, Closing)
    assert [one.material for one in shares(record, reading)] == ["gas"]
    assert set(origins(reading, record, "d").closings.values()) == {"d"}
    for other in (metered("40", deviation="1.2"), metered("40", pedigree=(1, 1, 1, 1, 1)), metered("40", factor=None)):
        assert shares(msgspec.structs.replace(record, measured=[other]), reading) == []
    # Of another amount, it is the same total.
    assert len(shares(msgspec.structs.replace(record, measured=[metered("99")]), reading)) == 1


def test_a_total_that_states_nothing_is_no_source(works: Works) -> None:
    made = heats(works, "100")
    closed = works.close(metered("40", deviation=None))
    assert [term.closing for term in terms(works, made[0], closed)] == [None]
    assert variance(works, *made, closing=closed) == 0.0


def test_a_line_of_the_material_that_says_something_else(works: Works) -> None:
    """Not the amount that the closing measured: a plugin's own line of the same name."""
    known = LineOrigins({}, {("gas", log(1.3) ** 2): "c"})
    assert known.closing("gas", log(1.3) ** 2) == "c"
    assert [known.closing("gas", None), known.closing("gas", 0.5), known.closing("coal", log(1.3) ** 2)] == [None] * 3


def test_uncertainty_alone_is_amended(works: Works) -> None:
    """Other deviation and pedigree of a declared lot: leaf 0 says so, no figure changes, of what descends neither."""
    declared = works.declared(works.out("a", "metal", "10 KGM"), burdens={"fossilGhgEmissions": "20"}, deviation="1.1")
    works.run({"b": "10"}, {"a": "10"})
    memory = works.ledger
    figures, leaves = dict(memory.figures), memory.leaves[declared.index]
    stated = memory.assessment(declared.index)
    works.amend(change(declared, deviation="1.5", pedigree=[1, 2, 3, 4, 5]))
    assert memory.figures == figures
    now = memory.leaves[declared.index]
    assert now[0] != leaves[0]
    assert (now[1:], [one.index for one in memory.revisions[-1][1].revised]) == (leaves[1:], [declared.index])
    read = memory.assessment(declared.index)
    assert stated is not None
    assert read is not None
    before, after = (msgspec.json.decode(one.assessment, type=Assessment).lines[0] for one in (stated, read))
    assert (before.factor_deviation, before.factor_pedigree) == (Decimal("1.1"), None)
    assert (after.factor_deviation, after.factor_pedigree) == (Decimal("1.5"), (1, 2, 3, 4, 5))
    assert msgspec.structs.replace(after, factor_deviation=Decimal("1.1"), factor_pedigree=None) == before
