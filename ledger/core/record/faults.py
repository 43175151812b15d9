"""All faults of a JSON tree that a type refuses, each with the allowed values and its mend.

`msgspec` stops at the first fault. This walks the type by inspection, after `msgspec` has refused the tree, so records
without faults cost nothing. A misspelt field or kind is read as the one that it is nearest to, so that the faults
inside it are seen too. A `mend` is a proposal; `certain` ones only change how a value is spelled, never the value.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, Final, NamedTuple, get_args, get_type_hints

from msgspec.inspect import (
    BoolType,
    DictType,
    Field,
    FloatType,
    IntType,
    ListType,
    LiteralType,
    NoneType,
    StrType,
    StructType,
    TupleType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)

from ledger.core import patch
from ledger.core.countries import country_named
from ledger.core.nearest import NEAREST, allowed, meant
from ledger.core.record.readings import UNREAD, TextReading, read_instant, read_number, read_quantity
from ledger.core.record.unit_names import nearest_units, read_unit
from ledger.core.record.units import UNITS
from ledger.core.record.values import RULES, WORDS, Quantity
from ledger.errors import InvalidBody

MOST_FAULTS: Final = 100
_MOST_RENAMED: Final = 20
"""So many unknown fields of an object are compared with the fields that it may have."""
_MOST_UNITS: Final = 20
_SHOWN: Final = 200
_OF_DECODER: Final = ("Expected ", "Invalid enum ")
"""How the decoder states rules that name its own types."""
_LONGEST: Final = 1_000
_USUAL_UNITS: Final = ("KGM", "TNE", "KWH")
_NUMBERS: Final = ("decimal", "signed decimal", "fraction", "deviation")
_TRUTH: Final[Mapping[str, bool]] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_TAG: Final = "type"
_OF_SETS: Final = "material"
"""A field with a key of a factor set, whose names are compared by whoever has the sets."""
Steps = tuple[str | int, ...]


class ShapeFault(NamedTuple):
    """`statement`: the fault in words. `advice`: the mend in words. `certain`: it changes the spelling alone."""

    field: str
    value: object
    statement: str
    rule: str
    code: str = "invalid-field"
    advice: str = ""
    allowed: tuple[str, ...] = ()
    mend: tuple[patch.Operation, ...] = ()
    certain: bool = False

    def error(self) -> InvalidBody:
        message = f"{self.field}: {self.statement}" + (f"; {self.advice}" if self.advice else "")
        error = InvalidBody(message, code=self.code, field=self.field, value=self.value, rule=self.rule)
        error.allowed, error.mend = self.allowed, self.mend
        return error


class _NearUnits:
    """The nearest units for the first few unknown unit codes of a tree. Each comparison takes milliseconds."""

    def __init__(self) -> None:
        self._near: dict[str, tuple[str, ...]] = {}

    def of(self, value: str) -> tuple[str, ...]:
        """The nearest units; empty after `_MOST_UNITS` different values."""
        if value not in self._near and len(self._near) < _MOST_UNITS:
            self._near[value] = nearest_units(value)
        return self._near.get(value, ())


class _Position(NamedTuple):
    """A value of the tree: its field in the names of the tree, and its path once the proposals before it are applied.
    `beside`: the object that has the value."""

    field: str
    steps: Steps
    units: _NearUnits
    beside: Mapping[str, Any] = {}

    def member(self, name: str, renamed: str | None = None, beside: Mapping[str, Any] = {}) -> "_Position":
        return self._replace(field=f"{self.field}.{name}", steps=(*self.steps, renamed or name), beside=beside)

    def item(self, index: int) -> "_Position":
        return self._replace(field=f"{self.field}[{index}]", steps=(*self.steps, index))

    @property
    def name(self) -> str:
        return next((str(step) for step in reversed(self.steps) if isinstance(step, str)), "")


def faults_of(tree: Any, of: Any, root: str = "$", steps: Steps = ()) -> list[ShapeFault]:
    """The faults of `tree` as a value of type `of`, at most `MOST_FAULTS`. `root`: its name in messages; `steps`: its
    path in the record."""
    return list(islice(_faults(_info(of), tree, _Position(root, steps, _NearUnits())), MOST_FAULTS))


def unit_fault(value: str, field: str) -> ShapeFault:
    """The fault of a text that is no unit of the ledger."""
    return _unit(value, _Position(field, patch.steps_of(field), _NearUnits()))


@cache
def _info(of: Any) -> Type:
    return type_info(of)


def explained(first: InvalidBody, faults: Sequence[ShapeFault]) -> InvalidBody:
    """The error `first`, by which a decoder refused a tree: its code, field, value and rule. If the tree has several
    faults, all of them are in `parts`."""
    errors = [fault.error() for fault in faults]
    same = next((i for i, error in enumerate(errors) if error.field == first.field), None)
    if same is None:
        errors.insert(0, InvalidBody(first.message, code=first.code, field=first.field, value=first.value,
                                     rule=first.rule))
    else:
        advice = faults[same].advice
        message = f"{first.message}; {advice}" if advice else first.message
        if (first.rule or "").startswith(_OF_DECODER):
            message = errors[same].message
        whole = InvalidBody(message, code=first.code, field=first.field, value=first.value, rule=first.rule)
        whole.allowed, whole.mend = errors[same].allowed, errors[same].mend
        first = whole
    if len(errors) > 1:
        first.parts = tuple(errors)
    return first


def _faults(of: Type, value: Any, at: _Position) -> Iterator[ShapeFault]:
    match of:
        case UnionType():
            yield from _union(of, value, at)
        case StructType():
            yield from _struct(of, value, at)
        case ListType() | VarTupleType() | TupleType():
            yield from _list(of, value, at)
        case DictType():
            yield from _mapping(of, value, at)
        case LiteralType():
            yield from _literal(of, value, at)
        case StrType():
            yield from _text(of, value, at)
        case IntType() | FloatType():
            yield from _number(of, value, at)
        case BoolType() if not isinstance(value, bool):
            read = _TRUTH.get(str(value).lower())
            advice, mend = ("write true or false", ()) if read is None else _write(read, at)
            yield ShapeFault(at.field, value, f"{_shown(value)} is neither true nor false", "true or false",
                             advice=advice, allowed=("true", "false"), mend=mend)


def _union(of: UnionType, value: Any, at: _Position) -> Iterator[ShapeFault]:
    structs = [one for one in of.types if isinstance(one, StructType) and one.tag is not None]
    others = [one for one in of.types if not isinstance(one, NoneType)]
    if len(structs) > 1:
        yield from _tagged(structs, value, at)
    else:
        yield from min([list(islice(_faults(one, value, at), MOST_FAULTS)) for one in others], key=len)


def _tagged(structs: Sequence[StructType], value: Any, at: _Position) -> Iterator[ShapeFault]:
    if not isinstance(value, dict):
        yield ShapeFault(at.field, value, f"{_shown(value)} is not an object", "a JSON object")
        return
    kinds = {str(one.tag): one for one in structs}
    tag = value.get(_TAG)
    if isinstance(tag, str) and tag in kinds:
        yield from _struct(kinds[tag], value, at)
        return
    place = at.member(_TAG)
    fitting = sorted(kinds, key=lambda name: -_fit(kinds[name], value))
    if tag is None:
        yield ShapeFault(place.field, None, "the record states no kind", "the kind of the record", "missing-field",
                         f"add \"type\"; nearest: {', '.join(fitting[:NEAREST])}", tuple(fitting[:NEAREST]),
                         (patch.add(place.steps, fitting[0]),))
        yield from _struct(kinds[fitting[0]], value, at)
        return
    near = meant(tag, kinds)
    members = allowed(tag if near else fitting[0], list(kinds)) if near else tuple(fitting)
    advice, mend = _write(near or fitting[0], place)
    yield ShapeFault(place.field, tag, f"{_shown(tag)} is not a kind of record", "a kind of record",
                     advice=f"{advice}; one of: {', '.join(members)}", allowed=members, mend=mend)
    yield from _struct(kinds[near or fitting[0]], value, at)


def _fit(of: StructType, value: Mapping[str, Any]) -> int:
    """How well the fields of a tree fit a kind."""
    names = {field.encode_name for field in of.fields}
    needed = {field.encode_name for field in of.fields if field.required}
    fitting = len(names & value.keys())
    return 2 * fitting - (len(value) - fitting) - len(needed - value.keys())


def _struct(of: StructType, value: Any, at: _Position) -> Iterator[ShapeFault]:
    if not isinstance(value, dict):
        yield from _not_object(of, value, at)
        return
    fields = {field.encode_name: field for field in of.fields}
    renamed = _renamed(of, fields, value, at)
    taken = set(renamed.values())
    free = [name for name in fields if name not in value and name not in taken]
    for name, near in renamed.items():
        yield _unknown_field(at.member(name), value[name], fields, near)
    for name, child in value.items():
        field = fields.get(renamed.get(name) or name)
        if field is None:
            continue
        place = at.member(name, renamed.get(name), value)
        if child is None and not field.required:
            yield ShapeFault(place.field, "null", "null is not allowed", "absent fields are left out", "null",
                             "leave the field out", mend=(patch.drop(place.steps),))
        else:
            for fault in _faults(field.type, child, place):
                yield _or_default(_usual_first(fault, of, field), field, place)
    for name in free:
        if fields[name].required:
            yield from _missing(of, fields[name], at.member(name))


def _renamed(
    of: StructType, fields: Mapping[str, Field], value: Mapping[str, Any], at: _Position
) -> dict[str, str | None]:
    """The unknown fields of an object, each with the field that it misspells. If a single one is left, and a single
    field is missing whose type the value fits, it is that one under another name."""
    renamed: dict[str, str | None] = {}
    free = [name for name in fields if name not in value]
    for name in value:
        if name in fields or (of.tag_field == name and of.tag is not None) or not of.forbid_unknown_fields:
            continue
        near = renamed[name] = meant(name, free) if len(renamed) < _MOST_RENAMED else None
        if near is not None:
            free.remove(near)
    strange = [name for name, near in renamed.items() if near is None]
    missing = [name for name in free if fields[name].required]
    if len(strange) == len(missing) == 1:
        faults = islice(_faults(fields[missing[0]].type, value[strange[0]], at), MOST_FAULTS)
        if all(fault.mend for fault in faults):
            renamed[strange[0]] = missing[0]
    return renamed


def _or_default(fault: ShapeFault, field: Field, at: _Position) -> ShapeFault:
    """A record leaves default values out, so a value that means the default goes."""
    mends_field = len(fault.mend) == 1 and fault.mend[0]["path"] == patch.pointer(at.steps)
    if not field.required and not fault.mend and field.default in fault.allowed:
        others = tuple([one for one in fault.allowed if one != field.default])
        return fault._replace(advice=f"{fault.advice}; leave it out for {field.default}", allowed=others)
    if not mends_field or field.required or fault.mend[0].get("value") != field.default:
        return fault
    return fault._replace(advice="leave it out: that is the default", mend=(patch.drop(at.steps),))


def _unknown_field(at: _Position, value: Any, fields: Mapping[str, Field], near: str | None) -> ShapeFault:
    members = allowed(near or at.name, list(fields))
    if near is None:
        advice, mend = f"leave it out, or one of: {', '.join(members)}", patch.drop(at.steps)
    else:
        advice, mend = f"write \"{near}\"", patch.move(at.steps, (*at.steps[:-1], near))
    return ShapeFault(at.field, value, "there is no such field", "exactly the fields of the record's type",
                      "unknown-field", advice, members, (mend,))


def _missing(struct: StructType, field: Field, at: _Position) -> Iterator[ShapeFault]:
    of, rule = field.type, "exactly the fields of the record's type"
    statement = f"the field `{field.encode_name}` is missing"
    if isinstance(of, LiteralType):
        members = _usual(struct.cls, field.name) or tuple([str(one) for one in of.values])
        yield ShapeFault(at.field, None, statement, rule, "missing-field", f"one of: {', '.join(members)}", members)
    elif _word(of) == "unit":
        yield ShapeFault(at.field, None, statement, rule, "missing-field",
                         f"a Rec 20 code, such as {', '.join(_USUAL_UNITS)}", _USUAL_UNITS)
    else:
        yield ShapeFault(at.field, None, statement, rule, "missing-field", _needed(of))


@cache
def _usual(struct: type, field: str) -> tuple[str, ...]:
    """The words of a field with the usual one first, as its type has them: the inspection sorts them."""
    return tuple([str(one) for one in get_args(get_type_hints(struct)[field])])


def _usual_first(fault: ShapeFault, struct: StructType, field: Field) -> ShapeFault:
    """A word that is near no other has no better proposal than the usual one."""
    usual = () if fault.mend or not fault.allowed else _usual(struct.cls, field.name)
    if not usual or set(fault.allowed) != set(usual):
        return fault
    listed = f"one of: {', '.join(usual)}"
    return fault._replace(allowed=usual, rule=listed, advice=listed)


def _needed(of: Type) -> str:
    """The form of a missing value."""
    match of:
        case StrType(pattern=str() as pattern):
            return RULES.get(pattern, "")
        case StructType():
            return "an object with " + ", ".join([one.encode_name for one in of.fields if one.required])
        case ListType() | VarTupleType():
            return "a list"
        case _:
            return ""


def _not_object(of: StructType, value: Any, at: _Position) -> Iterator[ShapeFault]:
    required = [field.encode_name for field in of.fields if field.required]
    rule = f"an object with {', '.join(required)}" if required else "an object"
    statement = f"{_shown(value)} is not an object"
    if of.cls is Quantity:
        reading = read_quantity(value)
        yield ShapeFault(at.field, value, statement, rule, **_by(reading, at))
        if reading.values and "unit" not in reading.values[0]:
            unit = next(field for field in of.fields if field.encode_name == "unit")
            yield from _missing(of, unit, at.member("unit"))
    elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        advice, mend = _write(value[0], at)
        yield ShapeFault(at.field, value, f"a list is not {rule}", rule, advice=advice, mend=mend)
    else:
        yield ShapeFault(at.field, value, statement, rule, advice=f"write {rule}")


def _list(of: ListType | VarTupleType | TupleType, value: Any, at: _Position) -> Iterator[ShapeFault]:
    if not isinstance(value, list):
        rule = "a list"
        item = of.item_types[0] if isinstance(of, TupleType) else of.item_type
        single = value is not None and (isinstance(item, StructType) == isinstance(value, dict))
        advice, mend = _write([value], at) if single else ("write a list", ())
        yield ShapeFault(at.field, value, f"{_shown(value)} is not a list", rule, advice=advice, mend=mend)
        if single:
            yield from _faults(item, value, at.item(0))
        return
    items = of.item_types if isinstance(of, TupleType) else [of.item_type] * len(value)
    low = len(items) if isinstance(of, TupleType) else of.min_length or 0
    high = len(items) if isinstance(of, TupleType) else of.max_length
    if len(value) < low or (high is not None and len(value) > high):
        rule = f"{low} items" if low == high else (
            f"at least {low} items" if len(value) < low else f"at most {high} items")
        yield ShapeFault(at.field, value, f"the list has {len(value)} items", rule, advice=rule)
    for i, (item, child) in enumerate(zip(items, value, strict=False)):
        yield from _faults(item, child, at.item(i))


def _mapping(of: DictType, value: Any, at: _Position) -> Iterator[ShapeFault]:
    if not isinstance(value, dict):
        keys = of.key_type.values if isinstance(of.key_type, LiteralType) else ()
        mend: tuple[patch.Operation, ...] = ()
        advice = "write an object"
        single = value[0] if isinstance(value, list) and len(value) == 1 else value
        if keys and isinstance(single, str):
            advice, mend = _write({str(keys[0]): single}, at)
        yield ShapeFault(at.field, value, f"{_shown(value)} is not an object", "an object", advice=advice, mend=mend)
        return
    for name, child in value.items():
        place = at.member(name)
        renamed = None
        for fault in _faults(of.key_type, name, place):
            renamed = _renamed_key(fault, of, value, name)
            yield _of_key(fault, renamed, place, at)
        yield from _faults(of.value_type, child, at.member(name, renamed))


def _renamed_key(fault: ShapeFault, of: DictType, value: Mapping[str, Any], name: str) -> str | None:
    """The free key that is meant by one that may not be."""
    if isinstance(of.key_type, LiteralType):
        free = [str(key) for key in of.key_type.values if key not in value]
        return meant(name, free) or (free[0] if free else None)
    target = str(fault.mend[0]["value"]) if fault.mend else None
    return None if target in value else target


def _of_key(fault: ShapeFault, target: str | None, place: _Position, at: _Position) -> ShapeFault:
    """A fault of a key. The mend renames it to a free one; without one, there is no proposal."""
    mend = () if target is None else (patch.move(place.steps, (*place.steps[:-1], target)),)
    advice = fault.advice if target is None else f"write \"{target}\""
    return fault._replace(field=at.field, advice=advice, mend=mend, certain=False)


def _literal(of: LiteralType, value: Any, at: _Position) -> Iterator[ShapeFault]:
    if value in of.values and not isinstance(value, bool):
        return
    members = [str(one) for one in of.values]
    near = meant(value, members)
    shown = allowed(value, members)
    all_or = "one of" if len(shown) == len(members) else "nearest"
    advice, mend = ("", ()) if near is None else _write(near, at)
    listed = f"{all_or}: {', '.join(shown)}"
    yield ShapeFault(at.field, value, f"{_shown(value)} is not allowed", listed,
                     advice=f"{advice}; {listed}" if advice else listed, allowed=shown, mend=mend)


def _text(of: StrType, value: Any, at: _Position) -> Iterator[ShapeFault]:
    word = _word(of)
    if isinstance(value, str) and _fits(of, value):
        if word == "unit" and value not in UNITS and any(read_unit(value)):
            yield _unit(value, at)
        return
    if word == "unit":
        yield _unit(value, at)
        return
    rule = RULES.get(of.pattern or "", "") or _length(of)
    given = _read(word, value, at)
    reading = TextReading(tuple([one for one in given.values if _fits(of, one)]), given.certain, given.note)
    yield ShapeFault(at.field, value, f"{_shown(value)} is not {rule}", rule, **_by(reading, at))


def _read(word: str | None, value: Any, at: _Position) -> TextReading:
    """The possible meanings of a text of the kind `word`."""
    if word in _NUMBERS:
        return read_number(value)
    if word == "instant":
        return read_instant(value, at.name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return UNREAD
    text = str(value).strip()
    if word == "country":
        text = country_named(text) or text.upper()
    elif word == "subdivision":
        text = _subdivision(text.upper(), at.beside.get("country"))
    elif word == "currency":
        text = text.upper()
    elif word == "key" and at.name != _OF_SETS:
        text = _joined(text)
    elif word == "digest":
        text = text.lower().removeprefix("sha256:").removeprefix("sha-256:")
    return TextReading((text,)) if text and text != value else UNREAD


def _subdivision(text: str, country: object) -> str:
    """The code of a subdivision that is written without its country."""
    code = (country_named(country) or country.upper()) if isinstance(country, str) else ""
    return text if "-" in text or not code else f"{code}-{text}"


def _joined(text: str) -> str:
    """The words of a text as a key writes them: `sodium hydroxide` is `sodiumHydroxide`."""
    first, *others = re.split(r"[\s_/-]+", text)
    return first + "".join([word[:1].upper() + word[1:] for word in others])


def _unit(value: Any, at: _Position) -> ShapeFault:
    rule = "a UN/ECE Recommendation 20 code that the ledger knows"
    statement = f"{_shown(value)} is not a Rec 20 code of the ledger"
    if not isinstance(value, str):
        return ShapeFault(at.field, value, statement, rule, advice=f"such as {', '.join(_USUAL_UNITS)}",
                          allowed=_USUAL_UNITS)
    reading = read_unit(value)
    near = reading.codes or at.units.of(value)
    if reading.sole is not None:
        advice, mend = _write(reading.sole, at)
        return ShapeFault(at.field, value, statement, rule, advice=advice, allowed=near, mend=mend,
                          certain=reading.certain)
    named = ", ".join([f"{code} ({UNITS[code].name})" for code in near])
    advice = reading.note or (f"one of: {named}" if reading.codes else f"nearest: {named}" if near else (
        f"such as {', '.join(_USUAL_UNITS)}"))
    return ShapeFault(at.field, value, statement, rule, advice=advice, allowed=near)


def _number(of: IntType | FloatType, value: Any, at: _Position) -> Iterator[ShapeFault]:
    low, high = of.ge, of.le
    rule = "a number" if isinstance(of, FloatType) else "a whole number"
    if low is not None or high is not None:
        rule += f" from {low} to {high}" if None not in (low, high) else f" of at least {low}" if high is None else (
            f" of at most {high}")
    whole = isinstance(value, int) and not isinstance(value, bool)
    if (whole or (isinstance(of, FloatType) and isinstance(value, float | Decimal))) and (
        (low is None or value >= low) and (high is None or value <= high)
    ):
        return
    reading = UNREAD if whole else read_number(value)
    values = tuple([int(one) for one in reading.values if re.fullmatch(r"-?[0-9]{1,15}", one)])
    kept = tuple([one for one in values if (low is None or one >= low) and (high is None or one <= high)])
    proposal = _by(TextReading(kept, reading.certain), at)
    yield ShapeFault(at.field, value, f"{_shown(value)} is not {rule}", rule, **proposal)


def _word(of: Type) -> str | None:
    """The type that a pattern stands for."""
    return WORDS.get(of.pattern) if isinstance(of, StrType) and of.pattern is not None else None


def _fits(of: StrType, value: str) -> bool:
    return (
        (of.pattern is None or re.search(of.pattern, value) is not None)
        and (of.min_length is None or len(value) >= of.min_length)
        and (of.max_length is None or len(value) <= of.max_length)
    )


def _length(of: StrType) -> str:
    low, high = of.min_length, of.max_length
    if low is None and high is None:
        return "a text"
    return f"a text of {low or 0} to {high} characters" if high is not None else f"a text of at least {low} characters"


def _by(reading: TextReading, at: _Position) -> dict[str, Any]:
    """Advice, allowed values and mend by the readings of a value."""
    if not reading.values:
        return {"advice": reading.note}
    shown = [_json(value) for value in reading.values]
    if len(shown) > 1:
        return {"advice": reading.note or f"write {' or '.join(shown)}",
                "allowed": tuple([one for one in reading.values if isinstance(one, str)])}
    advice, mend = _write(reading.values[0], at)
    return {"advice": f"{advice} ({reading.note})" if reading.note else advice, "mend": mend,
            "certain": reading.certain}


def _write(value: Any, at: _Position) -> tuple[str, tuple[patch.Operation, ...]]:
    text = _json(value)
    if len(text) > _LONGEST:
        # The answer would repeat a large part of the record.
        return f"write {_cut(text)}", ()
    return f"write {_cut(text)}", (patch.replace(at.steps, value),)


def _json(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case dict():
            return "{" + ", ".join([f'"{name}": {_json(inner)}' for name, inner in value.items()]) + "}"
        case list():
            return "[" + ", ".join([_json(inner) for inner in value]) + "]"
        case _:
            return str(value)


def _shown(value: Any) -> str:
    return _cut(str(value) if isinstance(value, Decimal) else repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
