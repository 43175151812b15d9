"""The reference of records from their types: fields, allowed values, search, and JSON Schema."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta, Struct
from support.containing import Containing
from support.raising import raised

from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Fraction, Quantity
from ledger.errors import NotFound
from ledger.registry.digests import digest_of
from ledger.registry.installed import installed
from ledger.registry.reference.catalogue import Catalogue, SchemaEntry, fitting
from ledger.registry.reference.shapes import FieldShape, shape_of, shapes_of


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
    schema = catalogue.reference("steel.electricArcFurnace").json_schema
    definitions = schema["$defs"]
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
