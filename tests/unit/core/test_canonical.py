import base64
import hashlib
import json
import subprocess
import sys
import time
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, inspect
from support.raising import raised

from ledger.core.record import canonical
from ledger.core.record.canonical import MAX_BODY, MAX_DEPTH, check_canonical, decode_record, digest, explain_schema
from ledger.core.record.kinds import (
    Acceptance,
    Activation,
    AnyRecord,
    Consumption,
    Declaration,
    Facility,
    KeyChange,
    Organization,
    Product,
    Transfer,
    Transformation,
)
from ledger.errors import InvalidBody

NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
TEMPLATE = (
    '{"activity":%s,"end":"2024-01-02T00:00:00Z","facility":"urn:example:mill:site","issuer":"urn:example:mill",'
    '"nonce":"' + NONCE + '","outputs":[],"process":"steel.eaf","start":"2024-01-01T00:00:00Z","type":"transformation"}'
)

# Bad JSON values by the code that refuses them. Each is tried alone and inside `activity`.
BAD: dict[str, tuple[str, bytes]] = {
    "space after colon": ("not-canonical", b'{"a": 1}'),
    "space before brace": ("not-canonical", b'{"a":1 }'),
    "newline": ("not-canonical", b'{"a":1,\n"b":2}'),
    "tab": ("not-canonical", b'[1,\t2]'),
    "key order": ("not-canonical", b'{"b":1,"a":2}'),
    "key order by case": ("not-canonical", b'{"a":1,"B":2}'),
    "shorter key first": ("not-canonical", b'{"ab":1,"a":2}'),
    "key order below": ("not-canonical", b'{"x":[{"b":1,"a":2}]}'),
    "duplicate key": ("duplicate-key", b'{"a":1,"a":2}'),
    "duplicate key, equal values": ("duplicate-key", b'{"a":1,"a":1}'),
    "duplicate key, other spelling": ("duplicate-key", b'{"a":1,"\\u0061":1}'),
    "duplicate key below": ("duplicate-key", b'{"x":[{"a":1,"a":2}]}'),
    "null": ("null", b'{"a":null}'),
    "null in a list": ("null", b'[null]'),
    "float": ("float", b'{"a":1.5}'),
    "float that is whole": ("float", b'{"a":1.0}'),
    "exponent": ("float", b'{"a":1E5}'),
    "small exponent": ("float", b'{"a":1e0}'),
    "negative exponent": ("float", b'[1e-7]'),
    "minus zero point zero": ("float", b'[-0.0]'),
    "minus zero": ("not-canonical", b'{"a":-0}'),
    "integer of 2^53": ("integer-too-large", b'{"a":9007199254740992}'),
    "integer of -2^53": ("integer-too-large", b'{"a":-9007199254740992}'),
    "integer of 2^64": ("integer-too-large", b'[18446744073709551616]'),
    "integer of 400 digits": ("integer-too-large", b'[' + b'1' * 400 + b']'),
    "integer of 5000 digits": ("integer-too-large", b'[' + b'1' * 5000 + b']'),
    "integer of -5000 digits": ("integer-too-large", b'[-' + b'1' * 5000 + b']'),
    "leading zero": ("not-json", b'[01]'),
    "plus": ("not-json", b'[+1]'),
    "NaN": ("not-json", b'[NaN]'),
    "Infinity": ("not-json", b'[Infinity]'),
    "non-ASCII key": ("non-ascii-key", '{"ключ":1}'.encode()),
    "non-ASCII key, escaped": ("non-ascii-key", b'{"\\u00e9":1}'),
    "escaped letter": ("not-canonical", b'{"a":"\\u0041"}'),
    "escaped letter in a key": ("not-canonical", b'{"\\u0061":1}'),
    "escaped slash": ("not-canonical", b'{"a":"\\/"}'),
    "escaped delete": ("not-canonical", b'{"a":"\\u007f"}'),
    "escaped e acute": ("not-canonical", b'{"a":"\\u00e9"}'),
    "escaped pair": ("not-canonical", b'{"a":"\\ud83d\\ude00"}'),
    "long escape of newline": ("not-canonical", b'{"a":"\\u000a"}'),
    "long escape of quote": ("not-canonical", b'{"a":"\\u0022"}'),
    "upper-case escape": ("not-canonical", b'{"a":"\\u001F"}'),
    "control character, not escaped": ("not-json", b'{"a":"\x01"}'),
    "newline, not escaped": ("not-json", b'{"a":"\n"}'),
    "NUL, not escaped": ("not-json", b'{"a":"\x00"}'),
    "unknown escape": ("not-json", b'{"a":"\\x41"}'),
    "high surrogate alone": ("not-json", b'{"a":"\\ud83d"}'),
    "high surrogate and letter": ("not-json", b'{"a":"\\ud83dx"}'),
    "low surrogate alone": ("not-json", b'{"a":"\\ude00"}'),
    "surrogates swapped": ("not-json", b'{"a":"\\ude00\\ud83d"}'),
    "surrogate in UTF-8": ("not-json", b'{"a":"\xed\xa0\x80"}'),
    "overlong UTF-8": ("not-json", b'{"a":"\xc0\xaf"}'),
    "broken UTF-8": ("not-json", b'{"a":"\xff"}'),
    "cut UTF-8": ("not-json", b'{"a":"\xe9"}'),
    "broken UTF-8 in a key": ("not-json", b'{"\xff":1}'),
    "comment": ("not-json", b'[1/**/]'),
    "trailing comma": ("not-json", b'[1,]'),
    "single quotes": ("not-json", b"['a']"),
    "depth 33": ("too-deep", b'[' * 33 + b']' * 33),
    "depth 33 by objects": ("too-deep", b'{"a":' * 32 + b'1' + b'}' * 32),
    "100,000 brackets": ("too-deep", b'[' * 100_000),
    "100,000 brackets, closed": ("too-deep", b'[' * 100_000 + b']' * 100_000),
    "100,000 objects": ("too-deep", b'{"a":' * 100_000),
}
# What stands around a value cannot be tried inside `activity`.
BAD_AROUND: dict[str, tuple[str, bytes]] = {
    "empty": ("not-json", b''),
    "only a space": ("not-json", b' '),
    "space before": ("not-canonical", b' {}'),
    "space after": ("not-canonical", b'{} '),
    "newline after": ("not-canonical", b'{}\n'),
    "byte order mark": ("not-json", b'\xef\xbb\xbf{}'),
    "UTF-16": ("not-json", '{"a":1}'.encode("utf-16")),
    "trailing bytes": ("not-json", b'{}x'),
    "trailing NUL": ("not-json", b'{}\x00'),
    "two values": ("not-json", b'{}{}'),
    "cut": ("not-json", b'{"a":'),
    "open string": ("not-json", b'"a'),
    "null alone": ("null", b'null'),
}


