"""Examples of record kinds and activities, made of the examples of their fields."""

from collections.abc import Mapping
from typing import Any, Final, get_type_hints

import msgspec
from msgspec import Raw, Struct

from ledger.registry.reference.shapes import FieldShape, shape_of
from ledger.registry.reference.texts import FieldText

Texts = Mapping[tuple[str, str], FieldText]
ALWAYS_SHOWN: Final = ("inputs", "supplies")
"""Optional fields that an example has all the same: a record without them is correct and of little use."""


def example_of(of: type[Struct], texts: Texts) -> dict[str, object]:
    """A value of the type with its required fields, each as its text has it, or as the example of its part. Raises
    ValueError for a required field without an example."""
    shape, hints = shape_of(of), _wire_hints(of)
    tag = of.__struct_config__.tag
    example: dict[str, object] = {} if tag is None else {str(of.__struct_config__.tag_field): tag}
    for field in shape.fields:
        text = texts.get((shape.name, field.name))
        if field.required or (field.name in ALWAYS_SHOWN and field.parts):
            example[field.name] = _value(field, hints[field.name], text.example if text is not None else "", texts)
    return example


def _wire_hints(of: type[Struct]) -> dict[str, Any]:
    """The types of fields by their names in JSON."""
    hints = get_type_hints(of, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(of)}


def _value(field: FieldShape, hint: Any, example: str, texts: Texts) -> object:
    if example:
        return _fitting(hint, example)
    if hint is Raw:
        return {}
    if not field.parts:
        raise ValueError(f"the field {field.name} has no example")
    part = example_of(field.parts[0], texts)
    return [part] if field.kind.startswith("list of") else part


def _fitting(hint: Any, example: str) -> object:
    """The value that an example stands for: a text, or JSON if the field is not a text."""
    try:
        msgspec.convert(example, hint)
    except msgspec.ValidationError:
        return msgspec.json.decode(example)
    return example
