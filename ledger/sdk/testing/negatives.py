"""Makes activities with one negative number, to test whether a route refuses them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from ledger.core.record.values import Signed
from ledger.sdk.sector import Activity

_TEXTS: Final = (msgspec.inspect.StrType,)
_WHOLE: Final = (msgspec.inspect.IntType,)


def negatives(
    kind: type[Activity], activity: Mapping[str, Any], signed: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A path and an activity for every number that a case states, and for every integer that it could state.

    Fields of type Signed may be negative, and so may the fields named in `signed`.
    """
    about = msgspec.inspect.type_info(kind)
    for field in about.fields if isinstance(about, msgspec.inspect.StructType) else ():
        name = field.encode_name
        if name in signed:
            continue
        if name in activity:
            for path, value in _changed(activity[name], field.type, name):
                yield path, {**activity, name: value}
        elif any(isinstance(one, _WHOLE) for one in _alternatives(field.type)):
            yield name, {**activity, name: -1}


def _changed(value: Any, kind: msgspec.inspect.Type, path: str) -> Iterator[tuple[str, Any]]:
    """All values that differ from `value` in a single number, which is negative."""
    kinds = _alternatives(kind)
    match value:
        case bool():
            return
        case int():
            yield path, -abs(value) or -1
        case str():
            if _is_number(value) and any(isinstance(one, _TEXTS) and not _may_be_negative(one) for one in kinds):
                yield path, "-" + value if Decimal(value) else "-1"
        case Mapping():
            for name, part in value.items():
                for inner, changed in _changed(part, _member(kinds, name), f"{path}.{name}"):
                    yield inner, {**value, name: changed}
        case list() | tuple():
            for i, part in enumerate(value):
                for inner, changed in _changed(part, _member(kinds, None), f"{path}[{i}]"):
                    yield inner, [*value[:i], changed, *value[i + 1:]]


def _alternatives(kind: msgspec.inspect.Type) -> tuple[msgspec.inspect.Type, ...]:
    return kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)


def _member(kinds: tuple[msgspec.inspect.Type, ...], name: str | None) -> msgspec.inspect.Type:
    """The type of a field, of a mapping's values, or of a list's items."""
    for kind in kinds:
        match kind:
            case msgspec.inspect.StructType():
                for field in kind.fields:
                    if field.encode_name == name:
                        return field.type
            case msgspec.inspect.DictType():
                return kind.value_type
            case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
                return kind.item_type
    return msgspec.inspect.AnyType()


def _is_number(text: str) -> bool:
    try:
        return Decimal(text) >= 0
    except InvalidOperation:
        return False


def _may_be_negative(kind: msgspec.inspect.Type) -> bool:
    return kind == msgspec.inspect.type_info(Signed)
