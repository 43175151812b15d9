"""Parameters: what is given, known, published or missing; every refusal with its code, field, value and rule."""

from decimal import Decimal
from importlib.resources import files

import msgspec
import pytest
from support.raising import raised

from ledger.errors import InvalidInput, PluginError
from ledger.footprint.derived.methods.calculation import MethodResult, calculate
from ledger.footprint.derived.methods.catalogue import METHODS, method_named
from ledger.footprint.derived.methods.describing import Parameter, markdown
from ledger.footprint.derived.methods.gases import gases_named
from ledger.footprint.derived.methods.parameters import LEDGER
from ledger.footprint.derived.methods.published import COLUMNS, STATUSES, published_values
from ledger.footprint.derived.methods.subject import Material, MethodSubject
from ledger.footprint.stored.burdens import METHOD
from ledger.footprint.stored.gwp import AR5, AR6
from ledger.sdk.calcination import calcination
from ledger.sdk.tables import rows

CFF, EOL, MODULE_D, CYCLE, LIFE = (
    "circular-footprint/1", "end-of-life/1", "module-d/1", "multi-cycle/1", "multi-life/1"
)
TABLE = rows("ledger.footprint.derived.methods", "published.csv")
PUBLISHED = published_values(TABLE)
GIVEN = ["RR=0.9", "Y=0.8", "Xpr=2", "Xre=0.5"]


def lot(*materials: Material, lives: tuple[float, ...] = ()) -> MethodSubject:
    return MethodSubject(1800.0, Decimal(1), "TNE", 1000.0, materials, lives)


STEEL = lot(Material("steel", 1000.0, post_consumer=250.0))


def by(name: str, subject: MethodSubject, *asked: str) -> MethodResult:
    return calculate(name, subject, asked, PUBLISHED)


def used(result: MethodResult) -> dict[str, tuple[str, str]]:
    return {one.name: (one.value, one.source) for one in result.parameters}


def refused(code: str, name: str, subject: MethodSubject, *asked: str) -> InvalidInput:
    error = raised(InvalidInput, by, name, subject, *asked)
    assert error.code == code
    return error


# ---- sources


def test_a_value_says_its_source() -> None:
    result = by(CFF, STEEL, "Ev=2.10", "Erec=0.5", "R2=0.9", "ErecEoL=0.5", "EvStar=2", "R3=0", "Ed=0")
    assert used(result) == {
        "R1": ("0.25", "ledger"), "A": ("0.2", "published"), "Ev": ("2.10", "given"), "Erec": ("0.5", "given"),
        "Qsin": ("1", "published"), "R2": ("0.9", "given"), "ErecEoL": ("0.5", "given"), "EvStar": ("2", "given"),
        "Qsout": ("1", "published"), "R3": ("0", "given"), "Ed": ("0", "given"),
    }
    (factor,) = [one for one in result.parameters if one.name == "A"]
    assert (factor.material, factor.unit, factor.recalled) == ("steel", "1", True)
    assert "Annex C" in (factor.citation or "")
    # 0.25 * 0.8 * 1.6 - 0.8 * 0.9 * 1.5
    assert result.total == pytest.approx(1800 + 1000 * (0.32 - 1.08), rel=1e-12)


def test_what_is_given_goes_first_and_for_one_material_before_all() -> None:
    result = by(MODULE_D, lot(Material("steel", 600.0), Material("glass", 400.0)), "MMRout=0.5", "glass.MMRout=0",
                "MMRin=0.25", "glass.MMRin=0", "EMR=1", "EVMSub=2", "Q=1")
    assert {(one.material, one.name): one.value for one in result.parameters if one.name.startswith("MMR")} == {
        ("steel", "MMRout"): "0.5", ("steel", "MMRin"): "0.25", ("glass", "MMRout"): "0", ("glass", "MMRin"): "0",
    }
    assert [one.amount for one in result.beside] == [150.0, -150.0, 0.0, 0.0]
    assert used(by(CFF, STEEL, "A=0.5", "R1=0", "R2=0", "R3=0", "Ed=0"))["A"] == ("0.5", "given")


def test_a_material_may_have_a_dot_in_its_name() -> None:
    result = by(MODULE_D, lot(Material("steel.304", 1.0)), "steel.304.MMRout=0")
    assert [(one.material, one.name, one.source) for one in result.parameters] == [
        ("steel.304", "MMRout", "given"), ("steel.304", "MMRin", "ledger"),
    ]


