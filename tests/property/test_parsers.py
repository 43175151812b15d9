"""Every parser of what others wrote: whatever comes in, nothing but a LedgerError comes out, and what it lets pass has
one spelling. `make fuzz` runs the same targets under a coverage-guided fuzzer for as long as one likes."""

import json
from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples
from support.parsers import TARGETS, TOKENS, VECTORS, survives

CRASHES: Final = json.loads((VECTORS / "fuzz.json").read_text(encoding="utf-8"))["inputs"]
JSON: Final = ("envelope", "record", "receipt", "statement")
ODD: Final[tuple[Any, ...]] = (
    None, True, -1, 2**53, 2**64, 1.5, "", "0", "\0", "\ud7ff", "x" * 5_000, "AAAA", "====", [], {}, [[]] * 40,
    {"": None},
)


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A valid input with up to four places cut out, replaced, or filled from elsewhere."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 70)))
        source = draw(st.sampled_from(seeds))
        first = draw(st.integers(0, len(source)))
        data[start:end] = draw(st.one_of(
            st.binary(max_size=8), st.sampled_from(TOKENS), st.just(source[first : first + 70]),
            st.just(bytes(data[start:end]) * 2), st.sampled_from([b"0", b"1", b"A", b"/", b":"]),
        ))
    return bytes(data)


@st.composite
def retold(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """A valid JSON input in which one value, name or whole object is another thing."""
    tree = json.loads(draw(st.sampled_from(seeds)))
    node: Any = tree
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = draw(st.sampled_from(keys))
        child = node[key]
        if not isinstance(child, dict | list) or not child or draw(st.booleans()):
            break
        node = child
    change = draw(st.sampled_from(("replace", "remove", "rename", "text")))
    if change == "remove":
        del node[key]
    elif change == "rename" and isinstance(node, dict):
        node[draw(st.text(max_size=4))] = node.pop(key)
    else:
        node[key] = draw(st.text(max_size=20)) if change == "text" else draw(st.sampled_from(ODD))
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("name", TARGETS)
def test_valid_inputs_pass(name: str) -> None:
    """The seeds are what the parsers are for: fuzzers that change them reach beyond the first check."""
    seeds = TARGETS[name].seeds()
    assert seeds
    for seed in seeds:
        assert survives(TARGETS[name], seed), seed


@pytest.mark.parametrize("name", TARGETS)
@examples(40)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=150).map(lambda text: text.encode())))
def test_arbitrary_bytes(name: str, data: bytes) -> None:
    survives(TARGETS[name], data)


@pytest.mark.parametrize("name", TARGETS)
@examples(100)
@given(data=st.data())
def test_changed_inputs(name: str, data: st.DataObject) -> None:
    survives(TARGETS[name], data.draw(mutated(TARGETS[name].seeds())))


@pytest.mark.parametrize("name", JSON)
@examples(300)
@given(data=st.data())
def test_changed_json(name: str, data: st.DataObject) -> None:
    survives(TARGETS[name], data.draw(retold(TARGETS[name].seeds())))


@pytest.mark.parametrize("token", range(len(TOKENS)))
@pytest.mark.parametrize("name", TARGETS)
def test_tokens_at_every_border(name: str, token: int) -> None:
    """Before, after, and in place of the lines of the first valid input; and a thousand times."""
    seed, one = TARGETS[name].seeds()[0], TOKENS[token]
    replaced = [seed.replace(cut, one, 1) for cut in (b"\n", b":", b"/", b'"')]
    for data in (one, one + seed, seed + one, one * 1_000, *replaced):
        survives(TARGETS[name], data)


def test_what_fuzzers_have_found() -> None:
    """Inputs that once brought out something else than a LedgerError, or had a second spelling."""
    for crash in CRASHES:
        passes = survives(TARGETS[crash["target"]], bytes.fromhex(crash["input"]))
        assert passes is (crash["verdict"] == "passes"), crash["about"]
