"""All faults of a record at once: each with field, rule, allowed values and the change that mends it."""

import contextlib
import json
import time
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.raising import raised

from ledger.core import patch
from ledger.core.nearest import allowed, meant, nearest
from ledger.core.record import canonical
from ledger.core.record.faults import MOST_FAULTS, faults_of
from ledger.core.record.kinds import AnyRecord
from ledger.errors import InvalidBody, InvalidInput, LedgerError

NONCE: Final = "AAAAAAAAAAAAAAAAAAAAAA"
FACILITY: Final[dict[str, Any]] = {
    "type": "facility", "issuer": "urn:a:b", "nonce": NONCE, "id": "urn:a:b:c", "country": "CN"}
PRODUCT: Final[dict[str, Any]] = {
    "type": "product", "issuer": "urn:a:b", "nonce": NONCE, "id": "urn:a:b:p", "sector": "steel", "unit": "TNE",
    "materials": {"steel": "1"}, "names": {"en": "Bar"}, "massPerUnit": {"value": "1000", "unit": "KGM"}}
TRANSFORMATION: Final[dict[str, Any]] = {
    "type": "transformation", "issuer": "urn:a:b", "nonce": NONCE, "facility": "urn:a:b:c",
    "start": "2026-02-01T00:00:00Z", "end": "2026-02-02T00:00:00Z", "process": "steel.eaf", "activity": {},
    "inputs": [{"lot": "urn:a:b:1", "quantity": {"value": "1", "unit": "TNE"}}],
    "supplies": [{"material": "ore", "quantity": {"value": "1", "unit": "TNE"}, "pedigree": [1, 2, 3, 4, 5]}],
    "outputs": [{"lot": "urn:a:b:2", "product": "urn:a:b:p", "quantity": {"value": "1", "unit": "TNE"},
                 "role": "product"}]}
RECORDS: Final = (FACILITY, PRODUCT, TRANSFORMATION)
_decoder: Final[msgspec.json.Decoder[AnyRecord]] = msgspec.json.Decoder(AnyRecord)


def refusal(tree: Any) -> InvalidBody:
    return raised(InvalidBody, canonical.decode_record, canonical.encode(tree))


def mended(tree: Any) -> Any:
    """The tree after all proposals."""
    for fault in faults_of(tree, AnyRecord):
        tree = patch.patched(tree, fault.mend)
    return tree


