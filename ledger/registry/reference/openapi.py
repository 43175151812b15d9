"""Record kinds and activities as schemas of an OpenAPI document, in plain words of JSON Schema.

Generators of clients read few words of JSON Schema well. So an optional field is one that may be absent, never null; a
default is stated in words, since a record that writes out a default is refused; a tuple is a list.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, get_args

import msgspec
from msgspec import Struct

from ledger.core.record.kinds import AnyRecord
from ledger.engine.sectors import Installed
from ledger.registry.reference.examples import examples
from ledger.registry.reference.shapes import shapes_of
from ledger.registry.reference.texts import FieldText, field_texts, purposes

PREFIX: Final = "#/components/schemas/"
RECORD: Final = "Record"
JsonSchema = dict[str, Any]
Texts = Mapping[tuple[str, str], FieldText]


class RecordSchemas(NamedTuple):
    """`schemas` by name. `kinds`: the name of the schema by the `type` of a record; `processes`: by process."""

    schemas: dict[str, JsonSchema]
    kinds: dict[str, str]
    processes: dict[str, str]


def record_schemas(sectors: Iterable[Installed]) -> RecordSchemas:
    """The schemas of all record kinds, with the activities of these sectors."""
    kinds: tuple[type[Struct], ...] = get_args(AnyRecord)
    texts = field_texts()
    schemas = _described(kinds, plain_schemas(kinds), texts)
    own = purposes()
    by_type = {str(kind.__struct_config__.tag): kind for kind in kinds}
    processes: dict[str, str] = {}
    whole = {name: listed[-1] for name, listed in examples().items()}
    for sector in sectors:
        for listed in examples(sector.package).values():
            whole.setdefault("transformation", listed[-1])
        schemas = {**_of_sector(sector, processes), **schemas}
    _state_activities(schemas, processes)
    for name, kind in by_type.items():
        schema = schemas[kind.__name__]
        schema["description"] = f"{own[name].en}. {schema['description']}" if name in own else schema["description"]
        if name in whole:
            schema["examples"] = [{"nonce": texts[kind.__name__, "nonce"].example, **whole[name]}]
    schemas[RECORD] = {
        "description": "A record, by its `type`.", "oneOf": [_ref(kind.__name__) for kind in kinds],
        "discriminator": {"propertyName": "type", "mapping": {
            name: PREFIX + kind.__name__ for name, kind in by_type.items()}},
    }
    return RecordSchemas(schemas, {name: kind.__name__ for name, kind in by_type.items()}, processes)


def plain_schemas(types: Iterable[type[Struct]]) -> dict[str, JsonSchema]:
    """The schemas of types and of their parts, by name."""
    _, components = msgspec.json.schema_components(
        tuple(types), ref_template=PREFIX + "{name}", schema_hook=_any_value)
    return {name: _plain(schema) for name, schema in components.items()}


def _of_sector(sector: Installed, processes: dict[str, str]) -> dict[str, JsonSchema]:
    """The schemas of a sector's activities, with the sector before their names. Adds its `processes`."""
    activities = {route: process.activity for route, process in sector.sector.routes.items()}
    texts = {**field_texts(), **field_texts(sector.package)}
    schemas = _described(activities.values(), plain_schemas(activities.values()), texts)
    # Other sectors have types of the same name. The types of the ledger itself keep theirs.
    start = "".join([part.capitalize() for part in sector.sector.name.split("-")])
    own = {part.of.__name__ for activity in activities.values() for part in shapes_of(activity)
           if not part.of.__module__.startswith("ledger.")}
    names = {name: start + _short(name) if _short(name) in own and not name.startswith("ledger.") else _short(name)
             for name in schemas}
    for route, activity in activities.items():
        processes[f"{sector.sector.name}.{route}"] = start + activity.__name__
    renamed = {names[name]: _renamed(schema, names) for name, schema in schemas.items()}
    for route, records in examples(sector.package).items():
        renamed[start + activities[route].__name__]["examples"] = [records[-1]["activity"]]
    return renamed


def _short(name: str) -> str:
    """The name of a type without its module, which msgspec puts before names that occur twice."""
    return name.rpartition(".")[2]


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: PREFIX + names[value.removeprefix(PREFIX)] if key == "$ref" else _renamed(value, names)
                for key, value in node.items()}
    return [_renamed(item, names) for item in node] if isinstance(node, list) else node


def _state_activities(schemas: dict[str, JsonSchema], processes: Mapping[str, str]) -> None:
    """The processes of a transformation, and the activity of each."""
    fields = schemas["Transformation"]["properties"]
    words = fields["activity"].get("description", "")
    fields["activity"] = {"description": words, "type": "object"}
    if processes:
        names = list(dict.fromkeys(processes.values()))
        listed = ", ".join([f"{process}: {name}" for process, name in processes.items()])
        fields["activity"] = {"description": f"{words}; the schema of each process: {listed}",
                              "anyOf": [_ref(name) for name in names]}


def _described(
    types: Iterable[type[Struct]], components: dict[str, JsonSchema], texts: Texts
) -> dict[str, JsonSchema]:
    """Schemas with the meanings of their fields."""
    shapes = {shape.name: shape for of in types for shape in shapes_of(of)}
    for name, schema in components.items():
        shape = shapes.get(_short(name))
        for field in () if shape is None or "properties" not in schema else shape.fields:
            text = texts.get((shape.name, field.name)) if shape is not None else None
            words = [] if text is None else [text.en]
            words += [] if field.default is None else [f"Without it: {field.default}; never state that value"]
            if words:
                schema["properties"][field.name] = _with_words(schema["properties"][field.name], "; ".join(words))
    return components


def _with_words(schema: JsonSchema, words: str) -> JsonSchema:
    if "$ref" in schema:
        return {"allOf": [schema], "description": words}
    return {**schema, "description": words}


def _any_value(of: type) -> JsonSchema:
    """The schema of a type that msgspec does not know: of `object`, which allows every value."""
    if of is object:
        return {"description": "any JSON value"}
    raise NotImplementedError(of)


def _plain(node: Any) -> Any:
    """A schema of msgspec in the words that every generator reads."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {key: _plain(value) for key, value in node.items() if key not in ("default", "title", "properties")}
    if "properties" in node:
        schema["properties"] = {name: _plain(field) for name, field in node["properties"].items()}
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    if "anyOf" in schema:
        schema |= _choice([choice for choice in schema.pop("anyOf") if choice != {"type": "null"}])
    if "prefixItems" in schema:
        schema["items"] = schema.pop("prefixItems")[0]
    if "enum" in schema and all(isinstance(value, str) for value in schema["enum"]):
        schema["type"] = "string"
    return schema


def _choice(choices: list[JsonSchema]) -> JsonSchema:
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _ref(name: str) -> JsonSchema:
    return {"$ref": PREFIX + name}
