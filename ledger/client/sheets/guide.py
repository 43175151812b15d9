"""Finds the field of a record by the path of its column: type, allowed values, unit, meaning; and orders fields."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from ledger.client.sheets.columns import Path, Tree
from ledger.registry.reference.catalogue import SchemaField, SchemaReference

_ACTIVITY: Final = "activity"
_MAP: Final = "map from "
_LIST: Final = "list of "
_SUFFIXES: Final = {"whole number": ":int", "true or false": ":bool", "JSON": ":json"}
"""Of the columns of fields with these types."""
_FIRST: Final = ("type", "issuer", "nonce")


class Guide:
    """The reference of a kind of record, and for a transformation also the reference of its process."""

    def __init__(self, reference: SchemaReference, process: SchemaReference | None = None) -> None:
        self._types: dict[str, Mapping[str, SchemaField]] = {
            described.name: {field.name: field for field in described.fields}
            for one in (process, reference) if one is not None for described in one.types
        }
        self._fields: dict[Path, SchemaField | None] = {}
        self._record = reference.types[0].name
        self._activity = None if process is None else process.types[0].name

    def field(self, path: Path) -> SchemaField | None:
        """The field that a path names. A step that is a number, or the key of a map, belongs to the field before it.
        None if no field has that path, or if it lies in an activity without a reference."""
        if path not in self._fields:
            self._fields[path] = self._found(path)
        return self._fields[path]

    def _found(self, path: Path) -> SchemaField | None:
        types: Sequence[str] = (self._record,)
        field: SchemaField | None = None
        for i, step in enumerate(path):
            if field is not None and (step.isdecimal() or field.type.startswith(_MAP)):
                field = _inside(field)
                continue
            field = next((fields[step] for fields in map(self._types.__getitem__, types) if step in fields), None)
            if field is None:
                return None
            types = self._parts(field, top=i == 0)
        return field

    def fields(self, path: Path) -> list[SchemaField]:
        """The field that a path names, after those around it."""
        steps = [self.field(path[: i + 1]) for i in range(len(path))]
        return [field for field in steps if field is not None]

    def lists(self) -> Iterator[Path]:
        """The paths of the lists of parts in a record, outside of other lists."""
        yield from self._lists((), (self._record,))

    def _lists(self, above: Path, types: Sequence[str]) -> Iterator[Path]:
        for field in self._fields_of(types):
            parts = self._parts(field, top=not above)
            if field.type.startswith(_LIST) and parts:
                yield (*above, field.name)
            elif parts and not field.type.startswith(_MAP):
                yield from self._lists((*above, field.name), parts)

    def columns(self, path: Path) -> Iterator[str]:
        """The columns of the parts of a list, the required ones first. A map has no column, since its keys are open,
        nor has a list of parts inside a part."""
        field = self.field(path)
        if field is not None:
            yield from self._columns((), field.parts)

    def _columns(self, above: Path, types: Sequence[str]) -> Iterator[str]:
        for field in sorted(self._fields_of(types), key=lambda field: not field.required):
            path = (*above, field.name)
            is_list = field.type.startswith(_LIST)
            if field.type.startswith(_MAP) or (is_list and field.parts):
                continue
            if field.parts:
                yield from self._columns(path, field.parts)
            else:
                yield ".".join(path) + _SUFFIXES.get("JSON" if is_list else field.type, "")

    def _fields_of(self, types: Sequence[str]) -> Sequence[SchemaField]:
        """The fields of types, each name once."""
        return list({name: field for one in reversed(types) for name, field in self._types[one].items()}.values())

    def _parts(self, field: SchemaField, *, top: bool) -> Sequence[str]:
        if top and field.name == _ACTIVITY and self._activity is not None:
            return (self._activity,)
        return field.parts

    def ordered(self, tree: Tree) -> Tree:
        """The record with its fields in the order of its types, the required ones first."""
        whole: Tree = self._ordered(tree, (self._record,), top=True)
        return {**{name: whole[name] for name in _FIRST if name in whole}, **whole}

    def _ordered(self, node: Any, types: Sequence[str], *, top: bool = False) -> Any:
        if isinstance(node, list):
            return [self._ordered(item, types) for item in node]
        if not isinstance(node, dict):
            return node
        fields = {field.name: field for field in self._fields_of(types)}
        names = sorted(fields, key=lambda name: not fields[name].required)
        known = {name: self._ordered(node[name], self._parts(fields[name], top=top)) for name in names if name in node}
        return {**known, **{name: child for name, child in node.items() if name not in known}}


def _inside(field: SchemaField) -> SchemaField:
    """An item of a list, or a value of a map, described like its field."""
    if field.type.startswith(_MAP):
        return replace(field, type=field.type.partition(" to ")[2])
    return replace(field, type=field.type.removeprefix(_LIST))
