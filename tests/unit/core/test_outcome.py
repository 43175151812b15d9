import base64
import hashlib
import json
import math
from decimal import Decimal

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
from ledger.core.record.values import Quantity

NONCE = base64.urlsafe_b64encode(bytes(range(16))).decode().rstrip("=")
SEED = salt_seed(NONCE)


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