def test_a_recalled_value_is_flagged() -> None:
    result = by(CFF, lot(Material("copper", 1000.0)), "R2=0.5", "ErecEoL=1", "EvStar=4", "Qsout=1", "R3=0.5", "EER=0",
                "LHV=0")
    assert [one.name for one in result.parameters if one.recalled] == ["A", "B"]
    assert "Of copper, A, B could not be checked at the source." in result.limitations
    assert not [one for one in by(CFF, STEEL, "R1=0", "R2=0", "R3=0", "Ed=0").limitations if "checked" in one]


def test_what_is_multiplied_by_zero_need_not_be_known() -> None:
    assert used(by(CFF, lot(Material("unobtainium", 1.0)), "R2=0", "R3=0", "Ed=1")).keys() == {"R1", "R2", "R3", "Ed"}
    assert used(by(CFF, STEEL, "A=1", "R2=1", "R3=0")).keys() == {"R1", "A", "R2", "R3"}
    assert used(by(EOL, lot(Material("zinc", 1.0)), "RR=0")).keys() == {"RR", "S"}
    assert used(by(CYCLE, lot(Material("zinc", 1.0)), "R=0", "Xpr=3")).keys() == {"R1", "R", "Xpr"}
    assert used(by(LIFE, lot(), "r=1", "reman=5")).keys() == {"r", "reman"}


# ---- what is missing


def test_everything_that_is_missing_is_named_at_once() -> None:
    error = refused("missing-parameter", EOL, lot(Material("steel", 1.0, post_consumer=0.5), Material("zinc", 1.0)),
                    "zinc.RR=0", "steel.Xpr=2")
    assert (error.field, error.value) == ("parameter", "steel.RR, steel.Y, steel.Xre")
    assert "steel.RR: scrap recovered at the end of life (kg/kg, at least 0 and at most 1)" in (error.rule or "")
    assert "steel.Xre: making 1 kg of the material from scrap only (kg CO2e/kg, any number)" in (error.rule or "")


def test_nothing_is_published_for_a_material_that_is_not_in_the_table() -> None:
    error = refused("missing-parameter", CFF, lot(Material("nickel", 1.0)), "R2=0.5", "R3=0", "Ed=0")
    assert error.value == "nickel.A, nickel.ErecEoL, nickel.EvStar, nickel.Qsout"


@pytest.mark.parametrize(("name", "missing"), [
    (CFF, "steel.Ev, steel.Erec, steel.R2, steel.ErecEoL, steel.EvStar, steel.R3, steel.EER, steel.LHV, "
          "steel.XERheat, steel.ESEheat, steel.XERelec, steel.ESEelec, steel.Ed"),
    (EOL, "steel.RR, steel.Y, steel.Xpr, steel.Xre"),
    (MODULE_D, "steel.MMRout, steel.EMR, steel.EVMSub, steel.Q"),
    (CYCLE, "steel.R, steel.Xpr, steel.Xre"),
    (LIFE, "r, new, reman"),
], ids=lambda one: one if one.endswith("/1") else "")
def test_a_method_of_which_nothing_is_given(name: str, missing: str) -> None:
    assert refused("missing-parameter", name, STEEL).rule == "; ".join(
        f"{one}: {about.meaning} ({about.unit}, {about.range})"
        for one in missing.split(", ")
        for about in method_named(name).parameters if about.name == one.rpartition(".")[2]
    )


def test_a_first_life_says_nothing_of_remanufacturing() -> None:
    assert refused("missing-parameter", LIFE, lot(lives=(900.0,)), "r=0.5").value == "reman"


def test_a_lot_of_no_known_material() -> None:
    error = refused("no-materials", EOL, lot(), *GIVEN)
    assert (error.field, error.value) == ("method", EOL)


# ---- what is given wrong


def test_an_unknown_method_lists_all() -> None:
    error = refused("unknown-method", "cut-off/2", STEEL)
    assert (error.field, error.value) == ("method", "cut-off/2")
    assert error.rule == f"one of: {METHOD}, {CFF}, {EOL}, {MODULE_D}, {CYCLE}, {LIFE}"