def refusal(data: bytes) -> InvalidBody:
    return raised(InvalidBody, decode_record, data)


@pytest.mark.parametrize("name", [*BAD, *BAD_AROUND])
def test_bad_bytes(name: str) -> None:
    code, data = {**BAD, **BAD_AROUND}[name]
    with pytest.raises(InvalidBody) as caught:
        check_canonical(data)
    error = caught.value
    assert error.code == code
    assert error.rule
    assert 0 < len(error.message) < 500


@pytest.mark.parametrize("name", BAD)
def test_bad_bytes_inside_activity(name: str) -> None:
    code, value = BAD[name]
    before, after = TEMPLATE.encode().split(b"%s")
    error = refusal(before + value + after)
    assert error.code == code
    if code in ("null", "float", "non-ascii-key") or (code == "too-deep" and len(value) < 1000):
        assert (error.field or "").startswith("$.activity")


@pytest.mark.parametrize("name", ["key order", "duplicate key", "space after colon", "minus zero", "escaped slash"])
def test_bad_bytes_inside_other_fields(name: str) -> None:
    code, value = BAD[name]
    assert refusal((TEMPLATE % "{}").encode().replace(b'"outputs":[]', b'"outputs":' + value)).code == code


@pytest.mark.parametrize(
    ("data", "field", "value"),
    [
        (b'{"a":{"b":[1,2,null]}}', "$.a.b[2]", "null"),
        (b'{"a":[{"b":"1"},{"b":2.5}]}', "$.a[1].b", "2.5"),
        (b'{"a":[9007199254740992]}', "$.a[0]", "9007199254740992"),
        ('{"a":[{"é":1}]}'.encode(), "$.a[0]", "é"),
        (b'{"a":{"b":1,"b":1}}', "b", "b"),
        (b'{"b":[' + b'[' * 31 + b']' * 31 + b'],"c":1}', "$.b" + "[0]" * 30, None),
    ],
)
def test_what_is_wrong_is_named(data: bytes, field: str, value: str | None) -> None:
    with pytest.raises(InvalidBody) as caught:
        check_canonical(data)
    assert (caught.value.field, caught.value.value) == (field, value)
    assert value is None or value in caught.value.message or value in ("null", "2.5")


