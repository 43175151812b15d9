import base64
import json
import typing
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.core.record import canonical, values
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import (
    Amendment,
    Consumption,
    Declaration,
    KeyChange,
    Organization,
    Product,
    Transformation,
)
from ledger.core.record.values import (
    MAX_FLOWS,
    RULES,
    Base64,
    Country,
    Currency,
    Deviation,
    Factor,
    FactorRowName,
    Flow,
    Fraction,
    Id,
    Instant,
    Key,
    Name,
    Nonce,
    Output,
    Positive,
    Process,
    Quantity,
    Sha256,
    Signed,
    Subdivision,
    UnitCode,
)
from ledger.errors import InvalidBody

NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
LARGEST = "999999999999999.999999999"
# No spelling of any type: what parsers for numbers and dates let through, and what `$` in a pattern would.
NEVER_A_NUMBER = (
    "", " ", "-", ".", "NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "1E5", "1e5", "1E+5", "1_0", "0x1", "+1",
    "00", "01", "1.", ".5", "1.0", "1.10", "0.0", "1,5", "1 ", " 1", "1\n", "\n1", "1\r", "1\u2028", "1\x00", "--1",
    "-0", "-0.0", "-00", "1.1.1", "٣", "１", "1٣", "²", "½", "1000000000000000", "1.1234567891", "1/2", "1%",
)
SPELLINGS: dict[str, tuple[Any, tuple[str, ...], tuple[str, ...]]] = {
    "positive": (
        Positive,
        ("1", "10", "1.5", "0.000000001", "0.1", "100", "1.000000001", LARGEST, "999999999999999"),
        ("0", "-1", "-0.5", "0.000000000", "0.0000000001", *NEVER_A_NUMBER),
    ),
    "signed": (
        Signed,
        ("0", "1", "-1", "-0.000000001", "0.5", LARGEST, f"-{LARGEST}"),
        ("-1000000000000000", "-1.10", "-01", "- 1", "\u22121", *NEVER_A_NUMBER),
    ),
    "fraction": (
        Fraction,
        ("0", "1", "0.5", "0.000000001", "0.999999999"),
        ("2", "1.000000001", "-1", "-0.5", "0.10", "10", "0.9999999999", *NEVER_A_NUMBER),
    ),
    "deviation": (
        Deviation,
        ("1", "1.5", "1.000000001", "2", "10", "999", "999.999999999"),
        ("0", "0.9", "0.999999999", "-1", "-1.5", "1000", "1000.5", "1.50", "1.0000000001", *NEVER_A_NUMBER),
    ),
    "identifier": (
        Id,
        ("a", "urn:example:mill:1", "!~", "x" * 255),
        ("", " ", "a b", "a\n", "\na", "a\x00", "\x00", "a\x7f", "a\t", "é", "а", "x" * 256, "a\u200b"),
    ),
    "sha256": (
        Sha256,
        ("0" * 64, "0123456789abcdef" * 4),
        ("", "0" * 63, "0" * 65, "A" * 64, "g" * 64, "0" * 64 + "\n", "0" * 63 + "\n", "٠" * 64, "0x" + "0" * 62),
    ),
    "base64": (
        Base64,
        ("", "AA==", "AQ==", "AAA=", "AAE=", "AAAA", "+/+/", "A" * 4096),
        ("A", "AA", "AAA", "AB==", "AAB=", "A===", "AAAA\n", "AA==\n", "AA\n==", "AA-_", "AA==AAAA", "====", "A" * 4100,
         "AAAA====", " AAAA"),
    ),
    "nonce": (
        Nonce,
        (NONCE, "-_-_-_-_-_-_-_-_-_-_-w"),
        ("", NONCE[:-1], NONCE + "A", NONCE + "==", NONCE[:-1] + "B", NONCE[:-1] + "+", NONCE[:-1] + "\n",
         NONCE + "\n"),
    ),
    "instant": (
        Instant,
        ("2024-01-01T00:00:00Z", "2024-12-31T23:59:59Z", "0001-01-01T00:00:00Z"),
        ("", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00z",
         "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00.0Z", "2024-00-01T00:00:00Z", "2024-13-01T00:00:00Z",
         "2024-01-00T00:00:00Z", "2024-01-32T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
         "2024-01-01T00:00:60Z", "2024-1-1T00:00:00Z", "2024-01-01T00:00:00Z\n", "٢٠٢٤-01-01T00:00:00Z"),
    ),
    "unit": (UnitCode, ("KGM", "3B", "H87", "EA"), ("", "K", "kgm", "KGMM", "K M", "KGM\n", "KG\n", "ＫGM", "K-M")),
    "currency": (Currency, ("CNY", "EUR"), ("", "CN", "CNYX", "cny", "CN1", "CNY\n", "CN\n")),
    "country": (Country, ("CN", "DE"), ("", "C", "CHN", "cn", "C1", "CN\n", "C\n")),
    "subdivision": (
        Subdivision,
        ("CN-JS", "DE-BY", "FR-75", "GB-ENG", "FR-A"),
        ("", "CN", "CN-", "CNJS", "cn-JS", "CN-js", "CN-JIANG", "CN-JS\n", "C-JS"),
    ),
    "process": (
        Process,
        ("steel.electricArcFurnace", "a.b", "waste-use.x1"),
        ("", "steel", "steel.", ".x", "Steel.x", "steel.X", "steel.x.y", "1steel.x", "steel_x.y", "steel.x-y",
         "steel.x\n", "stéel.x", "s." + "x" * 126),
    ),
    "key": (
        Key,
        ("a", "CO2e", "HFC134a", "x:y_z.1+2-3", "k" * 64),
        ("", "1a", "_a", "a b", "a\n", "é", "k" * 65, "-a", "a/b"),
    ),
    "factor row": (
        FactorRowName,
        ("factors-open:portlandCement/cradleToGate/CN/2023", "a:b/c/*/1999", "own2:x1/residual/CN-GRID-North/2024"),
        ("", "portlandCement/cradleToGate/CN/2023", "A:b/c/*/1999", "a:b/c/*", "a:b/c/*/99", "a:1b/c/*/1999",
         "a:b/c/**/1999", "a:b/c/*/1999\n", "a:b/c d/*/1999", "a:b:c/d/*/1999"),
    ),
    "name": (Name, ("x", " ", "钢", "x" * 255), ("", "x" * 256)),
}
TYPES = {name: kind for name, (kind, _, _) in SPELLINGS.items()}


