"""What records may say of uncertainty: a geometric standard deviation, a pedigree of five scores, or nothing."""

import json
from typing import Any

import pytest

from ledger.core.record import canonical
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import Declaration, Transformation
from ledger.errors import InvalidBody

FACTOR = {"value": "2", "unit": "KGM", "source": "table", "year": 2024, "boundary": "cradleToGate"}
SUPPLY = {"material": "coal", "quantity": {"value": "1", "unit": "KGM"}}


def body(tree: Any) -> bytes:
    return json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()


def declaration(**fields: Any) -> dict[str, Any]:
    return {"type": "declaration", "issuer": "a:b", "nonce": "A" * 22, "start": "2024-01-01T00:00:00Z",
            "end": "2024-02-01T00:00:00Z", "basis": "study", "boundary": "cradleToGate", **fields}


def transformation(supply: dict[str, Any]) -> dict[str, Any]:
    return {"type": "transformation", "issuer": "a:b", "nonce": "A" * 22, "facility": "a:site", "activity": {},
            "start": "2024-01-01T00:00:00Z", "end": "2024-01-02T00:00:00Z", "process": "steel.eaf", "outputs": [],
            "supplies": [supply]}


def placed(where: str, field: str, value: object) -> tuple[dict[str, Any], str]:
    """A record with the field in that place, and the field's path."""
    if where == "declaration":
        return declaration(**{field: value}), f"$.{field}"
    if where == "supply":
        return transformation({**SUPPLY, field: value}), f"$.supplies[0].{field}"
    return transformation({**SUPPLY, "factor": {**FACTOR, field: value}}), f"$.supplies[0].factor.{field}"


PLACES = pytest.mark.parametrize("where", ["declaration", "supply", "factor"])


@PLACES
def test_both_may_be_stated_and_read_back(where: str) -> None:
    tree, _ = placed(where, "deviation", "1.2")
    pedigreed, _ = placed(where, "pedigree", [1, 2, 3, 4, 5])
    for one in (tree, pedigreed):
        assert canonical.encode(decode_record(body(one))) == body(one)


def test_what_is_read() -> None:
    record = decode_record(body(declaration(deviation="1.2", pedigree=[5, 4, 3, 2, 1])))
    assert isinstance(record, Declaration)
    assert (record.deviation, record.pedigree) == ("1.2", (5, 4, 3, 2, 1))
    factor = {**FACTOR, "deviation": "1.05"}
    made = decode_record(body(transformation({**SUPPLY, "pedigree": [1, 1, 1, 1, 1], "factor": factor})))
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
        decode_record(body(tree))
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
        decode_record(body(tree))
    error = caught.value
    assert (error.code, error.field, error.value, error.rule) == ("invalid-field", path + place, value, rule)
    assert error.message.startswith(f"{path}{place}: ")
