"""A key with one slip of the pen is among the keys that the refusal of it names."""

import string
from typing import Final

from hypothesis import assume, given
from hypothesis import strategies as st
from support.examples import examples
from support.sectors import open_set

from ledger.registry.supply_names import nearest_supplies, supplies_like

SETS: Final = (open_set().newest,)
KEYS: Final = sorted(SETS[0].supplies)
"""Every key of the common set."""


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    """A key, and the key with a letter left out, added, replaced, or exchanged with the next one."""
    key = draw(st.sampled_from(KEYS))
    place, letter = draw(st.integers(0, len(key) - 1)), draw(st.sampled_from(string.ascii_letters))
    before, after = key[:place], key[place:]
    word = draw(st.sampled_from([
        before + after[1:], before + letter + after, before + letter + after[1:], before + after[:2][::-1] + after[2:],
    ]))
    return key, word


@examples(150)
@given(slip=slips())
def test_the_key_is_proposed(slip: tuple[str, str]) -> None:
    key, word = slip
    assume(word and SETS[0].entry(word) is None)
    assert key in supplies_like(SETS, word)


@examples(40)
@given(word=st.text(min_size=1, max_size=80))
def test_any_word_gets_three_different_keys(word: str) -> None:
    keys = nearest_supplies(SETS, word)
    assert len(set(keys)) == 3
    assert set(keys) <= set(KEYS)
