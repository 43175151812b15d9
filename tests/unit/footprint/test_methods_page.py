"""The page of methods says what the catalogue says."""

from importlib.resources import files
from pathlib import Path

from ledger.footprint.derived.methods.catalogue import METHODS
from ledger.footprint.derived.methods.describing import markdown

PAGE = Path(str(files("ledger.footprint.derived.methods").joinpath("README.md")))


def test_the_page_is_made_from_the_catalogue() -> None:
    _, generated, references = PAGE.read_text(encoding="utf-8").split("\n---\n\n")
    assert generated.strip() == markdown(METHODS).strip()
    assert "565 kg CO2" in references