def changed(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    tree: dict[str, Any] = patch.patched(record, [{"op": "add", "path": path, "value": value}])
    return tree


def test_a_record_without_faults_has_none() -> None:
    assert [faults_of(record, AnyRecord) for record in RECORDS] == [[], [], []]


MENDED: Final = {
    "a comma": (TRANSFORMATION, "/inputs/0/quantity/value", "5,9", "5.9"),
    "both separators": (TRANSFORMATION, "/inputs/0/quantity/value", "1.234,5", "1234.5"),
    "a JSON number": (TRANSFORMATION, "/inputs/0/quantity/value", 5, "5"),
    "a fraction": (TRANSFORMATION, "/inputs/0/quantity/value", 0.5, "0.5"),
    "superfluous zeros": (TRANSFORMATION, "/inputs/0/quantity/value", "0.50", "0.5"),
    "a symbol": (TRANSFORMATION, "/inputs/0/quantity/unit", "kWh", "KWH"),
    "a quantity in a text": (TRANSFORMATION, "/inputs/0/quantity", "110 t", {"value": "110", "unit": "TNE"}),
    "case": (TRANSFORMATION, "/outputs/0/role", "Product", "product"),
    "a hyphen": (TRANSFORMATION, "/outputs/0/role", "co-product", "coProduct"),
    "an item for a list": (TRANSFORMATION, "/inputs", TRANSFORMATION["inputs"][0], TRANSFORMATION["inputs"]),
    "an offset": (TRANSFORMATION, "/start", "2026-02-01T01:00:00+01:00", "2026-02-01T00:00:00Z"),
    "a date": (TRANSFORMATION, "/start", "2026-02-01", "2026-02-01T00:00:00Z"),
    "a country": (FACILITY, "/country", "cn", "CN"),
    "a country's name": (FACILITY, "/country", "China", "CN"),
    "a country's name in German": (FACILITY, "/country", "Deutschland", "DE"),
    "a country's name in Chinese": (FACILITY, "/country", "印度", "IN"),
    "a country's longer code": (FACILITY, "/country", "usa", "US"),
    "a subdivision alone": (FACILITY, "/subdivision", "js", "CN-JS"),
    "a name in a list": (FACILITY, "/names", ["Works"], {"en": "Works"}),
    "a kind": (FACILITY, "/type", "Facilty", "facility"),
    "a name": (FACILITY, "/names", "Works", {"en": "Works"}),
    "a per cent": (PRODUCT, "/materials/steel", "98 %", "0.98"),
    "an integer in a text": (TRANSFORMATION, "/supplies/0/pedigree/0", "3", 3),
}


@pytest.mark.parametrize(("record", "path", "wrong", "right"), MENDED.values(), ids=MENDED)
def test_the_value_to_write(record: dict[str, Any], path: str, wrong: Any, right: Any) -> None:
    tree = changed(record, path, wrong)
    error = refusal(tree)
    assert (error.stage, error.mend) == ("shape", ({"op": "replace", "path": path, "value": right},))
    assert "write " in error.message
    assert mended(tree) == changed(record, path, right)


def test_a_misspelt_field_is_renamed_with_everything_in_it() -> None:
    tree = {**TRANSFORMATION, "inpts": [{"lot": "urn:a:b:1", "quantity": {"value": "1,5", "unit": "t"}}]}
    del tree["inputs"]
    error = refusal(tree)
    assert [part.field for part in error.parts] == [
        "$.inpts", "$.inpts[0].quantity.unit", "$.inpts[0].quantity.value"]
    assert error.parts[0].mend == ({"op": "move", "from": "/inpts", "path": "/inputs"},)
    assert mended(tree)["inputs"] == [{"lot": "urn:a:b:1", "quantity": {"value": "1.5", "unit": "TNE"}}]


def test_all_faults_come_at_once_and_the_first_keeps_its_facts() -> None:
    tree = {**PRODUCT, "unit": "t", "sector": "", "names": {"de": "Stab"}, "massPerUnit": {"value": "1,234"}}
    error = refusal(tree)
    assert {part.field for part in error.parts} == {
        "$.unit", "$.sector", "$.names", "$.massPerUnit.value", "$.massPerUnit.unit"}
    assert all(part.rule and part.stage == "shape" for part in error.parts)
    first = next(part for part in error.parts if part.field == error.field)
    assert (error.code, error.mend, error.allowed) == (first.code, first.mend, first.allowed)


def test_a_key_of_an_object_is_renamed_before_its_value_is_mended() -> None:
    both = {"mild steel": "98 %", "mildSteel": "0.02"}
    merged = mended(changed(PRODUCT, "/materials", both))
    assert merged["materials"] == {"mild steel": "0.98", "mildSteel": "0.02"}, "no two into one"
    assert mended(changed(PRODUCT, "/materials", {"mild steel": "98 %"})) == changed(
        PRODUCT, "/materials", {"mildSteel": "0.98"})


def test_fractions_of_an_activity_are_mended_too() -> None:
    error = refusal(changed(TRANSFORMATION, "/activity", {"analyses": [{"carbon": 0.29}], "share": 0.5, "rounds": 3}))
    assert {part.field: part.mend[0]["value"] for part in error.parts} == {
        "$.activity.analyses[0].carbon": "0.29", "$.activity.share": "0.5"}
    assert {(part.code, part.stage) for part in error.parts} == {("float", "shape")}


def test_a_word_near_no_other_lists_the_usual_one_first_and_no_default() -> None:
    assert refusal(changed(TRANSFORMATION, "/outputs/0/role", "zzz")).allowed[:2] == ("product", "coProduct")
    error = refusal({**TRANSFORMATION, "basis": "zzz"})
    assert ("final" in error.allowed, "leave it out for final" in error.message) == (False, True)


def test_two_readings_are_named_and_not_guessed() -> None:
    error = refusal(changed(TRANSFORMATION, "/inputs/0/quantity/value", "1,234"))
    assert (error.mend, error.allowed) == ((), ("1.234", "1234"))
    assert "1.234 or 1234" in error.message


def test_a_missing_unit_names_usual_ones_and_a_missing_word_all_of_them() -> None:
    tree = changed(TRANSFORMATION, "/inputs/0/quantity", {"value": "1"})
    del tree["outputs"][0]["role"]
    parts = {part.field: part for part in refusal(tree).parts}
    assert parts["$.inputs[0].quantity.unit"].allowed == ("KGM", "TNE", "KWH")
    assert parts["$.outputs[0].role"].allowed[:2] == ("product", "coProduct")
    assert not parts["$.outputs[0].role"].mend


def test_a_value_that_means_the_default_is_left_out() -> None:
    for wrong, field in (({**TRANSFORMATION, "basis": "Final"}, "basis"),
                         ({**TRANSFORMATION, "basis": "final"}, "basis")):
        error = refusal(wrong)
        assert error.mend == ({"op": "remove", "path": f"/{field}"},)
        assert "leave it out" in error.message


def test_null_is_left_out() -> None:
    error = refusal({**PRODUCT, "massPerUnit": None})
    assert (error.code, error.mend) == ("null", ({"op": "remove", "path": "/massPerUnit"},))


def test_an_unknown_field_near_to_no_other_is_left_out() -> None:
    error = refusal({**FACILITY, "comment": "x"})
    assert (error.code, error.field, error.mend) == (
        "unknown-field", "$.comment", ({"op": "remove", "path": "/comment"},))


def test_a_sole_unknown_field_is_the_sole_missing_one_if_its_value_fits() -> None:
    missing = {name: value for name, value in FACILITY.items() if name != "country"}
    assert refusal({**missing, "land": "CN"}).mend == ({"op": "move", "from": "/land", "path": "/country"},)
    assert mended({**missing, "remark": ["x"]}) == missing


def test_faults_have_a_limit() -> None:
    assert len(refusal({**TRANSFORMATION, "inputs": [{"lot": "a b"}] * 1_000}).parts) == MOST_FAULTS


def test_no_message_repeats_a_large_value() -> None:
    error = refusal({**TRANSFORMATION, "inputs": {"x": "y" * 100_000}, "names": ["z" * 100_000]})
    assert all(len(part.message) < 2_000 for part in error.parts)
    assert sum([len(json.dumps(part.mend)) for part in error.parts]) < 20_000


_json: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.sampled_from(["5,9", "t", "kWh", "2026-02-01", "Product"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["value", "unit", "lot", "quantity", "type", "names", "x"]), inner, max_size=4), max_leaves=8)


