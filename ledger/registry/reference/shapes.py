"""The fields of a type by inspection: name, type in words, whether it is required, allowed values, and its parts."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import NODEFAULT, Struct
from msgspec.inspect import (
    BoolType,
    CustomType,
    DictType,
    Field,
    IntType,
    ListType,
    LiteralType,
    NoneType,
    RawType,
    StrType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)
from msgspec.inspect import TupleType as FixedTuple

from ledger.core.record.values import RULES, WORDS

_ANY: Final = "JSON"


class FieldShape(NamedTuple):
    """A field on the wire. `kind`: its type in words, such as `list of Supply`. `allowed`: all values, if these are few
    and fixed. `rule`: of a text or number. `parts`: the struct types inside it. `default`: the value without it."""

    name: str
    kind: str
    required: bool
    allowed: tuple[str, ...] = ()
    rule: str | None = None
    parts: tuple[type[Struct], ...] = ()
    default: str | None = None


class Shape(NamedTuple):
    """A record kind, an activity, or a part of them. `text`: its docstring."""

    name: str
    of: type[Struct]
    text: str
    fields: tuple[FieldShape, ...]


class _Described(NamedTuple):
    kind: str
    allowed: tuple[str, ...] = ()
    rule: str | None = None
    parts: tuple[type[Struct], ...] = ()


def shape_of(of: type[Struct]) -> Shape:
    """The fields of a type, in their order."""
    info = type_info(of)
    if not isinstance(info, StructType):
        raise TypeError(f"{of} has no fields")
    text = " ".join((of.__doc__ or "").split())
    return Shape(of.__name__, of, text, tuple([_field(field) for field in info.fields]))


def shapes_of(of: type[Struct]) -> list[Shape]:
    """The type itself, then its parts and their parts, each of them once, in the order of first use."""
    return [shape_of(part) for part in _walk(of)]


def _walk(of: type[Struct]) -> Iterator[type[Struct]]:
    waiting, seen = [of], set[type[Struct]]()
    while waiting:
        part = waiting.pop(0)
        if part in seen:
            continue
        seen.add(part)
        yield part
        waiting += [inner for field in shape_of(part).fields for inner in field.parts]


def _field(field: Field) -> FieldShape:
    described = _described(field.type)
    default = None if field.default in (NODEFAULT, None, ()) else str(field.default)
    if isinstance(field.default, bool):
        default = str(field.default).lower()
    return FieldShape(field.encode_name, described.kind, field.required, described.allowed, described.rule,
                      described.parts, default)


def _described(of: Type) -> _Described:
    match of:
        case StructType():
            return _Described(of.cls.__name__, parts=(of.cls,))
        case ListType() | VarTupleType():
            item = _described(of.item_type)
            most = None if of.max_length is None else f"at most {of.max_length:,} items"
            return item._replace(kind=f"list of {item.kind}", rule=item.rule or most)
        case FixedTuple():
            item = _described(of.item_types[0])
            return item._replace(kind=f"list of {len(of.item_types)} x {item.kind}")
        case DictType():
            key, value = _described(of.key_type), _described(of.value_type)
            return value._replace(kind=f"map from {key.kind} to {value.kind}", allowed=(*key.allowed, *value.allowed))
        case UnionType():
            return _union([_described(one) for one in of.types if not isinstance(one, NoneType)])
        case LiteralType():
            return _Described("word", tuple([str(one) for one in of.values]))
        case _:
            return _plain(of)


def _plain(of: Type) -> _Described:
    match of:
        case StrType(pattern=str() as pattern):
            return _Described(WORDS.get(pattern, "text"), rule=RULES.get(pattern, f"the pattern {pattern}"))
        case StrType():
            return _Described("text", rule=f"at most {of.max_length:,} characters" if of.max_length else None)
        case IntType():
            low, high = of.ge, of.le
            bounds = f"{low} to {high}" if low is not None and high is not None else f"at least {low}"
            return _Described("whole number", rule=None if low is None else bounds)
        case BoolType():
            return _Described("true or false", ("true", "false"))
        case RawType() | CustomType():
            return _Described(_ANY)
        case _:
            return _Described(_ANY)


def _union(described: list[_Described]) -> _Described:
    if len(described) == 1:
        return described[0]
    return _Described(
        " or ".join([one.kind for one in described]),
        tuple([value for one in described for value in one.allowed]),
        next((one.rule for one in described if one.rule is not None), None),
        tuple([part for one in described for part in one.parts]),
    )
