"""Values, readings, studies and outcomes."""

import base64
import hashlib
import json
import math
import typing
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from support.raising import raised

from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.outcome.assessment import BURDENS, NOTHING, Assessment, EnergyUse, Line, Omission
from ledger.core.outcome.leaves import (
    AssessmentLeaf,
    LotLeaf,
    assessment_bytes,
    leaf_bytes,
    outcome_root,
    read,
    salt,
    salt_seed,
    written,
    written_burdens,
)
from ledger.core.record import canonical, values
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import (
    Amendment,
    Consumption,
    Declaration,
    Facility,
    KeyChange,
    Organization,
    Product,
    Transformation,
)
from ledger.core.record.readings import read_instant, read_number, read_quantity
from ledger.core.record.redacted import residue
from ledger.core.record.study import ProductRules, StudyContext, agreed, inherited
from ledger.core.record.unit_names import nearest_units, read_unit
from ledger.core.record.units import UNITS
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


# Numbers, instants, units and quantities as people type them: the certain readings, the ambiguous, the unreadable.

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
    ("St.", ("H87", "STN")), ("MT", ("TNE", "MTR")), ("mt", ("TNE", "MTR")), ("Mt", ("TNE", "MTR")),
])
def test_units(given: str, codes: tuple[str, ...]) -> None:
    assert read_unit(given).codes == codes


@pytest.mark.parametrize(("given", "told"), [
    ("Sm3", "no exact value"), ("scf", "no exact value"), ("toe", "41.868 GJ"), ("MMBtu", "1000000 BTU"),
    ("kW", "power"), ("ML", "1000 MTQ"), ("Ml", "1000 MTQ"), ("quintal", "differs by country"), ("Quintals", "DTN"),
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


# What a product inherits of its facility's study context, and what an erasure leaves of it.

STUDY_RULES = ProductRules(operator="Other", names=["PCR 2024:01"], other_operator="a programme")
SITE = StudyContext(cut_off="staff travel: below 1 %", standards=["ISO14067"], packaging_included=True)
PART = StudyContext(cut_off="nothing", rules=[STUDY_RULES], packaging_included=False)


def test_a_product_replaces_its_facility_field_by_field() -> None:
    assert inherited(PART, SITE) == StudyContext(
        cut_off="nothing", standards=["ISO14067"], packaging_included=False, rules=[STUDY_RULES])
    assert (inherited(None, SITE), inherited(PART, None), inherited(None, None)) == (SITE, PART, None)
    assert inherited(StudyContext(), StudyContext()) is None


def test_several_facilities_state_what_they_agree_on() -> None:
    other = msgspec.structs.replace(SITE, cut_off="offices")
    assert agreed([SITE, other]) == StudyContext(standards=["ISO14067"], packaging_included=True)
    assert (agreed([SITE]), agreed([SITE, None]), agreed([])) == (SITE, None, None)


def test_a_record_without_study_reads_as_before() -> None:
    product = Product(issuer="a", nonce=NONCE, id="a:b", sector="works", unit="KGM")
    assert b"study" not in canonical.encode(product)
    stated = msgspec.structs.replace(product, study=PART)
    assert canonical.decode_record(canonical.encode(stated)) == stated
    assert b'"packagingIncluded":false' in canonical.encode(stated)


@pytest.mark.parametrize("record", [
    Product(issuer="a", nonce=NONCE, id="a:b", sector="works", unit="KGM", study=inherited(PART, SITE)),
    Facility(issuer="a", nonce=NONCE, id="a:s", country="CN", study=inherited(PART, SITE)),
])
def test_an_erasure_removes_the_words(record: Product | Facility) -> None:
    left = residue(record)
    assert isinstance(left, Product | Facility)
    assert left.study == StudyContext(standards=["ISO14067"], packaging_included=False)
    assert b"programme" not in canonical.encode(left)


@pytest.mark.parametrize(("study", "field"), [
    ({"standards": ["ISO 14067"]}, "study.standards[0]"), ({"cutOff": ""}, "study.cutOff"),
    ({"cutOff": "x" * 2_001}, "study.cutOff"), ({"rules": [{"operator": "IEC", "names": ["a"]}]}, "study.rules[0]"),
    ({"rules": [{"operator": "PEF", "names": []}]}, "study.rules[0].names"), ({"scope": "all"}, "study"),
    ({"packagingIncluded": "yes"}, "study.packagingIncluded"),
])
def test_malformed_fields_are_named(study: object, field: str) -> None:
    tree = {"type": "product", "issuer": "a", "nonce": NONCE, "id": "a:b", "sector": "works", "unit": "KGM"}
    with pytest.raises(Exception, match="study") as caught:
        canonical.record_of({**tree, "study": study})
    assert field in str(getattr(caught.value, "field", ""))


# test_outcome

OUTCOME_NONCE = base64.urlsafe_b64encode(bytes(range(16))).decode().rstrip("=")
SEED = salt_seed(OUTCOME_NONCE)


def root_by_hand(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + root_by_hand(leaves[:split]) + root_by_hand(leaves[split:])).digest()


def test_salts() -> None:
    seed = hashlib.sha256(b"carbon-ledger/salt/v1\n" + bytes(range(16))).digest()
    assert seed == SEED
    for index in (0, 1, 255, 256, 65536):
        digest = hashlib.sha256(seed + index.to_bytes(4, "big")).digest()
        assert (base64.urlsafe_b64decode(salt(SEED, index) + "=="), len(salt(SEED, index))) == (digest[:16], 22)
        assert "=" not in salt(SEED, index)


def test_salts_differ_by_leaf_and_by_record() -> None:
    other = salt_seed(base64.urlsafe_b64encode(bytes(16)).decode().rstrip("="))
    assert len({salt(seed, index) for seed in (SEED, other) for index in range(1001)}) == 2002


def test_salts_use_the_url_alphabet() -> None:
    assert set("".join(salt(SEED, index) for index in range(500))) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def lot_leaf(index: int) -> bytes:
    return leaf_bytes(LotLeaf(
        salt=salt(SEED, index), lot=f"urn:example:mill:{index}", product="urn:example:mill:steel",
        quantity=Quantity(value="1.5", unit="TNE"), holder="urn:example:mill", role="product", method="cut-off/1",
        burdens={"fossilGhgEmissions": "0.1", "absGhg": "1e-07"}, contents={}, plugin="steel/1.0.0",
    ))


def test_the_bytes_of_a_lot_leaf() -> None:
    """Sorted keys, no spaces; what is empty or absent is left out."""
    assert lot_leaf(1).decode() == (
        '{"burdens":{"absGhg":"1e-07","fossilGhgEmissions":"0.1"},"holder":"urn:example:mill","leaf":"lot",'
        '"lot":"urn:example:mill:1","method":"cut-off/1","plugin":"steel/1.0.0","product":"urn:example:mill:steel",'
        '"quantity":{"unit":"TNE","value":"1.5"},"role":"product","salt":"' + salt(SEED, 1) + '"}'
    )


def test_the_bytes_of_an_assessment_leaf() -> None:
    assessment = Assessment(
        lines=(Line(gas="CO2", amount=Decimal("1.50"), source="coal", kind="onSite"),),
        energy=(EnergyUse(carrier="coal", amount=Decimal("1E+2")),), omissions=(Omission(what="ore"),),
    )
    leaf = AssessmentLeaf(activation=1, salt=salt(SEED, 0), assessment=assessment_bytes(assessment), method="cut-off/1",
                          retained={"absGhg": "1.5"})
    assert leaf_bytes(leaf).decode() == (
        '{"activation":1,"assessment":{"energy":[{"amount":"1E+2","carrier":"coal"}],"lines":[{"amount":"1.50","gas":"CO2",'
        '"kind":"onSite","source":"coal"}],"omissions":[{"what":"ore"}]},"leaf":"assessment","method":"cut-off/1",'
        '"retained":{"absGhg":"1.5"},"salt":"' + salt(SEED, 0) + '"}'
    )
    assert bytes(assessment_bytes(NOTHING)) == b"{}"


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 9, 64, 1001])
def test_the_root_is_that_of_rfc_6962(size: int) -> None:
    leaves = [lot_leaf(i) for i in range(size)]
    assert outcome_root(leaves) == root_by_hand(leaves)


