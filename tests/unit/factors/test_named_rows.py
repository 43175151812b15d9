"""A supply that names its row, `set:row`: the row, or an error with field, value, rule and the nearest choices."""

from decimal import Decimal

import pytest
from support.factor_tables import factor, supply, version

from ledger.admission.lots import Supplied
from ledger.core.record.values import Quantity, Supply
from ledger.engine.named_rows import check_no_rows, named_row, nearest_rows
from ledger.errors import Refused

SET = version(
    [supply("sand", density="1500"), supply("gravel"),
     supply("diesel", kind="fuel", heating_value="43"), supply("electricity", kind="electricity", unit="KWH")],
    [factor("sand", "CN", 2020), factor("sand", "*", 2022), factor("gravel"),
     factor("diesel", boundary="combustion"), factor("diesel", boundary="wellToTank"),
     factor("electricity", "CN", boundary="generation"), factor("electricity", "CN", 2021, boundary="residual")],
    "ours",
)
OTHER = version([supply("sand")], [factor("sand")], "theirs")


def bought(row: str, amount: str = "10", unit: str = "KGM", mass: str | None = None) -> Supply:
    return Supply(material="sand", quantity=Quantity(value=amount, unit=unit), factor_row=row,
                  mass=None if mass is None else Quantity(value=mass, unit="KGM"))


@pytest.mark.parametrize("supplied", [
    bought("ours:sand/cradleToGate/CN/2020"), bought("ours:sand/cradleToGate/CN/2020", "2", "TNE"),
    bought("ours:sand/cradleToGate/CN/2020", "100", "LTR"), bought("ours:sand/cradleToGate/CN/2020", "3", "H87", "7"),
    bought("ours:diesel/wellToTank/*/2020", "1", "MWH"),
])
def test_the_row_is_found(supplied: Supply) -> None:
    """Whatever the record's place and year: the record asks for this row."""
    choice = named_row((OTHER, SET), supplied, "supplies[0].factorRow")
    assert choice.name == "ours@1:" + (supplied.factor_row or "").partition(":")[2]
    assert choice.factor.gases == (("CO2e", Decimal(1)),)


@pytest.mark.parametrize(("supplied", "code", "field", "value", "message", "rule"), [
    (bought("sets:sand/cradleToGate/CN/2020"), "unknown-factor-set", "supplies[3].factorRow",
     "sets:sand/cradleToGate/CN/2020", "no factor set 'sets' is in force",
     "`set:row` of a set in force: theirs@1, ours@1"),
    # The set's name is enough: the version is the one in force.
    (bought("ours@1:sand/cradleToGate/CN/2020"), "unknown-factor-set", "supplies[3].factorRow",
     "ours@1:sand/cradleToGate/CN/2020", "no factor set 'ours@1' is in force",
     "`set:row` of a set in force: theirs@1, ours@1"),
    (bought("ours:sand/cradleToGate/CN/2021"), "unknown-factor-row", "supplies[3].factorRow",
     "ours:sand/cradleToGate/CN/2021", "ours@1 has no row 'sand/cradleToGate/CN/2021'",
     "a row of the version in force; nearest: sand/cradleToGate/CN/2020, sand/cradleToGate/*/2022"),
    (bought("ours:gravl/cradleToGate/*/2020"), "unknown-factor-row", "supplies[3].factorRow",
     "ours:gravl/cradleToGate/*/2020", "ours@1 has no row 'gravl/cradleToGate/*/2020'",
     "a row of the version in force; nearest: gravel/cradleToGate/*/2020, "),
    (bought("ours:diesel/combustion/*/2020"), "factor-boundary", "supplies[3].factorRow",
     "ours:diesel/combustion/*/2020", "row 'diesel/combustion/*/2020' is the boundary combustion, which is no upstream",
     "a row with the boundary cradleToGate or wellToTank; nearest: diesel/wellToTank/*/2020"),
    (bought("ours:electricity/generation/CN/2020", unit="KWH"), "factor-boundary", "supplies[3].factorRow",
     "ours:electricity/generation/CN/2020", "is the boundary generation", "cradleToGate or wellToTank"),
    (bought("ours:electricity/residual/CN/2021", unit="KWH"), "factor-boundary", "supplies[3].factorRow",
     "ours:electricity/residual/CN/2021", "is the boundary residual", "cradleToGate or wellToTank"),
    (bought("ours:gravel/cradleToGate/*/2020", "3", "LTR"), "wrong-dimension", "supplies[3].factorRow", "3 LTR",
     "3 LTR does not convert to KGM, the unit of row 'gravel/cradleToGate/*/2020'", "a quantity that converts to KGM"),
    (bought("ours:sand/cradleToGate/CN/2020", "3", "KWH"), "wrong-dimension", "supplies[3].factorRow", "3 KWH",
     "3 KWH does not convert to KGM", "a quantity that converts to KGM"),
])
def test_a_row_that_cannot_be_used(
    supplied: Supply, code: str, field: str, value: str, message: str, rule: str
) -> None:
    with pytest.raises(Refused) as caught:
        named_row((OTHER, SET), supplied, "supplies[3].factorRow")
    error = caught.value
    assert (error.code, error.field, error.value) == (code, field, value)
    assert error.message.startswith("supplies[3].factorRow: ")
    assert message in error.message
    assert rule in (error.rule or "")


def test_a_log_without_sets_has_no_rows() -> None:
    free = Supply(material="sand", quantity=Quantity(value="1", unit="KGM"))
    check_no_rows([Supplied(free, Decimal(1))])
    with pytest.raises(Refused) as caught:
        check_no_rows([Supplied(free, Decimal(1)), Supplied(bought("ours:sand/cradleToGate/CN/2020"), Decimal(1))])
    error = caught.value
    assert (error.code, error.field) == ("unknown-factor-set", "supplies[1].factorRow")
    assert (error.rule or "").endswith("the log has activated no set")


def test_the_nearest_rows() -> None:
    assert sorted(nearest_rows(SET, "sand/cradleToGate/CN/2022")) == [
        "sand/cradleToGate/*/2022", "sand/cradleToGate/CN/2020",
    ]
    assert {row.partition("/")[0] for row in nearest_rows(SET, "sand/cradleToGate/DE/1999")} == {"sand"}
    assert len(nearest_rows(SET, "grvel/cradleToGate/*/2020")) == 3
