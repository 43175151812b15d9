"""Stories under the rules and all factor sets: the ledger questions few of their records, and each of these is listed
here with its reason. The month of a foundry has such a test of its own (`test_foundry_month.py`)."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Final

import pytest
from vectors.build_stories import FILE

STORIES: Final[Mapping[str, dict[str, int]]] = {
    "demo": {},
    # Right: a factor of clinker without its document, below the default; slag and swarf of the same site, which are no
    # recycled content without a document.
    "cross sectors": {"unproven-figure": 1, "group-scrap": 2},
    # Right: freight by a study that nobody shows; a wind park of a sector that knows no wind; rings of 150 kg CO2e a
    # tonne, with no steel in them.
    "border": {"unproven-figure": 1, "power-of-heat": 1, "figure-below-range": 2},
    # Gas, ethane, methanol, bitumen, tar and wax that stay in what is made of them.
    "raw materials": {},
}
"""Each story with the codes and numbers of its warnings. None of them is false."""


@pytest.mark.parametrize("story", STORIES)
def test_stories_are_questioned_for_a_reason(story: str) -> None:
    """By their figures in the vectors, which `unit/test_stories.py` computes again."""
    records = json.loads(FILE.read_text(encoding="utf-8"))[story].values()
    warnings = [{code for severity, code, *_ in record.get("findings", []) if severity == "warning"}
                for record in records]
    assert (Counter(code for codes in warnings for code in codes), len(warnings) > 10) == (STORIES[story], True)
