"""Meanings and examples of fields, kinds and processes, in tables that people read and programs show.

`fields.csv` of this package has the parts of records, `fields.csv` of a sector's package its activities: a row for each
field of each type. `kinds.csv` has the purpose of each kind of record, `routes.csv` of a sector the purpose of each
process. They compute nothing, so the digest of a plugin leaves them out. A sector may leave its German texts out.
`rules.csv` has the rules of numbers and texts, with `{}` for a bound, `types.csv` the words for types, with `{}` for a
part, `units.csv` the names of units.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple, get_args

from ledger.core.record.units import UNITS
from ledger.sdk.tables import rows

Language = Literal["en", "zh", "de"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
FIELDS: Final = "fields.csv"
ROUTES: Final = "routes.csv"
KINDS: Final = "kinds.csv"
RULES: Final = "rules.csv"
TYPES: Final = "types.csv"
UNIT_NAMES: Final = "units.csv"
_OWN: Final = "ledger.registry.reference"
_NUMBER: Final = re.compile(r"\d[\d,]*")


class FieldText(NamedTuple):
    """`en`, `zh`, `de`: the meaning of a field. `unit`: a usual unit of a quantity. `example`: a value as it stands in
    JSON, without quotes; empty for parts, which have examples of their own."""

    en: str
    zh: str
    unit: str = ""
    example: str = ""
    de: str = ""

    @property
    def texts(self) -> dict[str, str]:
        return texts_by_language(self.en, self.zh, self.de)


class Purpose(NamedTuple):
    """The purpose of a kind or a process, and when to choose it. `words`: further words by which people look for it.
    `name_de`: its German name."""

    en: str
    zh: str
    words: tuple[str, ...] = ()
    de: str = ""
    name_de: str = ""

    @property
    def texts(self) -> dict[str, str]:
        return texts_by_language(self.en, self.zh, self.de)


def texts_by_language(en: str, zh: str = "", de: str = "") -> dict[str, str]:
    """The texts that are not empty, by language."""
    texts: dict[Language, str] = {"en": en, "zh": zh, "de": de}
    return {language: text for language, text in texts.items() if text}


def in_language(texts: Mapping[str, str], language: Language) -> str:
    """The text in a language, or in English where that is missing."""
    return texts.get(language) or texts.get("en", "")


@cache
def field_texts(package: str = _OWN) -> Mapping[tuple[str, str], FieldText]:
    """The texts in a package by type and field; empty without that file. Columns: of, field, en, zh, de,
    unit, example; de may be absent."""
    if not has_file(package, FIELDS):
        return {}
    return {
        (row["of"], row["field"]): FieldText(row["en"], row["zh"], row["unit"], row["example"], row.get("de", ""))
        for row in rows(package, FIELDS)
    }


@cache
def purposes(package: str = _OWN, file: str = KINDS) -> Mapping[str, Purpose]:
    """The purposes in a package by kind or route; empty without that file. Columns: key, en, zh, de, words,
    with `;` between, name_de; de and name_de may be absent."""
    if not has_file(package, file):
        return {}
    return {
        row["key"]: Purpose(row["en"], row["zh"], tuple([word for word in row["words"].split(";") if word]),
                            row.get("de", ""), row.get("name_de", ""))
        for row in rows(package, file)
    }


def unit_in_language(code: str, language: Language) -> str:
    """The name of a unit; the code itself if the ledger does not know it."""
    return in_language(_units().get(code, {}), language) or code


@cache
def _units() -> Mapping[str, Mapping[str, str]]:
    return {row["code"]: texts_by_language(UNITS[row["code"]].name, row["zh"], row["de"])
            for row in rows(_OWN, UNIT_NAMES)}


def rule_in_language(rule: str, language: Language) -> str:
    """The rule of a field, as a reference has it in English; in English too if the table lacks it."""
    table = _translations(RULES)
    if rule in table:
        return in_language(table[rule], language)
    bounds = _NUMBER.findall(rule)
    form = in_language(table.get(_NUMBER.sub("{}", rule), {}), language)
    if not form or language == "en":
        return rule
    return form.format(*[bound.replace(",", "") for bound in bounds])


def type_in_language(kind: str, language: Language) -> str:
    """The type of a field, as a reference has it in English. A part of it that the table lacks, such as the name of a
    struct, stays."""
    table = _translations(TYPES)
    if language == "en" or kind in table:
        return in_language(table.get(kind, {}), language) or kind
    for english, texts in table.items():
        if "{}" in english and (match := re.fullmatch(english.replace("{}", "(.+?)"), kind)) is not None:
            return in_language(texts, language).format(*[type_in_language(part, language) for part in match.groups()])
    return kind


@cache
def _translations(file: str) -> Mapping[str, Mapping[str, str]]:
    """The texts of a table by the English one."""
    return {row["en"]: texts_by_language(row["en"], row["zh"], row["de"]) for row in rows(_OWN, file)}


def has_file(package: str, file: str) -> bool:
    """False for a sector that is registered without a package."""
    return bool(package) and files(package).joinpath(file).is_file()