REFUSED = object()


def decoded(name: str, value: object) -> object:
    try:
        return msgspec.json.decode(json.dumps(value), type=TYPES[name])
    except msgspec.ValidationError:
        return REFUSED


def test_spellings() -> None:
    """Each type takes its spellings as they are, and no other text, nor what is no text."""
    for name, (_, accepted, refused) in SPELLINGS.items():
        others = [1, 1.5, True, None, [], {}] if name != "name" else []
        assert [text for text in accepted if decoded(name, text) != text] == [], name
        assert [value for value in (*refused, *others) if decoded(name, value) is not REFUSED] == [], name


@given(st.integers(min_value=-(10**24) + 1, max_value=10**24 - 1))
def test_every_number_has_one_spelling(grains: int) -> None:
    """Of all ways to write a multiple of 10^-9, the patterns take the one without needless characters."""
    number = Decimal(grains).scaleb(-9)
    text = f"{number:f}".rstrip("0").rstrip(".") if grains else "0"
    assert msgspec.json.decode(json.dumps(text), type=Signed) == text
    for other in (f"+{text}", f"{text}.0", f"0{text}", f"{text}0" if "." in text else f"{text}.00", f"{number:E}"):
        if other != text:
            raised(msgspec.ValidationError, msgspec.json.decode, json.dumps(other), type=Signed)
    if grains > 0:
        assert Quantity(value=text, unit="KGM").amount == number


