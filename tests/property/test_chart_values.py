"""Values drawn from the schema of the chart: whatever it allows renders valid manifests and restricted pods, and what
it refuses does not render."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import pytest
from helm_python import HelmError, values_from_yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema.validators import Draft7Validator
from support.manifests import CHART, MODES, invalid, manifests, pods, unsafe, values_of

SCHEMA: Final = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
EXAMPLES: Final = 60
Schema = Mapping[str, Any]


@cache
def reference(name: str) -> st.SearchStrategy[Any]:
    return drawn(SCHEMA["$defs"][name.rpartition("/")[2]])


def drawn(schema: Schema) -> st.SearchStrategy[Any]:
    """Values of one part of the schema. The conditions that join parts are left to the schema itself."""
    if "$ref" in schema:
        return reference(schema["$ref"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "string":
            return text(schema)
        case "array":
            return st.lists(drawn(schema["items"]), min_size=schema.get("minItems", 0), max_size=3,
                            unique=schema.get("uniqueItems", False))
        case _:
            return objects(schema)


def text(schema: Schema) -> st.SearchStrategy[str]:
    if "pattern" not in schema:
        return st.text(max_size=60)
    # Go's `$` is the end of the text, Python's also a line end before it.
    return st.from_regex(schema["pattern"].removeprefix("^$|"), fullmatch=True).filter(
        lambda one: "\n" not in one and len(one) <= schema.get("maxLength", 300))


def objects(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    if isinstance(schema.get("additionalProperties"), dict):
        return st.dictionaries(st.from_regex(schema["propertyNames"]["pattern"], fullmatch=True).filter(
            lambda one: "\n" not in one), drawn(schema["additionalProperties"]), max_size=3)
    needed = set(schema.get("required", []))
    parts = {name: drawn(part) for name, part in schema["properties"].items() if name != "global"}
    return st.fixed_dictionaries({name: part for name, part in parts.items() if name in needed},
                                 optional={name: part for name, part in parts.items() if name not in needed})


def merged(first: Any, second: Any) -> Any:
    """As helm lays one set of values over another."""
    if isinstance(first, dict) and isinstance(second, dict):
        return {**first, **{name: merged(first.get(name), value) for name, value in second.items()}}
    return second


VALUES: Final = drawn(SCHEMA)
CHECKED: Final = re.compile(r"server\.yaml:2:4\): [A-Za-z.]+\.(maxConnections|synchronousStandbys|credentialsSecret): ")


@cache
def validator() -> Draft7Validator:
    return Draft7Validator(SCHEMA)


@cache
def defaults() -> Any:
    return values_from_yaml((CHART / "values.yaml").read_text(encoding="utf-8"))


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(mode=st.sampled_from(MODES), values=VALUES)
def test_what_the_schema_allows_is_valid_and_harmless(mode: str, values: dict[str, Any]) -> None:
    chosen = merged(values_of(mode), values)
    if not validator().is_valid(merged(defaults(), chosen)):
        with pytest.raises(HelmError):
            manifests(chosen)
        return
    try:
        found = manifests(chosen)
    except HelmError as error:
        # Several values that do not fit together.
        if not CHECKED.search(str(error)):
            raise
        return
    assert [fault for manifest in found for fault in invalid(manifest)] == []
    for manifest, template in pods(found):
        assert unsafe(template["spec"]) == [], manifest["metadata"]["name"]
    names = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in found]
    assert len(names) == len(set(names))