@pytest.mark.parametrize("target", ["RX", "steel.RX", "rr", "", "steel."])
def test_an_unknown_parameter_lists_those_of_the_method(target: str) -> None:
    error = refused("unknown-parameter", EOL, STEEL, *GIVEN, f"{target}=1")
    assert (error.field, error.value, error.rule) == ("parameter", target, "one of: RR Y S Xpr Xre")


def test_cut_off_takes_no_parameters() -> None:
    error = refused("unknown-parameter", METHOD, STEEL, "R2=0.9")
    assert (error.field, error.value, error.rule) == ("parameter", "R2", "cut-off/1 takes no parameters")


@pytest.mark.parametrize("target", ["zinc.RR", ".RR", "Steel.RR"])
def test_a_material_that_the_lot_does_not_hold(target: str) -> None:
    error = refused("unknown-material", EOL, STEEL, *GIVEN, f"{target}=0")
    assert (error.field, error.value, error.rule) == ("parameter", target, "one of: steel")


def test_a_material_where_the_lot_has_none() -> None:
    assert refused("unknown-material", EOL, lot(), "steel.RR=0").rule == "no materials of this lot are known"


def test_a_material_where_the_method_takes_the_lot_as_it_is() -> None:
    error = refused("unknown-parameter", LIFE, STEEL, "steel.r=0.5")
    assert (error.field, error.value, error.rule) == ("parameter", "steel.r", "NAME=VALUE")


@pytest.mark.parametrize("text", [
    "", "nine", "NaN", "Infinity", "1e-3", "1_0", "+1", ".5", "5.", "0,5", " 1", "1\n", "1=1", "01", "-", "--1", "0x1",
    "1" * 16, "0." + "1" * 16, "１",
])
def test_what_is_no_number(text: str) -> None:
    error = refused("invalid-parameter", CYCLE, STEEL, f"Xpr={text}")
    assert (error.field, error.value) == ("parameter", f"Xpr={text}")
    assert error.rule == "a decimal number such as 0.85, without exponent"


@pytest.mark.parametrize("name", ["RR", "steel.RR"])
def test_a_parameter_without_a_value(name: str) -> None:
    error = refused("invalid-parameter", EOL, STEEL, name)
    assert (error.field, error.value) == ("parameter", name)
    assert (error.rule or "").startswith("NAME=VALUE")


@pytest.mark.parametrize(("name", "good", "bad", "words"), [
    (EOL, "RR=1", "RR=1.001", "at least 0 and at most 1"), (EOL, "RR=0", "RR=-0.001", "at least 0 and at most 1"),
    (EOL, "Y=0.001", "Y=0", "above 0 and at most 1"), (EOL, "Y=1", "Y=1.001", "above 0 and at most 1"),
    (EOL, "S=1.2", "S=-0.001", "at least 0"),
    (CYCLE, "R=0.999", "R=1", "at least 0 and below 1"), (CYCLE, "n=1", "n=0", "whole, at least 1 and at most 1000"),
    (CYCLE, "n=1000", "n=1001", "whole, at least 1 and at most 1000"),
    (CYCLE, "n=2.0", "n=2.5", "whole, at least 1 and at most 1000"),
    (CFF, "Qsin=0.1", "Qsin=0", "above 0 and at most 1"), (CFF, "LHV=0", "LHV=-1", "at least 0"),
    (MODULE_D, "Q=1", "Q=1.5", "above 0 and at most 1"), (LIFE, "r=1", "r=1.1", "at least 0 and at most 1"),
])
def test_a_value_out_of_range(name: str, good: str, bad: str, words: str) -> None:
    error = refused("invalid-parameter", name, STEEL, bad)
    assert (error.field, error.value) == ("parameter", bad)
    assert (error.rule or "").startswith(f"{words}: ")
    # The case just within the range goes on, to what is missing beside it.
    refused("missing-parameter", name, STEEL, good)


def test_a_parameter_is_given_once() -> None:
    error = refused("invalid-parameter", EOL, STEEL, *GIVEN, "RR=0.8")
    assert (error.field, error.value, error.rule) == ("parameter", "RR=0.8", "each parameter is given at most once")
    assert by(EOL, STEEL, *GIVEN, "steel.RR=0.8").parameters[0].value == "0.8"


def test_parts_of_the_end_of_life_are_at_most_the_whole() -> None:
    asked = ("A=1", "Ed=0", "B=1")
    error = refused("invalid-parameter", CFF, STEEL, *asked, "R2=0.9", "steel.R3=0.2")
    assert (error.field, error.value, error.rule) == ("parameter", "R2=0.9 R3=0.2", "R2 + R3 at most 1")
    assert by(CFF, STEEL, *asked, "R2=0.9", "R3=0.1").total == 1800.0


