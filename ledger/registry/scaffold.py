"""The files of a new sector plugin, for `carbon-ledger plugin new NAME`. They work and pass the conformance kit."""

import re
from collections.abc import Mapping
from string import Template
from typing import Final

from ledger.errors import ConfigurationError
from ledger.registry import table_texts
from ledger.registry.scaffold_texts import EXAMPLES, FACTORS, PACKAGE, PYPROJECT, README, ROUTE, SECTOR, TEST

_NAME: Final = re.compile("[a-z][a-z0-9-]{0,39}")
_TEXTS: Final[Mapping[str, str]] = {
    "pyproject.toml": PYPROJECT,
    "README.md": README,
    "$package/__init__.py": PACKAGE,
    "$package/sector.py": SECTOR,
    "$package/making.py": ROUTE,
    "$package/factors.csv": FACTORS,
    "$package/examples.json": EXAMPLES,
    "$package/py.typed": "",
    "tests/test_$module.py": TEST,
}
_TABLES: Final[Mapping[str, str]] = {
    "pyproject.toml": PYPROJECT,
    "README.md": table_texts.README,
    "$package/__init__.py": table_texts.PACKAGE,
    "$package/sector.csv": table_texts.SECTOR,
    "$package/processes.csv": table_texts.PROCESSES,
    "$package/activity.csv": table_texts.ACTIVITY,
    "$package/emissions.csv": table_texts.EMISSIONS,
    "$package/ranges.csv": table_texts.RANGES,
    "$package/needs.csv": table_texts.NEEDS,
    "$package/nature.csv": table_texts.NATURE,
    "$package/indicators.csv": table_texts.INDICATORS,
    "$package/routes.csv": table_texts.ROUTES,
    "$package/fields.csv": table_texts.FIELDS,
    "$package/examples.json": EXAMPLES,
    "$package/py.typed": "",
    "tests/test_$module.py": table_texts.TEST,
}


def files_of(name: str, en: str | None = None, zh: str | None = None, *, tables: bool = False) -> Mapping[str, str]:
    """The texts of a new plugin by path below its folder. `en` and `zh`: the sector's names in English and Chinese.
    `tables`: a sector without code.

    Raises ConfigurationError for a name that cannot be the first part of a `process`.
    """
    check_plugin_name(name)
    module = name.replace("-", "_")
    words = {
        "name": name, "module": module, "package": f"carbon_ledger_{module}",
        "en": quoted(en or name.replace("-", " ").capitalize()), "zh": quoted(zh or f"{name} 行业"),
    }
    return {Template(path).substitute(words): Template(text).substitute(words) for path, text in
            (_TABLES if tables else _TEXTS).items()}


def check_plugin_name(name: str) -> None:
    """Refuses a name that a sector or a factor set cannot have."""
    if not _NAME.fullmatch(name) or name.endswith("-"):
        raise ConfigurationError(
            f"{name!r} is not a valid plugin name", code="plugin-name", field="name", value=name,
            rule="at most 40 lower-case letters, digits and hyphens; it starts with a letter and ends without a hyphen",
        )


def quoted(text: str) -> str:
    """Checks that the text is valid between double quotes in TOML and Python."""
    if not text.isprintable() or '"' in text or "\\" in text:
        raise ConfigurationError(f"{text!r} is not a valid plugin name", code="plugin-name", field="names", value=text,
                                 rule="printable characters, without double quotation marks and backslashes")
    return text
