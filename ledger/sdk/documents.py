"""The documents that exchanges read, the answers that they give, and the errors for invalid documents."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from ledger.core.record.canonical import explain_schema
from ledger.errors import InvalidInput

REQUIRED: Final = object()
_Value = TypeVar("_Value", bound=Struct)


class Document(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of the documents that an exchange reads: camelCase, unknown fields ignored. Numbers are Decimals."""


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of the answers of an exchange: camelCase, JSON-able."""


def read_document(data: bytes, kind: type[_Value], what: str) -> _Value:
    """The document in JSON bytes. `what` is its name in messages. Raises InvalidInput, which names field, value and
    rule."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        tree: Mapping[str, Any] = msgspec.json.decode(data)
        explained = explain_schema(str(error), tree, what)
        raise InvalidInput(explained.message, code=explained.code, field=explained.field, value=explained.value,
                           rule=explained.rule) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(
            f"{what} is not valid JSON: {error}", code="malformed", field=what, rule="a JSON object"
        ) from None


def spelled(name: str, default: Any = REQUIRED) -> Any:
    """A field whose name in the format is not the camelCase form of its name here."""
    return msgspec.field(name=name) if default is REQUIRED else msgspec.field(name=name, default=default)


def invalid_field(field: str, value: object, rule: str, code: str = "invalid-field") -> InvalidInput:
    """The error for a value that its type allows but the format does not."""
    return InvalidInput(f"{field} is {value}: {rule}", code=code, field=field, value=value, rule=rule)
