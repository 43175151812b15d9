"""Small factor sets for tests: rows by keyword, the rest of the cells filled in."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from ledger.sdk import FactorSetVersion
from ledger.sdk.sets.reading import CLASS_COLUMNS, FACTOR_COLUMNS, SOURCE_COLUMNS, SUPPLY_COLUMNS, parse_version

Cells = Mapping[str, str]


def supply(key: str = "sand", **cells: str) -> Cells:
    """A material in kilograms."""
    return {"key": key, "kind": "material", "unit": "KGM", "en": f"some {key}", "zh": f"砂{key}", **cells}


def factor(key: str = "sand", place: str = "*", year: int = 2020, gases: str = "CO2e 1", **cells: str) -> Cells:
    """A cradle-to-gate factor with a pedigree."""
    return {"key": key, "boundary": "cradleToGate", "place": place, "year": str(year), "gases": gases,
            "pedigree": "1 2 3 4 5", "status": "read", "source": "s", **cells}


def source(key: str = "s", **cells: str) -> Cells:
    return {"id": key, "title": "A title", "publisher": "A publisher", "year": "2021", "licence": "open", **cells}


def group(key: str, words: str) -> Cells:
    return {"class": key, "words": words, "en": f"class {key}", "zh": f"类{key}"}


def table(columns: Sequence[str], rows: Iterable[Cells]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def files(
    supplies: Iterable[Cells], factors: Iterable[Cells], sources: Iterable[Cells] | None = None,
    classes: Iterable[Cells] = (),
) -> dict[str, bytes]:
    """The files of a version."""
    return {
        "supplies.csv": table((*SUPPLY_COLUMNS, "de"), supplies), "factors.csv": table(FACTOR_COLUMNS, factors),
        "sources.csv": table(SOURCE_COLUMNS, [source()] if sources is None else sources),
        "classes.csv": table(CLASS_COLUMNS, classes),
    }


def version(
    supplies: Iterable[Cells], factors: Iterable[Cells], name: str = "tests", *, classes: Iterable[Cells] = (),
) -> FactorSetVersion:
    """A version, which may break the rules of the kit but not the form."""
    return parse_version(name, "1", files(supplies, factors, classes=classes))
