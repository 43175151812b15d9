"""Numbers, instants, units and quantities as people type them: the certain readings, the ambiguous, the unreadable."""

from decimal import Decimal

import pytest

from ledger.core.record.readings import read_instant, read_number, read_quantity
from ledger.core.record.unit_names import nearest_units, read_unit
from ledger.core.record.units import UNITS


@pytest.mark.parametrize(("given", "value"), [
    ("5,9", "5.9"), ("1.234,5", "1234.5"), ("1,234.5", "1234.5"), ("1.234.567", "1234567"), ("1,234,567", "1234567"),
    ("1 234,5", "1234.5"), ("1\u202f234,5", "1234.5"), ("1'234.50", "1234.5"), ("0,590", "0.59"), ("0.50", "0.5"),
    ("+5", "5"), (".5", "0.5"), ("5.", "5"), ("007", "7"), ("-0", "0"), ("\u22125", "-5"), ("１２", "12"),
    ("1e3", "1000"), ("45 %", "0.45"), (" 5 ", "5"), (5, "5"), (5.9, "5.9"), (Decimal("0.30"), "0.3"),
    (Decimal("1E+3"), "1000"),
])
def test_certain_numbers(given: object, value: str) -> None:
    reading = read_number(given)
    assert (reading.values, reading.certain) == ((value,), True)


@pytest.mark.parametrize(("given", "readings"), [
    ("1,234", ("1.234", "1234")), ("12,345", ("12.345", "12345")), ("-1,500", ("-1.5", "-1500")),
    ("1,234 %", ("0.01234", "12.34")),
])
def test_a_comma_before_three_digits_is_never_guessed(given: str, readings: tuple[str, ...]) -> None:
    reading = read_number(given)
    assert (reading.values, reading.certain) == (readings, False)


@pytest.mark.parametrize(("given", "readings"), [
    ("3.100", ("3.1", "3100")), ("96.400", ("96.4", "96400")), ("-1.500", ("-1.5", "-1500")),
    ("8.200 %", ("0.082", "82")),
])
def test_a_point_before_three_digits_that_end_in_zero_is_never_guessed(given: str, readings: tuple[str, ...]) -> None:
    """German bills write three thousand as 3.100; no record spells 3.1 so."""
    reading = read_number(given)
    assert (reading.values, reading.certain) == (readings, False)


@pytest.mark.parametrize(("given", "value"), [("0.500", "0.5"), ("1234.500", "1234.5"), (Decimal("3.100"), "3.1")])
def test_such_a_point_is_certain_where_no_thousands_can_be_meant(given: object, value: str) -> None:
    assert read_number(given) == ((value,), True, "")


@pytest.mark.parametrize("given", [
    "", " ", "x", "12,345,6", "1.234.56", "1_0", "NaN", "Infinity", "1e999", "5 kg", True, None, [], {},
    "9" * 100, "١٢", "10³", "10⁻³", "³", "5₂", "①5", "5⑩", "5½", "10³ %", "5%%", "5 % %", "％5%", "%",
])
def test_no_number(given: object) -> None:
    assert read_number(given).values == ()


@pytest.mark.parametrize(("given", "value"), [
    ("2026-02-01T08:00:00+01:00", "2026-02-01T07:00:00Z"), ("2026-02-01 08:00Z", "2026-02-01T08:00:00Z"),
    ("2026-02-01T08:00:00.000Z", "2026-02-01T08:00:00Z"), ("2026-01-01T00:30:00+05:30", "2025-12-31T19:00:00Z"),
])
def test_certain_instants(given: str, value: str) -> None:
    reading = read_instant(given)
    assert (reading.values, reading.certain) == ((value,), True)


@pytest.mark.parametrize(("given", "field", "values"), [
    ("2026-02-01", "start", ("2026-02-01T00:00:00Z",)), ("2026-01-31", "end", ("2026-02-01T00:00:00Z",)),
    ("2026-12-31", "validUntil", ("2027-01-01T00:00:00Z",)), ("01.02.2026", "time", ("2026-02-01T00:00:00Z",)),
    ("2026/02/01", "time", ("2026-02-01T00:00:00Z",)), ("20260201", "time", ("2026-02-01T00:00:00Z",)),
    ("02/01/2026", "time", ("2026-01-02T00:00:00Z", "2026-02-01T00:00:00Z")),
    ("13/01/2026", "time", ("2026-01-13T00:00:00Z",)), ("2026-02-01T08:00:00", "time", ("2026-02-01T08:00:00Z",)),
    ("2026-02-01T08:00:00.5Z", "time", ("2026-02-01T08:00:00Z",)),
])
def test_instants_that_are_proposed_and_never_applied(given: str, field: str, values: tuple[str, ...]) -> None:
    reading = read_instant(given, field)
    assert (reading.values, reading.certain) == (values, False)


@pytest.mark.parametrize("given", ["", "x", "2026-02", "2026-02-30", "31.02.2026", 2026, None,
                                   "0001-01-01T00:00:00+14:00", "9999-12-31"])
def test_no_instant(given: object) -> None:
    assert read_instant(given, "end").values == ()


