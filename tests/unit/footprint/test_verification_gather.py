"""A verifier's list from single records: quantities count once, sources reach 95 %, kinds of electricity."""

from decimal import Decimal
from typing import Any, Final

import pytest
from msgspec import Raw

from ledger.cli.auditor.export_verification import cell
from ledger.core.outcome.assessment import Assessment, Line, Omission
from ledger.core.record.kinds import Transformation
from ledger.core.record.study import AllocationBasis
from ledger.core.record.values import Factor, Flow, Output, Quantity, Role, Supply
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.verification.gather import VerifierGathering

START: Final = "2025-01-01T00:00:00Z"
END: Final = "2025-02-01T00:00:00Z"


def quantity(value: str, unit: str = "KGM") -> Quantity:
    return Quantity(value=value, unit=unit)


def output(lot: str, role: Role = "product") -> Output:
    return Output(lot=f"urn:{lot}", product="urn:p", quantity=quantity("1"), role=role)


def made(index: int, weight: float, lines: list[Line], supplies: list[Supply], **fields: Any) -> Upstream:
    record = Transformation(
        issuer="urn:mill", nonce="AAAAAAAAAAAAAAAAAAAAAA", facility="urn:site", start=START, end=END,
        process="works.make", outputs=fields.pop("outputs", [output("a")]), activity=Raw(b"{}"), supplies=supplies,
        inputs=fields.pop("inputs", []), **{name: fields.pop(name) for name in ("allocation", "allocation_basis")
                                            if name in fields})
    return Upstream(index, f"{index:064x}", record, Assessment(lines=tuple(lines), **fields), weight)


def line(amount: str, **fields: Any) -> Line:
    return Line(**{"gas": "CO2e", "amount": Decimal(amount), "source": "gas", "kind": "onSite", **fields})


def gathered(absolute: float, *records: Upstream) -> VerifierGathering:
    gathering = VerifierGathering(absolute)
    gathering.take(records)
    return gathering


def test_several_gases_of_one_supply_count_its_quantity_once() -> None:
    gas = [Supply(material="gas", quantity=quantity("10", "MTQ"))]
    lines = [line("20", supply=0, factor="f"), line("1", gas="CH4", supply=0, factor="f")]
    (flow,) = gathered(100.0, made(1, 0.5, lines, gas), made(2, 1.0, lines, gas)).flows()
    assert (flow.quantity, flow.unit, flow.records) == (15.0, "MTQ", 2)
    assert flow.kg_co2e == pytest.approx(1.5 * (20 + 29.8))
    assert flow.percent == pytest.approx(1.5 * (20 + 29.8))


def test_quantities_in_several_units_do_not_add_up() -> None:
    both = [Supply(material="gas", quantity=quantity("10", "MTQ")), Supply(material="gas", quantity=quantity("3"))]
    (flow,) = gathered(1.0, made(1, 1.0, [line("1", supply=0), line("1", supply=1)], both)).flows()
    assert (flow.quantity, flow.unit) == (None, None)


def test_sources_end_at_ninety_five_per_cent() -> None:
    records = [made(i, 1.0, [line(amount)], []) for i, amount in enumerate(("50", "45", "4", "1"))]
    sources = gathered(100.0, *records).sources()
    assert [(one.index, one.percent, one.cumulative) for one in sources] == [(0, 50.0, 50.0), (1, 45.0, 95.0)]
    assert gathered(100.0).sources() == []


def test_omissions_of_one_kind_are_one_row() -> None:
    half = made(1, 0.5, [], [], omissions=(Omission(what="oil", estimate=Decimal(8)), Omission(what="air")))
    rows = gathered(10.0, half, made(2, 1.0, [], [], omissions=(Omission(what="oil", estimate=Decimal(1)),))).cut_offs()
    assert [(row.what, row.records, row.kg_co2e, row.percent) for row in rows] == [
        ("oil", 2, 5.0, 50.0), ("air", 1, None, None)]


def test_only_shared_burdens_need_a_key() -> None:
    basis = AllocationBasis(rule="PCR", reason="why")
    single = made(1, 1.0, [line("5")], [], outputs=[output("a"), output("w", "waste")])
    shared = made(2, 0.5, [line("6")], [], outputs=[output("a"), output("b", "coProduct")], allocation="value",
                  allocation_basis=basis)
    (row,) = gathered(10.0, single, shared).allocations()
    assert (row.allocation, row.rule, row.reason, row.records, row.kg_co2e) == ("value", "PCR", "why", 1, 3.0)


def test_kinds_of_electricity() -> None:
    factor = Factor(value="0.1", unit="KWH", source="electricity of mine", year=2025, boundary="cradleToGate")
    power = [Supply(material="electricity", quantity=quantity("1", "MWH")),
             Supply(material="electricity", quantity=quantity("500", "KWH"), factor=factor),
             Supply(material="electricity", quantity=quantity("100", "KWH"))]
    lines = [
        line("600", kind="electricity", source="electricity", supply=0, factor="set@1:electricity/cradleToGate/CN/2023",
             market=Decimal(700)),
        line("300", kind="electricity", source="electricity", supply=1, factor="electricity of mine/2025"),
        line("0", kind="electricity", source="electricity", supply=2, factor="set@1:electricity/residual/CN/2023",
             market=Decimal(80)),
    ]
    record = made(1, 0.5, lines, power, inputs=[Flow(lot="urn:wind", quantity=quantity("2", "MWH"))])
    rows = gathered(900.0, record._replace(covered={"electricityMarket": -40.0})).electricity()
    assert {row.kind: (row.kg_co2e, row.market_kg_co2e, row.kilowatt_hours) for row in rows} == {
        "grid": (300.0, 350.0, 500.0), "supplier": (150.0, 150.0, 250.0), "residualMix": (0.0, 40.0, 50.0),
        "lot": (0.0, 0.0, 1000.0), "attributes": (0.0, -20.0, None),
    }


@pytest.mark.parametrize(("value", "shown"), [
    ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-x", "'-x"), ("plain", "plain"), (-1.5, -1.5), (None, ""),
    (True, "yes"), ([{"digest": "ab", "kind": "meter"}], "ab meter"),
])
def test_no_cell_is_a_formula(value: object, shown: object) -> None:
    assert cell(value) == shown
