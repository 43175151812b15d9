"""The reference of records from their types: fields, allowed values, search, and JSON Schema."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints

import msgspec
import pytest
from msgspec import DecodeError, Meta, Struct
from support.containing import Containing
from support.english import Passage, hits_in
from support.raising import raised

from ledger.admission.checks.times import check_time
from ledger.core.record.canonical import record_of
from ledger.core.record.identifiers import check_identifier
from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.core.record.units import UNITS, unit
from ledger.core.record.values import Fraction, Quantity
from ledger.engine.sectors import Installed
from ledger.errors import LedgerError, NotFound
from ledger.registry.digests import digest_of
from ledger.registry.installed import installed
from ledger.registry.reference.catalogue import Catalogue, SchemaEntry, fitting
from ledger.registry.reference.shapes import FieldShape, Shape, shape_of, shapes_of
from ledger.registry.reference.texts import ROUTES, FieldText, field_texts, purposes


class Sieve(Struct, rename="camel"):
    """A part."""

    mesh_size: Annotated[int, Meta(ge=1, le=9)]


class Milling(Struct, rename="camel"):
    """How a mill ran."""

    ground: Quantity
    mode: Literal["wet", "dry"] = "dry"
    sieves: list[Sieve] = []
    shares: dict[str, Fraction] = {}
    closed: bool = False
    note: str | None = None


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(installed(sets=False))


def test_fields_of_a_type() -> None:
    fields = {field.name: field for field in shape_of(Milling).fields}
    assert fields == Containing({
        "ground": FieldShape("ground", "Quantity", True, parts=(Quantity,)),
        "mode": FieldShape("mode", "word", False, ("dry", "wet"), default="dry"),
    })
    assert (fields["sieves"].kind, fields["sieves"].parts) == ("list of Sieve", (Sieve,))
    assert fields["shares"].kind == "map from text to fraction"
    assert (fields["closed"].allowed, fields["closed"].default) == (("true", "false"), "false")
    assert (fields["note"].kind, fields["note"].required, fields["note"].default) == ("text", False, None)
    assert shape_of(Sieve).fields[0] == FieldShape("meshSize", "whole number", True, rule="1 to 9")


def test_a_pattern_of_its_own_is_a_text_with_that_rule() -> None:
    class Coded(Struct):
        code: Annotated[str, Meta(pattern="^[A-Z]{2}$")]

    (field,) = shape_of(Coded).fields
    assert (field.kind, field.rule) == ("text", "the pattern ^[A-Z]{2}$")


def test_only_texts_stay_out_of_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "described_sector"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = digest_of("described_sector", [])
    (package / "routes.csv").write_text("key,en,zh,words\nmill,Milling,研磨,grind\n", encoding="utf-8")
    assert digest_of("described_sector", []) == before
    german = "key,en,zh,de,words,name_de\nmill,Milling,研磨,Mahlen von Erz,grind,Mahlen\n"
    (package / "routes.csv").write_text(german, encoding="utf-8")
    assert digest_of("described_sector", []) == before
    # Distances under that name are data, and so is a file further down.
    (package / "routes.csv").write_text("from,to,kilometres\nA,B,12\n")
    other = digest_of("described_sector", [])
    (package / "data" / "fields.csv").write_text("of,field,en,zh,unit,example\n")
    assert len({before, other, digest_of("described_sector", [])}) == 3


def test_parts_follow_once_in_the_order_of_their_use() -> None:
    assert [shape.name for shape in shapes_of(Milling)] == ["Milling", "Quantity", "Sieve"]


def test_every_kind_and_process_has_its_reference(catalogue: Catalogue) -> None:
    assert len(catalogue.entries) > 80
    for entry in catalogue.entries:
        reference = catalogue.reference(entry.name)
        assert reference.types
        types = {one.name for one in reference.types}
        for one in reference.types:
            for field in one.fields:
                assert field.type != "JSON" or field.name in ("activity", "fields"), (entry.name, field)
                assert set(field.parts) <= types


def test_the_schema_of_a_process_has_its_activity(catalogue: Catalogue) -> None:
    definitions = catalogue.reference("steel.electricArcFurnace").json_schema["$defs"]
    assert isinstance(definitions, dict)
    fields = definitions["Transformation"]["properties"]
    assert fields == Containing({
        "process": {"const": "steel.electricArcFurnace"}, "activity": {"$ref": "#/$defs/ElectricArcFurnace"}
    })
    assert "charge" in definitions["ElectricArcFurnace"]["properties"]
    # The type itself is as before.
    assert msgspec.json.schema(Transformation)["$defs"]["Transformation"]["properties"]["process"] != fields["process"]


def test_an_unknown_name_gets_the_nearest(catalogue: Catalogue) -> None:
    assert "steel.electricArcFurnace" in (raised(NotFound, catalogue.reference, "steel.arcFurnace").rule or "")


ENTRIES = [
    SchemaEntry(name="metal.casting", of="process", names={"en": "Casting", "zh": "铸造"},
                purpose={"en": "Molten metal becomes castings.", "zh": "熔融金属制成铸件。"},
                words=["die casting", "压铸"]),
    SchemaEntry(name="metal.rolling", of="process", names={"en": "Rolling", "zh": "轧制"},
                purpose={"en": "Castings and slabs become sheet.", "zh": "板坯轧成板材。"}),
    SchemaEntry(name="transfer", of="kind", names={"en": "transfer"}, words=["delivery"]),
]


@pytest.mark.parametrize(("query", "names"), [
    ("die casting", ["metal.casting", "metal.rolling"]), ("Casting", ["metal.casting", "metal.rolling"]),
    ("压铸", ["metal.casting"]),
    ("delivery", ["transfer"]), ("sheet", ["metal.rolling"]), ("brewery", []),
])
def test_search_by_words_of_two_languages(query: str, names: list[str]) -> None:
    assert [entry.name for entry in fitting(ENTRIES, query)] == names


@pytest.mark.parametrize(("query", "name"), [
    ("Druckguss", "equipment.casting"), ("Gießerei", "equipment.casting"),
    ("Aluminiumguss", "nonferrous.aluminiumCasting"), ("Brauerei", "consumer-goods.foodAndDrink"),
    ("Bier", "consumer-goods.foodAndDrink"), ("Walzwerk", "steel.rolling"), ("Hochofen", "steel.blastFurnace"),
    ("Schrott", "steel.scrapProcessing"), ("Klinker", "building-materials.clinker"),
    ("Zerspanung", "equipment.machining"),
    ("Aufarbeitung", "equipment.remanufacturing"), ("Steinbruch", "building-materials.quarrying"),
    ("Blockheizkraftwerk", "energy.combinedHeatAndPower"), ("Lkw", "logistics.transport"),
    ("Kalkwerk", "building-materials.lime"), ("Lack", "equipment.vehicleAssembly"),
    ("Betonwerk", "building-materials.concrete"),
    ("Wärmeerzeuger", "energy.heatBoiler"), ("Sägewerk", "consumer-goods.sawnWood"), ("Deponie", "circular.landfill"),
    ("Zahnrad", "equipment.machining"), ("Bauschutt", "circular.sorting"), ("Schraube", "equipment.forging"),
    ("Lieferschein", "transfer"), ("Standort", "facility"), ("Inventur", "consumption"),
    ("Jahresabschluss", "closing"), ("Prüfbericht", "attestation"),
])
def test_german_words_find_their_entry(catalogue: Catalogue, query: str, name: str) -> None:
    assert fitting(catalogue.entries, query)[0].name == name


def test_a_word_within_another_is_no_hit() -> None:
    link = SchemaEntry(name="grant", of="kind", names={"en": "grant"}, words=["link"])
    assert fitting([link], "klinker") == []
    assert fitting([link], "linkage") == [link]


# Every field, kind and process has a text in both languages, and every text has a field.


SECTORS = installed(sets=False).sectors
NOT_QUOTED: Final = ("whole number", "true or false", "JSON", "list ", "map ")
"""Kinds of fields whose values stand in JSON without quotes."""
HAN: Final = re.compile("[\u4e00-\u9fff]")
LONGEST: Final = 260


def shapes_of_sector(sector: Installed, *, shared: bool) -> dict[str, Shape]:
    """The types of its activities: its own, or those that it shares with records and other sectors."""
    return {
        shape.name: shape for route in sector.sector.routes.values() for shape in shapes_of(route.activity)
        if shape.of.__module__.startswith("ledger.") == shared
    }


def shared_shapes() -> dict[str, Shape]:
    """The types of records, and those that sectors share."""
    shapes = {shape.name: shape for kind in get_args(AnyRecord) for shape in shapes_of(kind)}
    for sector in SECTORS.values():
        shapes |= shapes_of_sector(sector, shared=True)
    return shapes


def fields_of(shapes: dict[str, Shape]) -> set[tuple[str, str]]:
    return {(shape.name, field.name) for shape in shapes.values() for field in shape.fields}


def test_each_field_of_a_record_or_of_a_shared_type_has_a_text() -> None:
    texts = field_texts()
    assert set(texts) == fields_of(shared_shapes())
    assert all(text.en and text.zh for text in texts.values())


@pytest.mark.parametrize("name", SECTORS)
def test_each_field_of_an_activity_has_a_text(name: str) -> None:
    texts = field_texts(SECTORS[name].package)
    assert set(texts) == fields_of(shapes_of_sector(SECTORS[name], shared=False))
    assert all(text.en and text.zh for text in texts.values())


def test_each_kind_has_a_purpose() -> None:
    kinds = {str(kind.__struct_config__.tag) for kind in get_args(AnyRecord)}
    assert set(purposes()) == kinds
    assert all(one.en and one.zh and one.words for one in purposes().values())


@pytest.mark.parametrize("name", SECTORS)
def test_each_process_has_a_purpose(name: str) -> None:
    texts = purposes(SECTORS[name].package, ROUTES)
    assert set(texts) == set(SECTORS[name].sector.routes)
    assert all(one.en and one.zh and one.words for one in texts.values())


def holds_parts(field: FieldShape) -> bool:
    """Whether a field is a part or a list of parts. A map has an example of its own, since its keys are no fields."""
    return bool(field.parts) and not field.kind.startswith("map ")


def faults_of(shape: Shape, texts: Mapping[tuple[str, str], FieldText]) -> Iterator[str]:
    """The faults in the examples and units of a type's fields."""
    hints = get_type_hints(shape.of, include_extras=True)
    attributes = dict(zip(shape.of.__struct_encode_fields__, shape.of.__struct_fields__, strict=True))
    for field in shape.fields:
        where, text = f"{shape.name}.{field.name}", texts[shape.name, field.name]
        if text.unit not in (UNITS if field.kind == "Quantity" else ("",)):
            yield f"{where}: unit {text.unit!r} of a field of type {field.kind}"
        if holds_parts(field) != (not text.example):
            yield f"{where}: example {text.example!r} of a field of type {field.kind}"
        elif text.example:
            fault = fault_of(field.kind, hints[attributes[field.name]], text.example)
            if fault:
                yield f"{where}: {fault}"


