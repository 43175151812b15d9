"""`charts/METRICS.md` has a row for each metric and each step, with the words of the code."""

import re
from pathlib import Path
from typing import Final

from ledger.service.observation.catalogue import METRICS, PROCESS
from ledger.service.observation.steps import Step

PAGE: Final = (Path(__file__).parents[2] / "charts" / "METRICS.md").read_text(encoding="utf-8")


def test_the_page_lists_the_metrics() -> None:
    rows = re.findall(r"^\| `(carbon_ledger_\w+)` \| (.*?) \| (.*?) \| (.*) \|$", PAGE, re.M)
    expected = [
        (name, metric.kind, ", ".join([*metric.labels, *([PROCESS] if metric.of_process else [])]), metric.meaning)
        for name, metric in METRICS.items()
    ]
    assert rows == expected


def test_the_page_lists_the_steps() -> None:
    section = PAGE.partition("## Steps")[2].partition("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.M) == list(Step)
