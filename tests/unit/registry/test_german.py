"""The German texts of fields, kinds and processes say what the English ones say."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest
from support.cli import run

from ledger.client.sheets.template import Guides, example_of, keyed, template_sheets
from ledger.core.record.unit_names import read_unit
from ledger.core.record.units import UNITS
from ledger.registry.installed import installed
from ledger.registry.reference.catalogue import Catalogue
from ledger.registry.reference.texts import (
    LANGUAGES,
    ROUTES,
    RULES,
    TYPES,
    UNIT_NAMES,
    Language,
    field_texts,
    in_language,
    purposes,
    rule_in_language,
    type_in_language,
    unit_in_language,
)
from ledger.sdk.tables import rows

REGISTRY: Final = installed(sets=False)
SECTORS: Final = REGISTRY.sectors
LONGEST: Final = {"field": 300, "purpose": 480}
TRANSLATED: Final = {"COD": "CSB"}
"""Abbreviations that German has its own for."""
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")
_ROUTE: Final = re.compile(r"\b[a-z][a-z-]+\.[a-z][A-Za-z]+\b")
KNOWN_RULES: Final = {row["en"] for row in rows("ledger.registry.reference", RULES)}
ENGLISH: Final = re.compile(r"\b(the|and|with|which|not|from|by|for|of|or|to|as|at|is|are|each|if|left out)\b")


class Pair(NamedTuple):
    where: str
    en: str
    de: str
    kind: str


def pairs_of(package: str | None) -> Iterator[Pair]:
    """The texts of a sector's package, or of the records."""
    fields, chosen = (field_texts(), purposes()) if package is None else (
        field_texts(package), purposes(package, ROUTES))
    yield from (Pair(f"{of}.{field}", text.en, text.de, "field") for (of, field), text in fields.items())
    yield from (Pair(key, purpose.en, purpose.de, "purpose") for key, purpose in chosen.items())


def codes_in(text: str) -> set[str]:
    """Names of fields, codes, units, formulas and processes: what no language changes."""
    words = {word for word in _WORD.findall(text) if re.search("[A-Z0-9]", word[1:])}
    return words | set(_ROUTE.findall(text))


def numbers_in(text: str, *, german: bool) -> set[str]:
    """The numbers as English text writes them, without separators of thousands."""
    return {number.replace(",", "." if german else "") for number in _NUMBER.findall(text)}


def faults_of(pair: Pair) -> Iterator[str]:
    if pair.de == pair.en:
        yield "is the English text"
    expected = {TRANSLATED.get(code, code) for code in codes_in(pair.en)}
    if codes_in(pair.de) != expected:
        yield f"names differ: {sorted(codes_in(pair.de) ^ expected)}"
    if numbers_in(pair.de, german=True) != numbers_in(pair.en, german=False):
        yield f"numbers differ: {pair.de}"
    if ENGLISH.search(pair.de) is not None:
        yield f"has English words: {pair.de}"
    if pair.de.endswith(".") or len(pair.de) > LONGEST[pair.kind]:
        yield f"ends in a full stop or is long: {len(pair.de)}"
    if "\u00a0" in pair.de or pair.de != pair.de.strip() or "  " in pair.de:
        yield "has superfluous spaces"


def test_each_field_and_kind_of_a_record_is_told_in_german() -> None:
    assert [pair.where for pair in pairs_of(None) if not pair.de] == []
    assert [kind for kind, purpose in purposes().items() if not purpose.name_de] == []
    names = [purpose.name_de for purpose in purposes().values()]
    assert len(set(names)) == len(names)


def test_german_texts_of_records_say_what_the_english_ones_do() -> None:
    assert [(pair.where, fault) for pair in pairs_of(None) for fault in faults_of(pair)] == []


@pytest.mark.parametrize("name", SECTORS)
def test_each_field_and_process_of_a_sector_is_told_in_german(name: str) -> None:
    assert [pair.where for pair in pairs_of(SECTORS[name].package) if not pair.de] == []
    names = {key: purpose.name_de for key, purpose in purposes(SECTORS[name].package, ROUTES).items()}
    assert names.keys() == SECTORS[name].sector.routes.keys()
    assert [key for key, name in names.items() if not name] == []
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize("name", SECTORS)
def test_german_texts_of_a_sector_say_what_the_english_ones_do(name: str) -> None:
    assert [(pair.where, fault) for pair in pairs_of(SECTORS[name].package) for fault in faults_of(pair)] == []


def test_a_text_has_the_same_german_everywhere() -> None:
    german, english = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for pair in [pair for package in [None, *[one.package for one in SECTORS.values()]] for pair in pairs_of(package)]:
        german[pair.en].add(pair.de)
        english[pair.de].add(pair.en)
    assert [texts for texts in [*german.values(), *english.values()] if len(texts) > 1] == []


@pytest.mark.parametrize(("de", "fault"), [
    ("Masse in kg", "numbers"), ("Masse über 0,6 in kgm", "names"), ("Masse über 0,5 in KGM", "numbers"),
    ("Mass above 0.6 in KGM", "is the English"), ("Masse by 0,6 KGM", "English words"),
    ("Masse über 0,6 in KGM.", "full stop"),
])
def test_a_planted_mistake_is_a_fault(de: str, fault: str) -> None:
    right = Pair("Flow.quantity", "Mass above 0.6 in KGM", "Masse über 0,6 in KGM", "field")
    assert list(faults_of(right)) == []
    assert any(fault in one for one in faults_of(right._replace(de=de)))


def test_answers_have_german_where_there_is_one() -> None:
    catalogue = Catalogue(REGISTRY)
    entry = next(entry for entry in catalogue.entries if entry.name == "transfer")
    assert (set(entry.names), set(entry.purpose)) == ({"en", "de"}, {"en", "zh", "de"})
    (record, *_) = catalogue.reference("transfer").types
    assert all(set(field.meaning) == {"en", "zh", "de"} for field in record.fields)