def fault_of(kind: str, hint: Any, example: str) -> str | None:
    """Why a program would not take the example as the field's value; None if it would. Beyond the type, it checks the
    rules of a kind that hold in every record."""
    text = example if kind.startswith(NOT_QUOTED) else f'"{example}"'
    try:
        value = msgspec.json.decode(text, type=hint)
        match kind:
            case "id":
                check_identifier(value, "example")
            case "list of id":
                for one in value:
                    check_identifier(one, "example")
            case "instant":
                check_time(value, "example")
            case "unit":
                unit(value)
    except (DecodeError, LedgerError) as error:
        return str(error)
    return None


def test_each_example_is_a_value_of_its_field() -> None:
    texts = field_texts()
    assert [fault for shape in shared_shapes().values() for fault in faults_of(shape, texts)] == []


@pytest.mark.parametrize(("of", "field", "example", "unit"), [
    ("Quantity", "value", "8,4", ""), ("Quantity", "value", "0", ""), ("Quantity", "value", "", ""),
    ("Quantity", "unit", "PCS", ""), ("Quantity", "value", "8.4", "TNE"), ("Transfer", "quantity", "", ""),
    ("Transfer", "quantity", "8.4", "TNE"), ("Transfer", "quantity", "", "t"), ("Transfer", "to", "motor-works", ""),
    ("Transfer", "time", "2026-02-30T08:00:00Z", ""), ("Transfer", "purpose", "gift", ""),
    ("Transfer", "transport", "[]", ""), ("Organization", "prefixes", '["foundry"]', ""),
    ("Product", "materials", '{"aluminium": 0.87}', ""), ("Declaration", "pedigree", "[1,1,2]", ""),
    ("Attestation", "samples", "-1", ""), ("Pool", "default", "yes", ""), ("Report", "figures", "", ""),
    ("Report", "figures", '{"waterUse": {"value": "420"}}', ""),
    ("Transformation", "activity", "{", ""),
])
def test_a_false_example_or_unit_is_a_fault(of: str, field: str, example: str, unit: str) -> None:
    texts = field_texts()
    planted = {**texts, (of, field): texts[of, field]._replace(example=example, unit=unit)}
    faults = list(faults_of(shared_shapes()[of], planted))
    assert len(faults) == 1
    assert faults[0].startswith(f"{of}.{field}: ")