# ---- sets of potentials


def test_sets_of_potentials_by_name() -> None:
    assert (gases_named("AR6"), gases_named("AR5")) == (AR6, AR5)
    with pytest.raises(InvalidInput) as caught:
        gases_named("ar6")
    error = caught.value
    assert (error.code, error.field, error.value, error.rule) == ("unknown-gwp", "gwp", "ar6", "one of: AR6, AR5")


# ---- the catalogue and the table


def test_conditions_name_parameters_of_their_method() -> None:
    for method in METHODS:
        names = {one.name for one in method.parameters}
        assert len(names) == len(method.parameters)
        for one in method.parameters:
            for condition in one.unless:
                left, _, right = condition.partition(" = ")
                assert set(left.split(" ")) - {"+", "-"} <= names - {one.name}, (method.name, one.name)
                assert Decimal(right) in (0, 1)
            assert one.follows is None or one.follows in names
            assert (one.ledger is None) == (one.name not in LEDGER)


def test_methods_are_versioned_and_say_where_their_credit_lies() -> None:
    assert [one.name for one in METHODS if not one.name.endswith("/1") or not one.credit or not one.source] == []
    assert len({one.name for one in METHODS}) == len(METHODS)


def test_the_catalogue_goes_over_the_wire() -> None:
    told = msgspec.json.decode(msgspec.json.encode(method_named(CYCLE)))
    assert told["of"] == "material"
    assert told["parameters"][-1] == {
        "name": "n", "unit": "1", "meaning": "number of uses; endless if omitted", "low": "1",
        "high": "1000", "whole": True, "optional": True,
    }


def test_a_result_goes_over_the_wire() -> None:
    told = msgspec.json.decode(msgspec.json.encode(by(EOL, STEEL, *GIVEN)))
    assert told["totalPerUnit"] == told["total"] == pytest.approx(1095.0, rel=1e-12)
    assert told["terms"][0] == {"name": "cutOff", "amount": 1800.0, "what": "the figure by cut-off"}
    assert told["parameters"][0] == {
        "name": "RR", "value": "0.9", "unit": "kg/kg", "source": "given", "material": "steel",
    }
    assert "beside" not in told


def test_documents_hold_every_method_and_parameter() -> None:
    text = markdown(METHODS)
    for method in METHODS:
        assert f"### `{method.name}`: {method.title}" in text
        assert f"Credit: {method.credit}" in text
        for one in method.parameters:
            assert f"| `{one.name}` | {one.unit} | {one.range} | {one.meaning} |" in text
    assert "| not needed if | source |" in text
    assert "| R2 = 0 or A = 1 | given |" in text


def test_the_table_is_in_order() -> None:
    listed = {one.name: one for method in METHODS for one in method.parameters if one.published}
    for row in TABLE:
        assert tuple(row) == COLUMNS
        about: Parameter = listed[row["name"]]
        assert Decimal(about.low or 0) <= Decimal(row["value"]) <= Decimal(about.high or 1)
        assert row["status"] in STATUSES
        assert row["source"]
        assert 2000 < int(row["year"]) < 2100
    assert (len(PUBLISHED), {row["name"] for row in TABLE}) == (len(TABLE), set(listed))


def test_the_table_is_beside_its_module() -> None:
    assert files("ledger.footprint.derived.methods").joinpath("published.csv").is_file()


@pytest.mark.parametrize(("fractions", "field"), [
    (("1.01",), "calcium_oxide"), (("-0.01",), "calcium_oxide"), (("0.65", "1.01"), "from_carbonate"),
    (("0.65", "1", "0.99"), "dust"),
])
def test_calcination_of_what_cannot_be(fractions: tuple[str, ...], field: str) -> None:
    error = raised(PluginError, calcination, *map(Decimal, fractions))
    assert (error.code, error.field) == ("invalid-fraction", field)


def test_calcination_counts_what_came_as_carbonate() -> None:
    """0.5603 kg of CaO are a kg of CaCO3, half of it: 0.219855 kg of CO2."""
    assert calcination(Decimal("0.5603"), Decimal("0.5")) == Decimal("0.219855")