def test_each_rule_is_told_in_each_language() -> None:
    catalogue = Catalogue(REGISTRY)
    rules = {field.rule for entry in catalogue.entries for one in catalogue.reference(entry.name).types
             for field in one.fields if field.rule is not None}
    assert {rule for rule in rules if rule_in_language(rule, "en") != rule} == set()
    for language in ("zh", "de"):
        assert {rule for rule in rules if rule_in_language(rule, language) == rule} <= {"`sector.route`"}
    used = {rule if rule in KNOWN_RULES else re.sub(r"\d[\d,]*", "{}", rule) for rule in rules}
    assert used == KNOWN_RULES
    assert [fault for row in rows("ledger.registry.reference", RULES)
            for fault in faults_of(Pair(row["en"], row["en"], row["de"], "field"))] == []


@pytest.mark.parametrize(("language", "told"), [
    ("en", "at most 1,000 items"), ("zh", "至多 1000 项"), ("de", "höchstens 1000 Posten"),
])
def test_a_rule_has_its_bounds(language: Language, told: str) -> None:
    assert rule_in_language("at most 1,000 items", language) == told
    assert rule_in_language("1 to 12", language) == {"en": "1 to 12", "zh": "1 至 12", "de": "1 bis 12"}[language]
    assert rule_in_language("the pattern ^{}$", language) == "the pattern ^{}$"


def test_each_type_is_told_in_each_language() -> None:
    """Names of structs stay."""
    catalogue = Catalogue(REGISTRY)
    types = [one for entry in catalogue.entries for one in catalogue.reference(entry.name).types]
    kinds, structs = {field.type for one in types for field in one.fields}, {one.name for one in types}
    words = {row["en"] for row in rows("ledger.registry.reference", TYPES)}
    assert {kind for kind in kinds if type_in_language(kind, "en") != kind} == set()
    for language in ("zh", "de"):
        assert {kind for kind in kinds if type_in_language(kind, language) == kind} <= structs | {"JSON", "base64"}
    assert {word for word in words if "{" not in word and not any(word in kind for kind in kinds)} == set()


@pytest.mark.parametrize(("kind", "zh", "de"), [
    ("list of Supply", "列表：Supply", "Liste: Supply"), ("true or false", "true 或 false", "true oder false"),
    ("list of 5 x whole number", "列表（5 个）：整数", "Liste aus 5 x ganze Zahl"),
    ("map from key to signed decimal", "映射：关键字 → 可为负的十进制数",
     "Zuordnung: Schlüssel → Dezimalzahl, auch negativ"),
    ("text or list of id", "文本 或 列表：标识符", "Text oder Liste: Kennung"), ("Sieve", "Sieve", "Sieve"),
])
def test_a_type_has_its_parts(kind: str, zh: str, de: str) -> None:
    assert [type_in_language(kind, language) for language in ("en", "zh", "de")] == [kind, zh, de]


def test_each_unit_has_a_name_in_each_language_that_is_read_as_this_unit() -> None:
    """Names with an explanation in brackets, and of a mere one, are for readers alone."""
    table = {row["code"]: row for row in rows("ledger.registry.reference", UNIT_NAMES)}
    assert list(table) == list(UNITS)
    for code in UNITS:
        english, *others = [unit_in_language(code, language) for language in LANGUAGES]
        assert english == UNITS[code].name
        assert [name for name in others if name in ("", english)] == []
        plain = [name for name in others if not re.search(r"[(（]|^British", name) and code not in ("C62", "EA")]
        assert [name for name in plain if code not in read_unit(name).codes] == []
    assert unit_in_language("XYZ", "de") == "XYZ"


def test_notes_of_templates_are_german() -> None:
    """Of a whole workbook, with the records to which the example refers."""
    catalogue = Catalogue(REGISTRY)
    guides = Guides(catalogue.reference)
    for entry in catalogue.entries:
        if entry.of == "process":
            records = keyed(example_of(catalogue.reference(entry.name), guides, whole=True))
            notes = [(column.name, column.note) for sheet in template_sheets(records, guides, "de")
                     for column in sheet.columns]
            assert {name for name, note in notes if not note} == {"type"}
            assert [note for note in notes if ENGLISH.search(note[1]) is not None] == []
            assert any("übliche Einheit: KGM (Kilogramm)" in note for _, note in notes)


def test_english_stands_in_for_german() -> None:
    assert in_language({"en": "Milling", "zh": "研磨"}, "de") == "Milling"
    assert in_language({"en": "Milling", "de": "Mahlen"}, "de") == "Mahlen"
    assert in_language({}, "de") == ""


def test_the_command_shows_german() -> None:
    told = run("schema", "transfer", "--language", "de").succeeded().out
    assert "transfer: Übergabe" in told
    assert "Besitzer des Loses" in " ".join(told.split())
    assert "Berichtigung" in run("schema", "--language", "de").succeeded().out
    assert told.splitlines()[4].split()[:3] == ["Feld", "Typ", "Pflicht"]
    assert "meist KGM (Kilogramm)" in " ".join(told.split())
    storage = run("schema", "energy.storage", "--language", "de").succeeded().out
    assert ENGLISH.search(re.sub("`[^`]*`", "", storage)) is None
    furnace = " ".join(run("schema", "steel.electricArcFurnace", "--language", "de").succeeded().out.split())
    assert "steel.electricArcFurnace: Elektrolichtbogenofen" in furnace
    assert purposes(SECTORS["steel"].package, ROUTES)["electricArcFurnace"].de in furnace