def places(tree: Any, path: str = "") -> list[str]:
    """The pointers of all values in a tree."""
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *[inner for name, child in children for inner in places(child, f"{path}/{name}")]]


@settings(max_examples=400)
@given(st.sampled_from(RECORDS), st.data())
def test_the_walk_agrees_with_the_decoder(record: dict[str, Any], data: st.DataObject) -> None:
    """It finds a fault exactly where the decoder fails, it never raises, and each proposal fits the tree."""
    place = data.draw(st.sampled_from([place for place in places(record) if place and "activity" not in place]))
    tree = changed(record, place, data.draw(_json))
    found = faults_of(tree, AnyRecord)
    try:
        _decoder.decode(msgspec.json.encode(tree))
    except msgspec.ValidationError:
        assert found
    else:
        # A unit that the ledger does not know has the form of one; its name says which one is meant.
        # The canonical form refuses null, the decoder does not.
        assert [fault for fault in found if "Rec 20" not in fault.statement and fault.code != "null"] == []
    mended(tree)


@given(_json)
def test_any_tree_is_walked(tree: Any) -> None:
    with contextlib.suppress(LedgerError):
        canonical.record_of(tree)
    assert all(fault.statement for fault in faults_of(tree, AnyRecord))


def test_fractions_are_read_as_they_are_written() -> None:
    tree = canonical.exact_tree(b'{"value": 0.1000000000000000055511151231257827}')
    assert tree["value"] == Decimal("0.1000000000000000055511151231257827")


# --- the parts --------------------------------------------------------------------------------------------------------


def test_all_of_a_short_list_else_the_nearest_three() -> None:
    short = [f"a{i}" for i in range(20)]
    assert (set(allowed("a3", short)), allowed("a3", short)[0]) == (set(short), "a3")
    assert (len(allowed("a3", [*short, "b"])), nearest(None, ["x", "y"], 1)) == (3, ("x",))


@pytest.mark.parametrize(("word", "member"), [
    ("post-consumer", "postConsumer"), ("preconsumer", "preConsumer"), ("postConsmer", "postConsumer"), ("zzz", None),
    (None, None), ("Consumer waste", None), ("a preConsumer waste", "preConsumer"),
])
def test_the_word_that_was_meant(word: object, member: str | None) -> None:
    assert meant(word, ["preConsumer", "postConsumer"]) == member


def test_a_name_without_its_namespace() -> None:
    assert meant("heat-1", ["urn:a:lot:heat-1", "urn:a:lot:heat-2"]) == "urn:a:lot:heat-1"
    assert meant("eaf", ["steel.eaf", "steel.bof"]) == "steel.eaf"


def test_a_shared_namespace_makes_no_name_alike() -> None:
    lots = ["urn:example:mill:lot:core-9", "urn:example:mill:lot:scrap-1"]
    assert meant("urn:example:mill:lot:gb-1", lots) is None
    assert meant("urn:example:mill:lot:scrap1", lots) == "urn:example:mill:lot:scrap-1"
    assert meant("urn:exmple:mill:lot:core-9", lots) == "urn:example:mill:lot:core-9"