@pytest.mark.parametrize(("given", "codes"), [
    ("kWh", ("KWH",)), ("t", ("TNE",)), ("Mg", ("TNE",)), ("mg", ("MGM",)), ("MG", ("MGM", "TNE")), ("m³", ("MTQ",)),
    ("Nm3", ("NM3",)), ("l", ("LTR",)), ("hl", ("HLT",)), ("GJ", ("GV",)), ("stk", ("H87",)), ("Stück", ("H87",)),
    ("short tons", ("STN",)), ("ton", ("TNE", "STN", "LTN")), ("gallon", ("GLL", "GLI")), ("barrel", ("BLL", "HLT")),
    ("kgm", ("KGM",)), ("吨", ("TNE",)), ("xyz", ()), ("MIL", ("MIL",)), ("MMT", ("MMT",)), ("st", ("H87", "STN")),
    ("Tonnen", ("TNE",)), ("Kilowattstunden", ("KWH",)), ("qm", ("MTK",)), ("Std.", ("HUR",)), ("Stck.", ("H87",)),
    ("Normkubikmeter", ("NM3",)), ("Kubikfuß", ("FTQ",)), ("Unze", ("ONZ", "APZ")), ("千米", ("KMT",)),
    ("St.", ("H87", "STN")), ("MT", ("TNE", "MTR")), ("mt", ("TNE", "MTR")), ("Mt", ("TNE", "MTR")),
])
def test_units(given: str, codes: tuple[str, ...]) -> None:
    assert read_unit(given).codes == codes


@pytest.mark.parametrize(("given", "told"), [
    ("Sm3", "no exact value"), ("scf", "no exact value"), ("toe", "41.868 GJ"), ("MMBtu", "1000000 BTU"),
    ("kW", "power"), ("ML", "1000 MTQ"), ("Ml", "1000 MTQ"), ("quintal", "differs by country"), ("Quintals", "DTN"),
    ("Pfund", "500 GRM"), ("Zentner", "Austria"), ("t SKE", "29.3076 GJ"), ("rm", "weigh it"),
    ("Schüttraummeter", "weigh it"), ("Fm", "1 MTQ of solid wood"),
    ("mil", "thousand"), ("Mil.", "thousand"), ("mmt", "1000 KTN"), ("MMt", "1000 KTN"), ("MM", "millimetre"),
])
def test_units_without_a_code(given: str, told: str) -> None:
    reading = read_unit(given)
    assert reading.codes == ()
    assert told in reading.note


@pytest.mark.parametrize("given", ["kilowat", "tonn", "xyz", ""])
def test_the_nearest_units_are_three_codes(given: str) -> None:
    near = nearest_units(given)
    assert len(near) == len(set(near)) == 3
    assert set(near) <= set(UNITS)


def test_every_name_stands_for_known_units() -> None:
    for code in UNITS:
        assert read_unit(code).codes == (code,)
        # A thousand and a millimetre share their letters with a million and with a million tonnes.
        assert read_unit(code.lower()).codes == (() if code in ("MIL", "MMT") else (code,)), code


@pytest.mark.parametrize("given", ["kWh", "kwh", "t", "Mg", "mg", "ml", "mL", "m³", "Nm³", "mm", "dt", "short tons",
                                   "Stück", "吨", "KGM", "3B", "TNE"])
def test_names_in_their_case_and_codes_are_certain(given: str) -> None:
    assert read_unit(given).certain


@pytest.mark.parametrize("given", ["kgm", "KG", "GJ", "MJ", "KJ", "T", "mj", "MG", "ML", "Ml", "MM", "ton", "st", "mt",
                                   "MT", "mil", "MIL", "mmt", "MMT", "quintal", "m2h", "xyz", ""])
def test_other_case_and_shared_letters_are_never_certain(given: str) -> None:
    """`GJ` is a code of Recommendation 20: gram per millilitre."""
    assert not read_unit(given).certain


def test_a_name_with_a_meaning_that_has_no_code_says_so_beside_its_codes() -> None:
    assert "6.35029318 KGM" in read_unit("st").note
    assert "1000 KTN" in read_unit("Mt").note


@pytest.mark.parametrize(("given", "values", "certain"), [
    ("110 t", ({"value": "110", "unit": "TNE"},), True), ("5,9kWh", ({"value": "5.9", "unit": "KWH"},), True),
    ("1,234 kg", ({"value": "1.234", "unit": "KGM"}, {"value": "1234", "unit": "KGM"}), False),
    ("7 gal", ({"value": "7", "unit": "GLL"}, {"value": "7", "unit": "GLI"}), False), ("7", ({"value": "7"},), False),
    (7, ({"value": "7"},), False), ("x", (), False), (None, (), False),
    ("5 GJ", ({"value": "5", "unit": "GV"},), False), ("5 KGM", ({"value": "5", "unit": "KGM"},), True),
    ("5 MIL", ({"value": "5", "unit": "MIL"},), False), ("5 T", ({"value": "5", "unit": "TNE"},), False),
    ("5 m³", ({"value": "5", "unit": "MTQ"},), True), ("5㎥", ({"value": "5", "unit": "MTQ"},), True),
    ("5 ml", ({"value": "5", "unit": "MLT"},), True), ("5 ML", (), False), ("5 Ml", (), False),
    ("5 quintal", (), False), ("5 mil", (), False), ("5 mmt", (), False), ("10³ kg", (), False), ("10³kg", (), False),
    ("10⁻³ kg", (), False), ("5⑩ kg", (), False), ("5½ kg", (), False), ("5%%", (), False),
    ("5 st", ({"value": "5", "unit": "H87"}, {"value": "5", "unit": "STN"}), False),
    ("5 mt", ({"value": "5", "unit": "TNE"}, {"value": "5", "unit": "MTR"}), False),
    (f"5{' ' * 62}t/h", (), False),
])
def test_quantities(given: object, values: tuple[dict[str, str], ...], certain: bool) -> None:
    reading = read_quantity(given)
    assert (reading.values, reading.certain) == (values, certain)