@given(st.binary(max_size=100))
def test_base64_takes_what_the_encoder_writes(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert msgspec.json.decode(json.dumps(text), type=Base64) == text


@given(st.from_regex(r"[A-Za-z0-9+/]{0,12}={0,2}", fullmatch=True))
def test_base64_has_one_spelling(text: str) -> None:
    """Four spellings that differ in unused bits decode to one key; only one of them is admitted."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        decoded = None
    canonical_spelling = decoded is not None and base64.b64encode(decoded).decode() == text
    try:
        msgspec.json.decode(json.dumps(text), type=Base64)
    except msgspec.ValidationError:
        assert not canonical_spelling
    else:
        assert canonical_spelling


def _pattern_of(kind: Any) -> str | None:
    return next(meta.pattern for meta in typing.get_args(kind)[1:])


def test_every_pattern_has_its_rule_in_words() -> None:
    patterns = {_pattern_of(kind) for kind in TYPES.values()} - {None}
    assert patterns == set(RULES)
    assert all(pattern is not None and pattern.startswith("^") for pattern in patterns)


def product(**changes: Any) -> dict[str, Any]:
    return {"type": "product", "issuer": "urn:example:mill", "nonce": NONCE, "id": "urn:example:mill:steel",
            "sector": "steel", "unit": "TNE", **changes}


def transformation(**changes: Any) -> dict[str, Any]:
    return {"type": "transformation", "issuer": "urn:example:mill", "nonce": NONCE, "facility": "urn:example:mill:site",
            "start": "2024-01-01T00:00:00Z", "end": "2024-01-02T00:00:00Z", "process": "steel.eaf", "outputs": [],
            "activity": {}, **changes}


def body(tree: Any) -> bytes:
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def refusal(tree: Any) -> InvalidBody:
    return raised(InvalidBody, decode_record, body(tree))


def test_a_record_reads_back() -> None:
    record = decode_record(body(product(massPerUnit={"value": "1", "unit": "TNE"}, names={"zh": "钢"})))
    assert isinstance(record, Product)
    assert (record.unit, record.names, str(record.mass_per_unit)) == ("TNE", {"zh": "钢"}, "1 TNE")
    assert canonical.encode(record) == body(product(massPerUnit={"value": "1", "unit": "TNE"}, names={"zh": "钢"}))


@pytest.mark.parametrize(
    ("change", "field", "value", "rule"),
    [
        ({"unit": "tne"}, "$.unit", "tne", "UN/ECE Recommendation 20"),
        ({"unit": "TN\n"}, "$.unit", "TN\n", "UN/ECE Recommendation 20"),
        ({"id": "urn:example:mill steel"}, "$.id", "urn:example:mill steel", "without spaces"),
        ({"id": "x" * 256}, "$.id", "x" * 200, "length <= 255"),
        ({"id": ""}, "$.id", "", "1 to 255"),
        ({"nonce": "AAAA"}, "$.nonce", "AAAA", "16 random bytes"),
        ({"massPerUnit": {"value": "1E5", "unit": "TNE"}}, "$.massPerUnit.value", "1E5", "no exponent"),
        ({"massPerUnit": {"value": "NaN", "unit": "TNE"}}, "$.massPerUnit.value", "NaN", "above zero"),
        ({"massPerUnit": {"value": "0", "unit": "TNE"}}, "$.massPerUnit.value", "0", "above zero"),
        ({"massPerUnit": {"value": "-1", "unit": "TNE"}}, "$.massPerUnit.value", "-1", "above zero"),
        ({"massPerUnit": {"value": "1.0123456789", "unit": "TNE"}}, "$.massPerUnit.value", "1.0123456789",
         "9 decimals"),
        ({"massPerUnit": {"value": "1000000000000000", "unit": "TNE"}}, "$.massPerUnit.value", "1000000000000000",
         "below 10^15"),
        ({"fossilCarbon": "1.1"}, "$.fossilCarbon", "1.1", "from 0 to 1"),
        ({"materials": {"iron": "0.9", "carbon": "1.5"}}, "$.materials.carbon", "1.5", "from 0 to 1"),
        ({"materials": {"iron": "0.9", "2nd": "0.1"}}, "$.materials", "2nd", "starts with a letter"),
        ({"materials": {"k" * 65: "0.1"}}, "$.materials", "k" * 65, "length <= 64"),
        ({"materials": {"iron": "0.9", "lead": 1}}, "$.materials.lead", "1", "Expected `str`"),
        ({"names": {"en": "steel", "zh": ""}}, "$.names.zh", "", "length >= 1"),
        ({"names": {"en": "x" * 256}}, "$.names.en", "x" * 200, "length <= 255"),
        ({"names": {"en": "steel", "fr": "acier"}}, "$.names", "fr", "fr"),
        ({"classifications": {"sitc": "1"}}, "$.classifications", "sitc", "sitc"),
        ({"unit": 3}, "$.unit", "3", "Expected `str`"),
        ({"type": "produkt"}, "$.type", "produkt", "produkt"),
        ({"type": 1}, "$.type", "1", "Expected `str`"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], field: str, value: str, rule: str) -> None:
    error = refusal(product(**change))
    assert (error.code, error.field) == ("invalid-field", field)
    assert (error.value or "").startswith(value)
    assert error.rule is not None
    assert rule in error.rule
    # A pattern is for machines: its rule is said in words.
    assert "(?" not in error.message
    assert repr(value)[1:-1][:190] in error.message


def test_errors_inside_lists_name_their_place() -> None:
    flows = [{"lot": f"urn:example:mill:{i}", "quantity": {"value": "1", "unit": "KGM"}} for i in range(3)]
    flows[2]["quantity"] = {"value": "1_0", "unit": "KGM"}
    error = refusal(transformation(inputs=flows))
    assert (error.code, error.field, error.value) == ("invalid-field", "$.inputs[2].quantity.value", "1_0")
    assert "'1_0'" in error.message


@pytest.mark.parametrize(
    ("tree", "field", "value"),
    [
        (product(colour="red"), "$.colour", "red"),
        (product(massPerUnit={"value": "1", "unit": "TNE", "tolerance": "0.1"}), "$.massPerUnit.tolerance", "0.1"),
        (product(mass_per_unit={"value": "1", "unit": "TNE"}), "$.mass_per_unit", None),
        (transformation(outputs=[{"lot": "a:b", "product": "a:p", "quantity": {"value": "1", "unit": "TNE"},
                                  "role": "product", "holder": "a:x"}]), "$.outputs[0].holder", "a:x"),
    ],
)
def test_unknown_fields(tree: dict[str, Any], field: str, value: str | None) -> None:
    error = refusal(tree)
    assert (error.code, error.field) == ("unknown-field", field)
    assert value is None or error.value == value
    assert field.rpartition(".")[2] in error.message


@pytest.mark.parametrize("missing", ["type", "issuer", "nonce", "id", "sector", "unit"])
def test_missing_fields(missing: str) -> None:
    error = refusal({name: value for name, value in product().items() if name != missing})
    assert (error.code, error.field) == ("missing-field", f"$.{missing}")
    assert f"`{missing}`" in error.message


def test_null_is_no_way_to_leave_a_field_out() -> None:
    error = refusal(product(massPerUnit=None))
    assert (error.code, error.field, error.value) == ("null", "$.massPerUnit", "null")


@pytest.mark.parametrize("tree", [[], "product", 3, [product()], True])
def test_a_record_is_an_object(tree: object) -> None:
    assert refusal(tree).code == "not-an-object"


def test_defaults_are_left_out_of_what_we_write() -> None:
    plain = product()
    record = Product(issuer=plain["issuer"], nonce=NONCE, id=plain["id"], sector="steel", unit="TNE", names={},
                     materials={}, fossil_carbon=None, mass_per_unit=None)
    assert (canonical.encode(record), decode_record(body(plain))) == (body(plain), record)


def test_a_stated_zero_is_another_record_than_nothing_stated() -> None:
    stated = decode_record(body(product(fossilCarbon="0")))
    assert isinstance(stated, Product)
    assert stated.fossil_carbon == "0"
    assert stated != decode_record(body(product()))


def _flow(number: int) -> Flow:
    return Flow(lot=f"urn:example:mill:{number}", quantity=Quantity(value="1", unit="KGM"))


def _output(number: int) -> Output:
    return Output(lot=f"urn:example:mill:{number}", product="urn:example:mill:p",
                  quantity=Quantity(value="1", unit="KGM"), role="product")


@pytest.mark.parametrize("field", ["inputs", "outputs"])
def test_a_thousand_flows_and_no_more(field: str) -> None:
    one = _flow if field == "inputs" else _output
    flows = msgspec.to_builtins([one(i) for i in range(MAX_FLOWS)])
    record = decode_record(body(transformation(**{field: flows})))
    assert isinstance(record, Transformation)
    assert len(getattr(record, field)) == 1000
    error = refusal(transformation(**{field: [*flows, msgspec.to_builtins(one(MAX_FLOWS))]}))
    assert (error.code, error.field) == ("invalid-field", f"$.{field}")
    assert "1000" in error.message
    # The message names the value, and does not repeat a thousand flows.
    assert len(error.message) < 500


def test_other_lists_have_bounds() -> None:
    consumption = {"type": "consumption", "issuer": "a:b", "nonce": NONCE, "time": "2024-01-01T00:00:00Z",
                   "purpose": "loss", "inputs": [msgspec.to_builtins(_flow(0))]}
    assert isinstance(decode_record(body(consumption)), Consumption)
    assert refusal({**consumption, "inputs": []}).field == "$.inputs"
    key = {"spki": "AAAA", "proof": "AAAA"}
    organization = {"type": "organization", "issuer": "a:b", "nonce": NONCE, "id": "a:b", "keys": [key] * 16}
    assert isinstance(decode_record(body(organization)), Organization)
    assert refusal({**organization, "keys": []}).field == "$.keys"
    assert refusal({**organization, "keys": [key] * 17}).field == "$.keys"
    assert refusal({**organization, "prefixes": ["a:b:"] * 65}).field == "$.prefixes"
    change = {"type": "keyChange", "issuer": "a:b", "nonce": NONCE, "organization": "a:b"}
    assert isinstance(decode_record(body({**change, "revoked": ["0" * 64] * 16})), KeyChange)
    assert refusal({**change, "revoked": ["0" * 64] * 17}).field == "$.revoked"


POOL = {"type": "pool", "issuer": "a:b", "nonce": NONCE, "id": "a:p", "facility": "a:s", "product": "a:g"}
CLOSING = {"type": "closing", "issuer": "a:b", "nonce": NONCE, "facility": "a:s", "start": "2024-01-01T00:00:00Z",
           "end": "2024-02-01T00:00:00Z"}
ATTESTATION = {"type": "attestation", "issuer": "a:b", "nonce": NONCE, "subject": {"kind": "lot", "id": "a:1"},
               "standard": "ISO 14064-3", "level": "limited", "opinion": "qualified", "start": "2024-01-01T00:00:00Z",
               "end": "2024-02-01T00:00:00Z", "validUntil": "2025-01-01T00:00:00Z"}
AMENDMENT = {"type": "amendment", "issuer": "a:b", "nonce": NONCE, "reason": "late",
             "changes": [{"record": "0" * 64, "withdrawn": True}]}


@pytest.mark.parametrize(("tree", "field", "most", "one"), [
    (AMENDMENT, "changes", 1_000, {"record": "0" * 64, "withdrawn": True}),
    (CLOSING, "processes", 64, "steel.eaf"),
    (CLOSING, "retired", 1_000, {"lot": "a:1", "quantity": {"value": "1", "unit": "KWH"}}),
    (CLOSING, "measured", 1_000, {"material": "coal", "quantity": {"value": "1", "unit": "TNE"}}),
])
def test_lists_of_revisions_have_bounds(tree: dict[str, Any], field: str, most: int, one: object) -> None:
    assert len(getattr(decode_record(body({**tree, field: [one] * most})), field)) == most
    error = refusal({**tree, field: [one] * (most + 1)})
    assert (error.code, error.field) == ("invalid-field", f"$.{field}")


def test_an_amendment_changes_something() -> None:
    assert refusal({**AMENDMENT, "changes": []}).field == "$.changes"
    assert refusal({name: value for name, value in AMENDMENT.items() if name != "reason"}).code == "missing-field"


@pytest.mark.parametrize(("tree", "field", "values"), [
    (POOL, "balanceMonths", (0, 13, True, "3")), (POOL, "custody", ("mixed",)), (POOL, "averaging", ("monthly",)),
    (POOL, "role", ("scrap",)), (ATTESTATION, "samples", (-1, True)), (ATTESTATION, "level", ("absolute",)),
    (ATTESTATION, "opinion", ("good",)), (ATTESTATION, "subject", ("a:1",)), (ATTESTATION, "validUntil", ("2025",)),
    (CLOSING, "spread", ("evenly",)),
])
def test_values_beyond_those_that_there_are(tree: dict[str, Any], field: str, values: tuple[object, ...]) -> None:
    decode_record(body(tree))
    for value in values:
        error = refusal({**tree, field: value})
        assert (error.code, error.field) == ("invalid-field", f"$.{field}")


def test_months_and_samples_within_bounds() -> None:
    for months in (1, 12):
        assert getattr(decode_record(body({**POOL, "balanceMonths": months})), "balance_months", None) == months
    assert getattr(decode_record(body({**ATTESTATION, "samples": 0})), "samples", None) == 0


@pytest.mark.parametrize(("tree", "field"), [
    ({**AMENDMENT, "changes": [{"record": "0" * 64, "withdrawn": True, "why": "x"}]}, "$.changes[0].why"),
    ({**ATTESTATION, "subject": {"kind": "lot", "id": "a:1", "name": "x"}}, "$.subject.name"),
    ({**POOL, "holder": "a:b"}, "$.holder"), ({**CLOSING, "basis": "final"}, "$.basis"),
])
def test_unknown_fields_of_stock_and_periods(tree: dict[str, Any], field: str) -> None:
    error = refusal(tree)
    assert (error.code, error.field) == ("unknown-field", field)


def test_changed_fields_stay_as_they_were_written() -> None:
    """They are any JSON: what they may be is decided with the record that they change."""
    fields = {"activity": {"co2": "1", "deep": [{"x": "y"}]}, "end": "2024-02-01T00:00:00Z"}
    tree = {**AMENDMENT, "changes": [{"record": "0" * 64, "fields": fields}]}
    record = decode_record(body(tree))
    assert isinstance(record, Amendment)
    assert {name: json.loads(bytes(raw)) for name, raw in record.changes[0].fields.items()} == fields
    assert canonical.encode(record) == body(tree)


def test_a_factor_has_a_plausible_year() -> None:
    factor = {"value": "1", "unit": "KGM", "source": "x", "year": 2200, "boundary": "cradleToGate"}
    assert msgspec.convert(factor, Factor).gas is None
    for year in (1899, 2201, True, "2020"):
        raised(msgspec.ValidationError, msgspec.json.decode, msgspec.json.encode({**factor, "year": year}), type=Factor)


def test_records_are_values() -> None:
    with pytest.raises(AttributeError):
        Quantity(value="1", unit="KGM").value = "2"  # type: ignore[misc]
    assert values.UNBURDENED == ("waste", "core", "credit", "attribute")


# What records may say of uncertainty: a geometric standard deviation, a pedigree of five scores, or nothing.


FACTOR = {"value": "2", "unit": "KGM", "source": "table", "year": 2024, "boundary": "cradleToGate"}
SUPPLY = {"material": "coal", "quantity": {"value": "1", "unit": "KGM"}}


def uncertainty_body(tree: Any) -> bytes:
    return json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()


def declaration(**fields: Any) -> dict[str, Any]:
    return {"type": "declaration", "issuer": "a:b", "nonce": "A" * 22, "start": "2024-01-01T00:00:00Z",
            "end": "2024-02-01T00:00:00Z", "basis": "study", "boundary": "cradleToGate", **fields}


def uncertainty_transformation(supply: dict[str, Any]) -> dict[str, Any]:
    return {"type": "transformation", "issuer": "a:b", "nonce": "A" * 22, "facility": "a:site", "activity": {},
            "start": "2024-01-01T00:00:00Z", "end": "2024-01-02T00:00:00Z", "process": "steel.eaf", "outputs": [],
            "supplies": [supply]}


def placed(where: str, field: str, value: object) -> tuple[dict[str, Any], str]:
    """A record with the field in that place, and the field's path."""
    if where == "declaration":
        return declaration(**{field: value}), f"$.{field}"
    if where == "supply":
        return uncertainty_transformation({**SUPPLY, field: value}), f"$.supplies[0].{field}"
    return uncertainty_transformation({**SUPPLY, "factor": {**FACTOR, field: value}}), f"$.supplies[0].factor.{field}"


PLACES = pytest.mark.parametrize("where", ["declaration", "supply", "factor"])


@PLACES
def test_both_may_be_stated_and_read_back(where: str) -> None:
    tree, _ = placed(where, "deviation", "1.2")
    pedigreed, _ = placed(where, "pedigree", [1, 2, 3, 4, 5])
    for one in (tree, pedigreed):
        assert canonical.encode(decode_record(uncertainty_body(one))) == uncertainty_body(one)


def test_what_is_read() -> None:
    record = decode_record(uncertainty_body(declaration(deviation="1.2", pedigree=[5, 4, 3, 2, 1])))
    assert isinstance(record, Declaration)
    assert (record.deviation, record.pedigree) == ("1.2", (5, 4, 3, 2, 1))
    supply = {**SUPPLY, "pedigree": [1, 1, 1, 1, 1], "factor": {**FACTOR, "deviation": "1.05"}}
    made = decode_record(uncertainty_body(uncertainty_transformation(supply)))
    assert isinstance(made, Transformation)
    (supply,) = made.supplies
    assert supply.factor is not None
    assert (supply.deviation, supply.pedigree) == (None, (1, 1, 1, 1, 1))
    assert (supply.factor.deviation, supply.factor.pedigree) == ("1.05", None)


@PLACES
@pytest.mark.parametrize("deviation", ["-1.2", "-0.5", "0", "0.99", "1000", "1.20", "1e1", "NaN", "-1000.123456789"])
def test_a_deviation_below_one_is_refused_by_name(where: str, deviation: str) -> None:
    tree, path = placed(where, "deviation", deviation)
    with pytest.raises(InvalidBody) as caught:
        decode_record(uncertainty_body(tree))
    error = caught.value
    assert (error.code, error.field, error.value) == ("invalid-field", path, deviation)
    assert "a geometric standard deviation: a decimal string of at least 1 and below 1000" in (error.rule or "")
    assert repr(deviation) in error.message


@PLACES
@pytest.mark.parametrize(("pedigree", "place", "value", "rule"), [
    ([1, 2, 6, 4, 5], "[2]", "6", "Expected `int` <= 5"),
    ([1, 2, 3, 4, 0], "[4]", "0", "Expected `int` >= 1"),
    ([-1, 2, 3, 4, 5], "[0]", "-1", "Expected `int` >= 1"),
    ([1, True, 1, 1, 1], "[1]", "True", "Expected `int`, got `bool`"),
    ([1, "2", 1, 1, 1], "[1]", "2", "Expected `int`, got `str`"),
    ([1, 2, 3, 4], "", "[1, 2, 3, 4]", "Expected `array` of length 5"),
    ([1, 2, 3, 4, 5, 1], "", "[1, 2, 3, 4, 5, 1]", "Expected `array` of length 5"),
    ([], "", "[]", "Expected `array` of length 5"),
    ("12345", "", "12345", "Expected `array | null`, got `str`"),
])
def test_a_pedigree_that_is_none_is_refused_by_name(
    where: str, pedigree: object, place: str, value: str, rule: str
) -> None:
    tree, path = placed(where, "pedigree", pedigree)
    with pytest.raises(InvalidBody) as caught:
        decode_record(uncertainty_body(tree))
    error = caught.value
    assert (error.code, error.field, error.value, error.rule) == ("invalid-field", path + place, value, rule)
    assert error.message.startswith(f"{path}{place}: ")
