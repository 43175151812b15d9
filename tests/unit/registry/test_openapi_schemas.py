"""Records and activities as schemas of an OpenAPI document: plain words, and nothing of one sector in another's."""

import json
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
from msgspec import Struct
from support.sectors import shipped

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.canonical import record_of
from ledger.core.record.kinds import AnyRecord
from ledger.engine.sectors import Installed
from ledger.registry.installed import installed
from ledger.registry.reference.openapi import PREFIX, RecordSchemas, record_schemas
from ledger.registry.reference.texts import field_texts
from ledger.sdk import Activity, Route, Sector


class Quantity(Struct, forbid_unknown_fields=True):
    """Of the same name as a part of records."""

    litres: int


class Fired(Activity, frozen=True):
    """An activity without texts."""

    fuel: Quantity
    kilns: int


@pytest.fixture(scope="module")
def whole() -> RecordSchemas:
    return record_schemas(shipped().sectors.values())


def own_sector(name: str) -> Installed:
    route = Route(en="x", zh="x", activity=Fired, assess=lambda context, activity: Assessment())
    sector = Sector(name=name, version="1", en="x", zh="x", routes={"fire": route})
    return Installed(sector, "0" * 64, name, "ledger")


def words_of(node: Any) -> set[str]:
    """All keywords, without the names of fields."""
    if isinstance(node, list):
        return set().union(*map(words_of, node))
    if not isinstance(node, dict):
        return set()
    found = set(node)
    for key, value in node.items():
        if key == "properties":
            found |= set().union(*map(words_of, value.values()))
        elif key not in ("examples", "mapping"):
            found |= words_of(value)
    return found


def test_only_plain_words(whole: RecordSchemas) -> None:
    words = set().union(*[words_of(schema) for schema in whole.schemas.values()])
    assert words <= {
        "$ref", "additionalProperties", "allOf", "anyOf", "description", "discriminator", "enum", "examples", "items",
        "mapping", "maximum", "maxItems", "maxLength", "maxProperties", "minimum", "minItems", "minLength",
        "minProperties", "oneOf", "pattern", "properties", "propertyName", "propertyNames", "required", "type",
    }
    assert '"null"' not in json.dumps(whole.schemas)


def test_references_have_their_schemas(whole: RecordSchemas) -> None:
    for part in json.dumps(whole.schemas).split(PREFIX)[1:]:
        assert part.partition('"')[0] in whole.schemas


def test_every_kind_has_an_example_that_is_a_record(whole: RecordSchemas) -> None:
    for kind in get_args(AnyRecord):
        (example,) = whole.schemas[kind.__name__]["examples"]
        assert isinstance(record_of(example), kind)


def test_fields_have_their_meanings(whole: RecordSchemas) -> None:
    fields = whole.schemas["Transfer"]["properties"]
    assert fields["to"]["description"] == field_texts()["Transfer", "to"].en
    assert fields["purpose"]["description"].endswith("Without it: sale; never state that value")
    assert "default" not in fields["purpose"]
    assert fields["quantity"]["allOf"] == [{"$ref": f"{PREFIX}Quantity"}]


def test_types_of_one_name_stay_apart() -> None:
    schemas = record_schemas([own_sector("pottery"), own_sector("glass-works")])
    assert schemas.processes == {"pottery.fire": "PotteryFired", "glass-works.fire": "GlassWorksFired"}
    assert schemas.schemas["PotteryFired"]["properties"]["fuel"] == {"$ref": f"{PREFIX}PotteryQuantity"}
    assert schemas.schemas["GlassWorksQuantity"]["required"] == ["litres"]
    assert schemas.schemas["Quantity"]["required"] == ["value", "unit"]


def test_a_sector_without_texts_has_schemas_without_examples() -> None:
    schemas = record_schemas([own_sector("pottery")]).schemas
    assert "examples" not in schemas["PotteryFired"]
    assert "examples" not in schemas["Transformation"]


def test_without_sectors_any_activity_will_do(whole: RecordSchemas) -> None:
    schemas = record_schemas([]).schemas
    assert schemas["Transformation"]["properties"]["activity"]["type"] == "object"
    document = {"components": {"schemas": schemas}, "$ref": f"{PREFIX}Record"}
    (example,) = whole.schemas["Transformation"]["examples"]
    assert jsonschema.Draft202012Validator(document).is_valid(example | {"activity": {"any": 1}})
    assert not jsonschema.Draft202012Validator(document).is_valid(example | {"activity": 1})


def test_it_is_the_same_each_time(whole: RecordSchemas) -> None:
    again = record_schemas(installed().sectors.values())
    assert msgspec.json.encode(again.schemas) == msgspec.json.encode(whole.schemas)