def test_a_wrong_spelling_is_shown_where_it_is() -> None:
    error = refusal(b'{"a":1, "b":2}')
    assert error.code == "not-canonical"
    assert "byte 7" in error.message
    assert error.value == ' "b":2}'


@pytest.mark.parametrize("keys", [5, 999, 1_001, 5_000])
def test_keys_in_any_order_have_one_canonical_order(keys: int) -> None:
    """Of short and of long objects, which are sorted in two ways."""
    names = [f"k{i * 7919 % keys:05}" for i in range(keys)]
    ordered = json.dumps({name: {"b": "1", "a": "2"} for name in names}, separators=(",", ":"), sort_keys=True)
    shuffled = json.dumps({name: {"a": "2", "b": "1"} for name in names}, separators=(",", ":"))
    assert canonical.encode(json.loads(shuffled)) == ordered.encode()
    check_canonical(ordered.encode())
    assert refusal(shuffled.encode()).code == "not-canonical"


@pytest.mark.parametrize("statement", [
    "code_of(canonical.decode_record)", "code_of(canonical.check_canonical)", "canonical.encode(json.loads(body))",
])
def test_long_objects_in_unlucky_order_do_not_end_the_process(statement: str) -> None:
    """The sorting of msgspec overflows the stack on such an object."""
    body = json.dumps({"type": "transfer", **{f"t{i:05}": 1 for i in range(60_000)}}, separators=(",", ":"))
    program = (
        "import json, sys\n"
        "from ledger.core.record import canonical\n"
        "def code_of(reader):\n"
        "    try: reader(body)\n"
        "    except canonical.InvalidBody as error: return error.code.encode()\n"
        "body = sys.stdin.buffer.read()\n"
        f"sys.stdout.buffer.write({statement})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], input=body.encode(), capture_output=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stderr
    if statement.startswith("code_of"):
        assert done.stdout == b"not-canonical"
    else:
        assert done.stdout == rfc8785.dumps(json.loads(body))


@pytest.mark.parametrize("levels", [1, MAX_DEPTH - 1, MAX_DEPTH])
def test_the_deepest_that_is_let_in(levels: int) -> None:
    """The outermost value is at level 1; what a list holds is one deeper, be it a list or a number."""
    assert check_canonical(b'[' * levels + b']' * levels) is not None
    assert check_canonical(b'[' * (levels - 1) + b'1' + b']' * (levels - 1)) is not None


def test_the_depth_limit_is_no_matter_of_the_stack() -> None:
    """500 levels are few for the decoder: they are refused by the rule, with the place that is too deep."""
    error = refusal((TEMPLATE % ('{"x":' * 500 + "1" + "}" * 500)).encode())
    assert error.code == "too-deep"
    assert (error.field or "").startswith("$.activity.x.x")


def test_a_body_of_one_mebibyte() -> None:
    filled = json.dumps({"x": "y" * (MAX_BODY - len(TEMPLATE % '{"x":""}'))}, separators=(",", ":"))
    body = (TEMPLATE % filled).encode()
    assert len(body) == MAX_BODY
    assert isinstance(decode_record(body), Transformation)
    error = refusal(body.replace(b'"y', b'"yy'))
    assert (error.code, error.value) == ("body-too-large", str(MAX_BODY + 1))
    assert str(MAX_BODY + 1) in error.message


def test_size_is_looked_at_first() -> None:
    assert refusal(b"[" * (MAX_BODY + 1)).code == "body-too-large"


def test_explaining_a_large_bad_body_takes_no_longer_than_reading_it() -> None:
    """One object with 170,000 times the same key: an answer after a fraction of a second's work, with a short message.
    Comparing each key with all others would take hours."""
    body = b'{' + b','.join([b'"a":1'] * 170_000) + b'}'
    started = time.process_time()
    error = refusal(body)
    assert time.process_time() - started < 60
    assert error.code == "duplicate-key"


@pytest.mark.parametrize(
    "data",
    [
        b'{"' + b'k' * 500_000 + b'":1,"type":"product"}',
        b'{"' + b'k' * 500_000 + b'":null}',
        b'{"' + "é".encode() * 200_000 + b'":1}',
        b'{"' + b'k' * 500_000 + b'":1,"' + b'k' * 500_000 + b'":1}',
        b'{"id":[' + b','.join([b'"x"'] * 200_000) + b'],"issuer":"a:b","nonce":"' + NONCE.encode()
        + b'","sector":"s","type":"product","unit":"KGM"}',
    ],
    ids=["unknown field", "null", "non-ASCII key", "duplicate key", "list for a string"],
)
def test_errors_stay_short_whatever_was_sent(data: bytes) -> None:
    error = refusal(data)
    assert len(error.message) < 1000
    assert len(error.field or "") < 1000
    assert len(error.value or "") < 1000


def test_digest() -> None:
    body = (TEMPLATE % "{}").encode()
    assert digest(body) == hashlib.sha256(body).digest()
    assert digest(b"").hex().startswith("e3b0c442")


def test_activity_is_kept_as_it_came() -> None:
    record = decode_record((TEMPLATE % '{"a":"é","b":[1,{"c":true}]}').encode())
    assert isinstance(record, Transformation)
    assert bytes(record.activity) == '{"a":"é","b":[1,{"c":true}]}'.encode()


def test_activity_is_brought_into_order_when_written() -> None:
    """A Raw field is encoded as it came; `encode` still gives canonical bytes."""
    loose = decode_record((TEMPLATE % "{}").encode())
    assert isinstance(loose, Transformation)
    spaced = msgspec.structs.replace(loose, activity=Raw(b'{ "b" : "\\u0041", "a" : 1 }'))
    assert b'"activity":{"a":1,"b":"A"}' in canonical.encode(spaced)
    assert decode_record(canonical.encode(spaced)).nonce == loose.nonce


# Values of the generic tree that a record may hold, and strings that JSON writers disagree on.
awkward = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\/\b\t\n\f\r\x00\x1f\x7f\u2028é😀'),
                  max_size=12)