def test_patches() -> None:
    tree = {"a": [{"b": 1}], "c/d": 2, "e~f": 3}
    assert patch.pointer(("a", 0, "c/d", "e~f")) == "/a/0/c~1d/e~0f"
    assert patch.patched(tree, [patch.move(("c/d",), ("g",)), patch.replace(("a", 0, "b"), 5), patch.drop(("e~f",)),
                                patch.add(("h",), [1])]) == {"a": [{"b": 5}], "g": 2, "h": [1]}
    assert (tree, patch.steps_of("$.a[0].b")) == ({"a": [{"b": 1}], "c/d": 2, "e~f": 3}, ("a", 0, "b"))


@pytest.mark.parametrize("operation", [
    {"op": "replace", "path": "/x/y", "value": 1}, {"op": "remove", "path": "/x"},
    {"op": "test", "path": "/a", "value": 1}, {"op": "move", "from": "/x", "path": "/y"},
    {"op": "replace", "path": "/a/7", "value": 1},
    {"op": "replace", "path": "/a/z", "value": 1},
])
def test_a_patch_that_does_not_fit(operation: dict[str, object]) -> None:
    assert "does not fit" in str(raised(InvalidInput, patch.patched, {"a": [1]}, [operation]))


def strange(count: int, length: int) -> list[str]:
    """Different words that are like no name."""
    letters = "qxzjvkwy"
    return ["".join([letters[(i >> 3 * place) % 8] for place in range(length)]) + f" {i}" for i in range(count)]


SLOW: Final[dict[str, tuple[dict[str, Any], float]]] = {
    "many unknown fields": ({**FACILITY, **dict.fromkeys(strange(60_000, 6), 1)}, 1.0),
    "a default beside a long list": ({**TRANSFORMATION, "supplies": [], "activity": {"x": [1] * 400_000}}, 2.0),
    "many long units": ({**TRANSFORMATION, "inputs": [
        {"lot": "urn:a:b:1", "quantity": {"value": "1", "unit": word}} for word in strange(100, 160)]}, 0.6),
}


@pytest.mark.parametrize("name", SLOW)
def test_explanations_take_little_time(name: str) -> None:
    tree, most = SLOW[name]
    body = canonical.encode(tree)
    started = time.thread_time()
    raised(InvalidBody, canonical.decode_record, body)
    assert time.thread_time() - started < most


def test_the_nearest_units_of_the_first_unknown_ones() -> None:
    words = [*strange(30, 9), strange(1, 9)[0]]
    inputs = [{"lot": "urn:a:b:1", "quantity": {"value": "1", "unit": word}} for word in words]
    faults = faults_of({**TRANSFORMATION, "inputs": inputs}, AnyRecord)
    assert [fault.advice.partition(" ")[0] for fault in faults] == ["nearest:"] * 20 + ["such"] * 10 + ["nearest:"]


def likeness(word: str, member: str) -> float:
    return SequenceMatcher(None, word, member, autojunk=False).ratio()


WORDS: Final = st.text("abcd", min_size=1, max_size=8)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=40, unique=True))
def test_the_nearest_are_those_of_a_full_comparison(word: str, members: list[str]) -> None:
    members = [member for member in members if member != word] or ["e"]
    ranked = sorted(members, key=lambda member: -likeness(word, member))
    assert nearest(word, members) == tuple(ranked[:3])
    first, second = ranked[0], (ranked[1] if len(ranked) > 1 else "")
    sole = likeness(word, first) >= 0.65 and (not second or likeness(word, first) > likeness(word, second))
    assert meant(word, members) == (first if sole else None)


def test_long_names_are_compared_by_their_ends() -> None:
    prefix = "urn:example:" + "long-" * 40
    members = [prefix + "mill", prefix + "furnace", prefix + "yard"]
    assert (meant(prefix + "furnase", members), meant("x" * 300, ["x" * 255])) == (prefix + "furnace", None)
    assert nearest("x" * 300, members) == tuple(members)


def test_an_error_without_explanation_has_the_first_fault() -> None:
    for tree in ({**FACILITY, "country": "China", "ix": "1"}, {**FACILITY, "country": None, "ix": "1"},
                 {**TRANSFORMATION, "inputs": [], "supplies": []}):
        body = canonical.encode(tree)
        errors = []
        for explain in (True, False):
            errors.append(raised(InvalidBody, canonical.decode_record, body, explain=explain))
        full, short = errors
        assert (short.code, short.field, short.rule) == (full.code, full.field, full.rule)
        assert not short.parts
        assert full.parts or full.mend or full.allowed
