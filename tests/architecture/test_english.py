"""Documents, messages and docstrings keep to plain English: the turns of phrase that `support.english` finds are rare,
and each that stays has its reason."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from support.english import PATTERNS, Hit, Passage, document, hits_below, hits_in, words_of_code

ROOT: Final = Path(__file__).parents[2]
MOST: Final = 30
WARNINGS: Final = (
    ("plugins/building-materials/carbon_ledger_building_materials/cement.py", "of what was charged"),
    ("plugins/building-materials/carbon_ledger_building_materials/cement.py", "but none is supplied"),
    ("plugins/building-materials/carbon_ledger_building_materials/ceramics.py", "but none is supplied"),
    ("plugins/building-materials/carbon_ledger_building_materials/glass.py", "but none is supplied"),
    ("plugins/energy/carbon_ledger_energy/storage.py", "of what went in came out"),
    ("plugins/equipment/carbon_ledger_equipment/casting.py", "but none is supplied"),
    ("plugins/equipment/carbon_ledger_equipment/heat_treatment.py", "but none is supplied"),
    ("plugins/equipment/carbon_ledger_equipment/welding.py", "but none is supplied"),
    ("plugins/petrochemicals/carbon_ledger_petrochemicals/carbon.py", "what is not known counts as none"),
    ("plugins/petrochemicals/carbon_ledger_petrochemicals/refining.py", "and what was burnt hold"),
    ("plugins/steel/carbon_ledger_steel/balance.py", "say what was analysed"),
)
KEPT: Final[Mapping[tuple[str, str], str]] = {
    ("plugins/FACTORS.md", "as told by amee"): "the note of a shipped factor, word for word as in its table",
    ("plugins/FACTORS.md", "what is topped up has leaked"): "the note of a shipped factor",
    ("plugins/FACTORS.md", "what waste gas is credited with"): "the note of a shipped factor",
    ("ledger/core/log/policy.py", "<name>|none"): "the grammar of a policy file",
    ("ledger/engine/chain_figures.py", "X.what"): "a field of a sector's answer",
    ("ledger/pages/site.py", "'none'"): "the keyword of a content policy",
    ("ledger/registry/scaffold_texts.py", "omission.what"): "a field of an assessment",
    ("clients/QUESTIONS.md", "What the ledger questions"): "the title of the page",
    ("clients/README.md", "hat the ledger questions](QUESTIONS.md)"): "the title of the page",
    ("clients/VERIFIERS.md", "hat the ledger questions](QUESTIONS.md)"): "the title of the page",
    **dict.fromkeys(WARNINGS, "a sector's warning: the leaves of records commit to it"),
}
"""File and words around the hit, with the reason for which they stay."""


@cache
def hits() -> list[Hit]:
    return hits_below(ROOT)


def test_phrases_that_readers_stumble_over_have_a_reason() -> None:
    unexplained = [
        f"{hit.file}:{hit.line} {hit.pattern}: {hit.excerpt}" for hit in hits()
        if not any(hit.file == file and words in hit.excerpt for file, words in KEPT)
    ]
    assert unexplained == []


def test_exceptions_are_few_and_used() -> None:
    kept = [hit for hit in hits() if any(hit.file == file and words in hit.excerpt for file, words in KEPT)]
    unused = [(file, words) for file, words in KEPT
              if not any(hit.file == file and words in hit.excerpt for hit in hits())]
    assert len(kept) <= MOST
    assert unused == []


def test_every_pattern_is_found() -> None:
    planted = {
        "relative clause with 'what'": "It shows what it holds.", "'none' as an answer": "burden: 'x' is none",
        "'told'": "The operator is told.", "'he'": "at an hour of his choice",
        "'that of'": "That of the environment counts.", "'all else'": "All else is said by the registrar.",
        "passive without a subject": "The log is open. Kept for a week.",
    }
    assert planted.keys() == PATTERNS.keys()
    for name, text in planted.items():
        assert [hit.pattern for hit in hits_in(Passage(1, text), "a.md")] == [name]


def test_where_words_are_looked_for() -> None:
    source = '''"""What it does."""\nx = f"what {y} is"  # what it is\nz = "and what"\nwhat = 1\n'''
    assert [hit.line for passage in words_of_code(source) for hit in hits_in(passage, "a.py")] == [2, 1, 3, 2]
    text = "# A\n\nplain\n\n```\nwhat is code\n```\n\n- `what` is a name\n- what is not\n"
    assert [hit.line for passage in document(text) for hit in hits_in(passage, "a.md")] == [10]