def example_of(shape: Shape, *, whole: bool) -> dict[str, Any]:
    """A value of a type made of the examples, with its required fields alone or as a whole."""
    texts, example = field_texts(), dict[str, Any]()
    for field in shape.fields:
        text = texts[shape.name, field.name].example
        if holds_parts(field):
            value: Any = example_of(shape_of(field.parts[0]), whole=whole)
            value = [value] if field.kind.startswith("list ") else value
        else:
            value = msgspec.json.decode(text if field.kind.startswith(NOT_QUOTED) else f'"{text}"')
        if field.required or whole:
            example[field.name] = value
    return example


@pytest.mark.parametrize("whole", [False, True])
def test_the_examples_of_a_kind_make_a_record(whole: bool) -> None:
    for kind in get_args(AnyRecord):
        tree = {"type": kind.__struct_config__.tag, **example_of(shape_of(kind), whole=whole)}
        assert isinstance(record_of(tree), kind)


def test_the_example_of_an_activity_is_one_of_its_process() -> None:
    texts = {field: text.example for (of, field), text in field_texts().items() if of == shape_of(Transformation).name}
    sector, _, route = texts["process"].partition(".")
    assert msgspec.json.decode(texts["activity"], type=SECTORS[sector].sector.routes[route].activity)


def test_texts_are_short_and_plain_and_each_in_its_language() -> None:
    words = {f"{of}.{field}": (text.en, text.zh) for (of, field), text in field_texts().items()}
    words |= {kind: (purpose.en, purpose.zh) for kind, purpose in purposes().items()}
    faults = [
        name for name, (en, zh) in words.items()
        if HAN.search(en) or not HAN.search(zh) or not en[0].isupper() or en.endswith(".") or zh.endswith("。")
        or max(len(en), len(zh)) > LONGEST
    ]
    assert faults == []
    repeated = [name for name, (en, _) in words.items() if sum(en == other for other, _ in words.values()) > 1]
    assert {name.partition(".")[2] for name in repeated} == {"nonce"}
    assert [hit for name, (en, _) in words.items() for hit in hits_in(Passage(1, en), name)] == []


def test_people_find_a_kind_by_words_of_both_languages() -> None:
    for kind, purpose in purposes().items():
        assert any(HAN.search(word) for word in purpose.words), kind
        assert any(not HAN.search(word) for word in purpose.words), kind
        assert len({word.casefold() for word in purpose.words}) == len(purpose.words), kind
