"""What a record says of where its lines come from: its own factors that share a name, totals that a closing spread."""

from decimal import Decimal
from math import expm1, log
from typing import Any, Final

import msgspec
import pytest
from support.memory import MemoryLedger
from support.site import ore, supply
from unit.engine.works import Works, change

from ledger.admission.closings.spreading import shares
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import Closing
from ledger.core.record.values import Factor, Quantity, Supply
from ledger.engine.batch import Sequenced
from ledger.footprint.derived.uncertainty.origins import NO_ORIGINS, LineOrigins, origins, states_amounts
from ledger.footprint.derived.uncertainty.sources import UncertaintyTerm, line_terms
from ledger.footprint.derived.uncertainty.variance import moments

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
    closed = works.close(metered("40"))
    record, reading = works.ledger.records[closed.index], works.reading(made)
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
    assert now[1:] == leaves[1:]
    assert [one.index for one in memory.revisions[-1][1].revised] == [declared.index]
    read = memory.assessment(declared.index)
    assert stated is not None
    assert read is not None
    before, after = (msgspec.json.decode(one.assessment, type=Assessment).lines[0] for one in (stated, read))
    assert (before.factor_deviation, before.factor_pedigree) == (Decimal("1.1"), None)
    assert (after.factor_deviation, after.factor_pedigree) == (Decimal("1.5"), (1, 2, 3, 4, 5))
    assert msgspec.structs.replace(after, factor_deviation=Decimal("1.1"), factor_pedigree=None) == before
