"""A supply that names its row, `set:row`: the row, or an error with field, value, rule and the nearest choices."""

from decimal import Decimal

import pytest
from support.factor_tables import factor, group, supply, version
from support.raising import raised

from ledger.admission.lots import Supplied
from ledger.core.record.values import Quantity, Supply
from ledger.engine.pricing.keys_and_rows import check_no_rows, named_row, nearest_rows
from ledger.errors import Refused

SET = version(
    [supply("sand", density="1500"), supply("gravel"),
     supply("diesel", kind="fuel", heating_value="43"),
     supply("electricity", kind="electricity", unit="KWH", **{"class": "power"}),
     supply("truck", kind="transport", unit="TKM"), supply("heat", kind="heat", unit="3B", **{"class": "warmth"}),
     supply("argon", kind="gas", unit="NM3"), supply("landfilling", kind="treatment"),
     supply("electricityWind", kind="electricity", unit="KWH")],
    [factor("sand", "CN", 2020), factor("sand", "*", 2022), factor("gravel"),
     factor("diesel", boundary="combustion"), factor("diesel", boundary="wellToTank"),
     factor("electricity", "CN", boundary="generation"), factor("electricity", "CN", 2021, boundary="residual"),
     *[factor(key) for key in ("electricity", "electricityWind", "truck", "heat", "argon", "landfilling")]],
    "ours", classes=[group("warmth", "heating;steam"), group("power", "power")],
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


@pytest.mark.parametrize(("material", "amount", "key", "kinds"), [
    ("sand", "10 KGM", "truck", "material, gas or fuel"), ("sand", "10 KGM", "electricity", "material, gas or fuel"),
    ("sand", "10 KGM", "landfilling", "material, gas or fuel"), ("diesel", "10 KGM", "heat", "material, gas or fuel"),
    ("diesel", "10 KWH", "electricityWind", "material, gas or fuel"),
    ("argon", "1 NM3", "truck", "material, gas or fuel"),
    ("truck", "10 TKM", "gravel", "transport"), ("hauler", "10 TKM", "gravel", "transport"),
    ("electricity", "1 KWH", "heat", "electricity"), ("ourPower", "1 KWH", "heat", "electricity"),
    ("ourPower", "1 KWH", "diesel", "electricity"),
    ("unheardOf", "1 KWH", "electricity", "heat or fuel"), ("heat", "1 3B", "electricityWind", "heat"),
    ("heat", "1 3B", "diesel", "heat"), ("cityHeating", "1 KWH", "electricityWind", "heat or fuel"),
    ("landfilling", "1 KGM", "gravel", "treatment"),
    ("unheardOf", "1 KGM", "truck", "material, gas, fuel, treatment or service"),
])
def test_a_row_of_another_kind(material: str, amount: str, key: str, kinds: str) -> None:
    """A row of freight for a material, of a fuel for power: it says nothing about the supply."""
    value, unit = amount.split()
    row = f"{key}/wellToTank/*/2020" if key == "diesel" else f"{key}/cradleToGate/*/2020"
    supplied = Supply(material=material, quantity=Quantity(value=value, unit=unit), factor_row=f"ours:{row}")
    with pytest.raises(Refused) as caught:
        named_row((OTHER, SET), supplied, "supplies[0].factorRow")
    error = caught.value
    assert (error.code, error.field, error.value) == ("factor-kind", "supplies[0].factorRow", f"ours:{row}")
    assert f"is of kind {SET.supplies[key].kind}" in error.message
    assert (error.rule or "").startswith(f"a row of kind {kinds}; nearest: ")


def test_the_nearest_rows_of_the_right_kind() -> None:
    """The supply's own rows first, then those with a similar name; of no other kind, and of every set."""
    def nearest(material: str, unit: str) -> list[str]:
        supplied = Supply(material=material, quantity=Quantity(value="1", unit=unit),
                          factor_row="ours:truck/cradleToGate/*/2020")
        error = raised(Refused, named_row, (OTHER, SET), supplied, "supplies[0].factorRow")
        return (error.rule or "").partition("nearest: ")[2].split(", ")

    assert nearest("sand", "KGM") == [
        "theirs:sand/cradleToGate/*/2020", "ours:sand/cradleToGate/CN/2020", "ours:sand/cradleToGate/*/2022"]
    assert nearest("gravelly", "KGM")[0] == "ours:gravel/cradleToGate/*/2020"
    assert set(nearest("windPower", "KWH")) == {
        "ours:electricity/cradleToGate/*/2020", "ours:electricityWind/cradleToGate/*/2020"}


@pytest.mark.parametrize(("material", "amount", "key"), [
    ("sand", "10 KGM", "gravel"), ("sand", "10 KGM", "diesel"), ("diesel", "10 KGM", "sand"),
    ("argon", "10 KGM", "sand"), ("unheardOf", "10 KGM", "sand"), ("unheardOf", "10 KGM", "diesel"),
    ("unheardOf", "10 KGM", "landfilling"), ("hauler", "10 TKM", "truck"), ("electricity", "1 KWH", "electricityWind"),
    ("ourPower", "1 KWH", "electricity"), ("cityHeating", "1 KWH", "heat"), ("unheardOf", "1 3B", "heat"),
    ("unheardOf", "1 3B", "diesel"), ("unheardOf", "1 KWH", "diesel"),
])
def test_a_row_of_a_fitting_kind(material: str, amount: str, key: str) -> None:
    """Coke is burnt or reduces ore, and a name that no set knows can be any matter: these are proxies, not faults."""
    value, unit = amount.split()
    row = {"diesel": "diesel/wellToTank/*/2020", "sand": "sand/cradleToGate/*/2022"}.get(
        key, f"{key}/cradleToGate/*/2020")
    supplied = Supply(material=material, quantity=Quantity(value=value, unit=unit), factor_row=f"ours:{row}")
    assert named_row((SET,), supplied, "supplies[0].factorRow").factor.row == row


@pytest.mark.parametrize("supplied", [
    bought("ours:argon/cradleToGate/*/2020", "3", "H87", "7"),
    bought("ours:argon/cradleToGate/*/2020", "3", "KGM", "3"),
])
def test_a_mass_that_leads_nowhere(supplied: Supply) -> None:
    """Argon is counted in Nm3 and has no density here: with a mass the row would price nothing."""
    error = raised(Refused, named_row, (SET,), supplied, "supplies[0].factorRow")
    assert (error.code, error.field) == ("wrong-dimension", "supplies[0].factorRow")


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