def test_a_record_without_results() -> None:
    assert outcome_root([]) == hashlib.sha256(b"").digest() == EMPTY_ROOT


def test_any_change_of_a_leaf_changes_the_root() -> None:
    leaves = [lot_leaf(i) for i in range(5)]
    roots = {outcome_root(leaves), outcome_root(leaves[:4]), outcome_root(leaves[::-1])}
    for i in range(5):
        roots.add(outcome_root([*leaves[:i], leaves[i].replace(b'"0.1"', b'"0.2"'), *leaves[i + 1 :]]))
    assert len(roots) == 8


@pytest.mark.parametrize(
    ("amount", "text"),
    [(1.0, "1.0"), (0.1, "0.1"), (1e22, "1e+22"), (1e16, "1e+16"), (123456789012345680.0, "1.2345678901234568e+17"),
     (1e-7, "1e-07"), (0.1 + 0.2, "0.30000000000000004"), (-2.5, "-2.5"), (5e-324, "5e-324"),
     (1.7976931348623157e308, "1.7976931348623157e+308")],
)
def test_figures_are_the_shortest_strings(amount: float, text: str) -> None:
    assert (written({"absGhg": amount}), read({"absGhg": text})) == ({"absGhg": text}, {"absGhg": amount})


def test_zeros_are_left_out() -> None:
    assert written({"a": 0.0, "b": -0.0, "c": 1.0}) == {"c": "1.0"}


def test_burdens_are_written_in_their_order() -> None:
    vector = [float(i) for i in range(len(BURDENS))]
    assert list(written_burdens(vector).items()) == [(name, f"{i}.0") for i, name in enumerate(BURDENS) if i]
    for wrong in (vector[1:], [*vector, 1.0]):
        assert "argument" in str(raised(ValueError, written_burdens, wrong))


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.floats(allow_nan=False, allow_infinity=False)))
def test_figures_read_back_bit_for_bit(figures: dict[str, float]) -> None:
    back = read(written(figures))
    assert back == {name: amount for name, amount in figures.items() if amount != 0}
    assert all(math.copysign(1, back[name]) == math.copysign(1, figures[name]) for name in back)


@given(st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), st.text(max_size=5), max_size=4))
def test_leaves_are_canonical_json(burdens: dict[str, str]) -> None:
    leaf = leaf_bytes(AssessmentLeaf(activation=1, salt="x", assessment=Raw(b"{}"), method="m", retained=burdens))
    tree = json.loads(leaf)
    assert json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == leaf.decode()
    assert tree.get("retained", {}) == burdens