keys = st.text(st.characters(max_codepoint=127), max_size=8)
integers = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
trees = st.recursive(
    integers | awkward | st.booleans(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(keys, below, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(keys, trees, max_size=6))
def test_any_tree_agrees_with_the_rfc8785_package(tree: dict[str, Any]) -> None:
    expected = rfc8785.dumps(tree)
    assert (canonical.encode(tree), check_canonical(expected)) == (expected, tree)


@given(st.dictionaries(keys, trees, max_size=6))
def test_another_encoding_of_the_same_tree_is_refused(tree: dict[str, Any]) -> None:
    expected = rfc8785.dumps(tree)
    loose = json.dumps(tree)
    for other in (loose, json.dumps(tree, separators=(",", ":")), json.dumps(tree, sort_keys=True, indent=1)):
        if other.encode() != expected:
            assert raised(InvalidBody, check_canonical, other.encode()).code == "not-canonical"


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,0123456789-.eEtrufalsn\\ \n', max_size=40).map(str.encode))
def test_any_bytes_are_canonical_or_refused_by_name(data: bytes) -> None:
    code = None
    try:
        tree = check_canonical(data)
    except InvalidBody as error:
        code = error.code
    if code is None:
        assert rfc8785.dumps(tree) == data
    else:
        assert code in {"not-json", "not-canonical", "duplicate-key", "null", "float", "integer-too-large",
                        "non-ascii-key", "too-deep"}


ids = st.from_regex(r"urn:[a-z]{2,6}:[!-~]{1,20}", fullmatch=True)
nonces = st.binary(min_size=16, max_size=16).map(lambda data: base64.urlsafe_b64encode(data).decode().rstrip("="))
numbers = st.integers(min_value=1, max_value=10**24 - 1).map(
    lambda grains: f"{grains // 10**9}.{grains % 10**9:09d}".rstrip("0").rstrip(".")
)
fractions = st.integers(min_value=0, max_value=10**9).map(
    lambda grains: f"{grains // 10**9}.{grains % 10**9:09d}".rstrip("0").rstrip(".")
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
instants = st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0"))
quantities = st.fixed_dictionaries({"value": numbers, "unit": st.sampled_from(["KGM", "TNE", "KWH", "H87"])})
material_keys = st.from_regex(r"[A-Za-z][A-Za-z0-9:_.+-]{0,8}", fullmatch=True)
flows = st.fixed_dictionaries({"lot": ids, "quantity": quantities})
outputs = st.fixed_dictionaries(
    {"lot": ids, "product": ids, "quantity": quantities, "role": st.sampled_from(["product", "waste"])},
    optional={"item": ids, "mass": quantities, "materials": st.dictionaries(material_keys, fractions, max_size=3)},
)
supplies = st.fixed_dictionaries(
    {"material": material_keys, "quantity": quantities},
    optional={"description": names, "origin": st.sampled_from(["nature", "technosphere"]), "mass": quantities},
)


def _wire(tag: str, fields: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"type": st.just(tag), "issuer": ids, "nonce": nonces, **fields}, optional=optional)


digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
public_keys = st.binary(min_size=1, max_size=40).map(
    lambda data: {"spki": msgspec.to_builtins(data), "proof": msgspec.to_builtins(data[::-1])}
)
languages = st.dictionaries(st.sampled_from(["en", "zh"]), names, min_size=1)
wire_records = st.one_of(
    _wire("organization", {"id": ids, "keys": st.lists(public_keys, min_size=1, max_size=3)},
          {"names": languages, "roles": st.just(["registrar"]), "prefixes": st.lists(ids, min_size=1, max_size=3)}),
    _wire("keyChange", {"organization": ids}, {"revoked": st.lists(digests, min_size=1, max_size=3)}),
    _wire("activation", {"plugin": names, "version": names, "digest": digests}, {"retired": st.just(True)}),
    _wire("facility", {"id": ids, "country": st.just("CN")}, {"names": languages, "capacity": quantities}),
    _wire("product", {"id": ids, "sector": material_keys, "unit": st.just("KGM")},
          {"names": languages, "materials": st.dictionaries(material_keys, fractions, min_size=1, max_size=5)}),
    _wire("transformation",
          {"facility": ids, "start": instants, "end": instants, "process": st.just("steel.eaf"),
           "outputs": st.lists(outputs, max_size=3), "activity": st.dictionaries(keys, trees, max_size=4)},
          {"inputs": st.lists(flows, min_size=1, max_size=3), "supplies": st.lists(supplies, min_size=1, max_size=3),
           "allocation": st.just("energy")}),
    _wire("transfer", {"lot": ids, "quantity": quantities, "to": ids, "newLot": ids, "time": instants}),
    _wire("acceptance", {"transfer": digests}),
    _wire("consumption", {"inputs": st.lists(flows, min_size=1, max_size=3), "time": instants,
                          "purpose": st.just("loss")}, {"destination": names}),
    _wire("declaration",
          {"start": instants, "end": instants, "basis": st.just("pact"), "boundary": st.just("none")},
          {"lot": outputs, "per": quantities, "burdens": st.dictionaries(material_keys, numbers, min_size=1)}),
)
TYPES = (Organization, KeyChange, Activation, Facility, Product, Transformation, Transfer, Acceptance, Consumption,
         Declaration)


@given(wire_records)
def test_records_agree_with_the_rfc8785_package(tree: dict[str, Any]) -> None:
    # The tree may state an empty map or another default, which a record's one spelling leaves out.
    drawn = msgspec.json.decode(rfc8785.dumps(tree), type=AnyRecord)
    assert isinstance(drawn, TYPES)
    body = rfc8785.dumps(json.loads(msgspec.json.encode(drawn)))
    assert (decode_record(body), canonical.encode(drawn)) == (drawn, body)


@given(wire_records, st.integers(min_value=0), st.sampled_from([
    b" ", b",", b"0", b"1.5", b"null", b"true", b'"a":1,', b'"\\u0061"', b'{"b":1,"a":2}', b"9007199254740993",
    b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "é".encode(),
]), st.integers(min_value=0, max_value=3))
def test_only_canonical_trees_are_records(tree: dict[str, Any], place: int, added: bytes, dropped: int) -> None:
    """Most records are read without their generic tree."""
    body = rfc8785.dumps(tree)
    at = place % len(body)
    changed = body[:at] + added + body[at + dropped :]
    try:
        record = decode_record(changed)
    except InvalidBody:
        return
    check_canonical(changed)
    assert canonical.encode(record) == changed


def test_records_read_without_their_tree_hold_nothing_that_a_record_may_not() -> None:
    for one in canonical.BOUNDED:
        structs = [inspect.type_info(one)]
        while structs:
            struct = structs.pop()
            assert isinstance(struct, inspect.StructType)
            assert struct.forbid_unknown_fields
            for item in struct.fields:
                structs += _within(item.type, f"{struct.cls.__name__}.{item.encode_name}")


def _within(found: inspect.Type, where: str) -> list[inspect.Type]:
    """The structs in a field that is bounded. A field that may be null leaves it out."""
    match found:
        case inspect.UnionType(types=types):
            return [one for kind in types if not isinstance(kind, inspect.NoneType) for one in _within(kind, where)]
        case inspect.ListType(item_type=item):
            assert not isinstance(item, inspect.UnionType), where
            return _within(item, where)
        case inspect.TupleType(item_types=items):
            return [one for item in items for one in _within(item, where)]
        case inspect.DictType(key_type=key, value_type=value):
            ascii_keys = isinstance(key, inspect.StrType) and (key.pattern or "").startswith("^(?:[A-Za-z][A-Za-z0-9:_")
            assert ascii_keys or isinstance(key, inspect.LiteralType), where
            assert not isinstance(value, inspect.UnionType), where
            return _within(value, where)
        case inspect.IntType(ge=low, le=high):
            assert low is not None, where
            assert high is not None, where
        case inspect.RawType():
            assert where == "Transformation.activity"
        case inspect.StructType():
            return [found]
        case _:
            assert isinstance(found, inspect.StrType | inspect.LiteralType | inspect.BoolType), where
    return []


@pytest.mark.parametrize(("field", "stated"), [
    ("$.elements", {"elements": {}}), ("$.materials", {"materials": {}}), ("$.names", {"names": {}}),
])
def test_a_stated_default_is_another_spelling(field: str, stated: dict[str, Any]) -> None:
    product = {"type": "product", "issuer": "urn:example:mill", "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
               "id": "urn:example:mill:steel", "sector": "steel", "unit": "TNE"}
    assert decode_record(rfc8785.dumps(product))
    error = raised(InvalidBody, decode_record, rfc8785.dumps({**product, **stated}))
    assert (error.code, error.field) == ("stated-default", field)


def test_a_default_stated_deep_inside_is_named() -> None:
    body = {"type": "transfer", "issuer": "urn:example:mill", "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
            "lot": "urn:example:a", "quantity": {"value": "1", "unit": "TNE"}, "to": "urn:example:b",
            "newLot": "urn:example:c", "time": "2026-01-01T00:00:00Z",
            "transport": [{"material": "diesel", "quantity": {"value": "1", "unit": "TNE"}, "origin": "technosphere"}]}
    error = raised(InvalidBody, decode_record, rfc8785.dumps(body))
    assert (error.code, error.field) == ("stated-default", "$.transport[0].origin")


def test_explain_schema_names_fields_below_another_root() -> None:
    tree = {"furnace": {"power": "x"}}
    error = explain_schema("Expected `int`, got `str` - at `$.furnace.power`", tree, "activity")
    assert (error.code, error.field, error.value) == ("invalid-field", "activity.furnace.power", "x")
    missing = explain_schema("Object missing required field `power` - at `$.furnace`", {"furnace": {}}, "activity")
    assert (missing.code, missing.field) == ("missing-field", "activity.furnace.power")
    whole = explain_schema("Expected `object`, got `array`", [1], "activity")
    assert (whole.code, whole.field, whole.value) == ("invalid-field", "activity", "[1]")


def test_a_written_tree_may_state_defaults_which_its_record_leaves_out() -> None:
    tree = {"type": "facility", "issuer": "urn:example:mill", "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
            "id": "urn:example:mill:works", "country": "CN"}
    assert canonical.encode(canonical.record_of({**tree, "names": {}})) == rfc8785.dumps(tree)
    assert "country" in str(raised(InvalidBody, canonical.record_of, {**tree, "country": "China"}))
