"""The catalogue of kinds and processes, and the reference of each, as answers: on the command line and over HTTP."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, Literal, get_args

import msgspec
from msgspec import Struct

from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.engine.sectors import Registry
from ledger.errors import NotFound
from ledger.registry.reference.examples import Tree, examples
from ledger.registry.reference.shapes import FieldShape, Shape, shapes_of
from ledger.registry.reference.texts import ROUTES, FieldText, Purpose, field_texts, purposes, texts_by_language

_NEAREST: Final = 3
_PARTS: Final = re.compile(r"[\s-]+")
"""Between the parts of a name: German joins some by a hyphen, as in `Lkw-Transport`."""
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_NO_TEXT: Final = FieldText("", "")
_NO_PURPOSE: Final = Purpose("", "")


class SchemaEntry(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A kind of record, or a process of a sector in force: `name` as records spell it. `purpose`: when to
    choose it. `words`: further words by which people look for it. Texts are by language: en, zh, and de where there is
    one."""

    name: str
    of: Literal["kind", "process"]
    names: dict[str, str]
    purpose: dict[str, str] = {}
    words: list[str] = []


class SchemaField(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A field: its type in words, the values that are allowed or the rule, its meaning, and an example. `type` names
    the types of the reference that are inside it in `parts`."""

    name: str
    type: str
    required: bool
    meaning: dict[str, str] = {}
    allowed: list[str] = []
    rule: str | None = None
    default: str | None = None
    unit: str | None = None
    example: str | None = None
    parts: list[str] = []


class SchemaType(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    name: str
    fields: list[SchemaField]


class SchemaReference(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The reference of an entry: the type of the record or of the activity, then the types inside it. `example`: ends
    with an example of the record; before it are the records to which it refers."""

    entry: SchemaEntry
    types: list[SchemaType]
    json_schema: dict[str, object] = {}
    example: list[Tree] = []


class Catalogue:
    """The kinds of records, and the processes of the sectors in a registry."""

    def __init__(self, registry: Registry) -> None:
        self._types: dict[str, type[Struct]] = {}
        self._packages: dict[str, str] = {}
        self._examples: dict[str, Sequence[Tree]] = dict(examples())
        self.entries: list[SchemaEntry] = []
        kinds = purposes()
        for kind in get_args(AnyRecord):
            name = str(kind.__struct_config__.tag)
            purpose = kinds.get(name, _NO_PURPOSE)
            self._add(_entry(name, "kind", texts_by_language(_spaced(name), de=purpose.name_de), purpose), kind)
        for sector in registry.sectors.values():
            routes = purposes(sector.package, ROUTES)
            for route, process in sector.sector.routes.items():
                name = f"{sector.sector.name}.{route}"
                self._packages[name] = sector.package
                self._examples[name] = examples(sector.package).get(route, ())
                purpose = routes.get(route, _NO_PURPOSE)
                names = texts_by_language(process.en, process.zh, purpose.name_de)
                self._add(_entry(name, "process", names, purpose), process.activity)

    def reference(self, name: str) -> SchemaReference:
        """The reference of a kind or a process. Raises NotFound, which names the nearest."""
        entry = self._entry(name)
        texts = {**field_texts(), **field_texts(self._packages[name])} if name in self._packages else field_texts()
        shapes = shapes_of(self._types[name])
        return SchemaReference(
            entry=entry, types=[_type(shape, texts) for shape in shapes], json_schema=self._json_schema(name),
            example=list(self._example(name)))

    def _example(self, name: str) -> Sequence[Tree]:
        """A transformation has the example of the process that the texts of its fields name."""
        process = field_texts()["Transformation", "process"].example
        return self._examples.get(process if name == "transformation" else name, ())

    def _json_schema(self, name: str) -> dict[str, object]:
        """The JSON Schema of the record; of a process, of a transformation with its activity."""
        if name not in self._packages:
            return msgspec.json.schema(self._types[name])
        whole = msgspec.json.schema(Transformation)
        activity = msgspec.json.schema(self._types[name])
        definitions = {**whole["$defs"], **activity["$defs"]}
        fields = definitions["Transformation"]["properties"]
        definitions["Transformation"] = {**definitions["Transformation"], "properties": {
            **fields, "activity": {"$ref": activity["$ref"]}, "process": {"const": name}}}
        return {**whole, "$defs": definitions}

    def _entry(self, name: str) -> SchemaEntry:
        for entry in self.entries:
            if entry.name == name:
                return entry
        near = get_close_matches(name, self._types, n=_NEAREST, cutoff=0.0)
        raise NotFound(f"{name} is neither a kind of record nor a process here", code="unknown-schema", field="name",
                       value=name, rule=f"a name that `carbon-ledger schema` lists; nearest: {', '.join(near)}")

    def _add(self, entry: SchemaEntry, of: type[Struct]) -> None:
        self.entries.append(entry)
        self._types[entry.name] = of


def _entry(name: str, of: Literal["kind", "process"], names: dict[str, str], purpose: Purpose) -> SchemaEntry:
    return SchemaEntry(name=name, of=of, names=names, words=list(purpose.words), purpose=purpose.texts)


def _spaced(name: str) -> str:
    """`keyChange` as words."""
    return "".join([f" {letter.lower()}" if letter.isupper() else letter for letter in name])


def _type(shape: Shape, texts: Mapping[tuple[str, str], FieldText]) -> SchemaType:
    return SchemaType(name=shape.name, fields=[_field(shape.name, field, texts) for field in shape.fields])


def _field(of: str, field: FieldShape, texts: Mapping[tuple[str, str], FieldText]) -> SchemaField:
    text = texts.get((of, field.name), _NO_TEXT)
    return SchemaField(
        name=field.name, type=field.kind, required=field.required, allowed=list(field.allowed), rule=field.rule,
        meaning=text.texts, default=field.default, unit=text.unit or None,
        example=text.example or None, parts=[part.__name__ for part in field.parts],
    )


def fitting(entries: Sequence[SchemaEntry], query: str) -> list[SchemaEntry]:
    """The entries that fit a query in English, Chinese or German, best first. A word that is one of an entry's own
    words counts most, then its names, then its purpose."""
    words = query.casefold().split()
    scored = [(_score(entry, query.casefold().strip(), words), entry) for entry in entries]
    return [entry for score, entry in sorted(scored, key=lambda one: -one[0]) if score > 0]


def _begins_or_ends(word: str, name: str) -> bool:
    """Whether a word begins or ends a word of a name; a Chinese one may stand within. Slag (`Schlacke`) is no paint
    (`Lack`)."""
    if _HAN.search(word) is not None:
        return word in name
    return re.search(rf"\b{re.escape(word)}|{re.escape(word)}\b", name) is not None


def _is_part(name: str, word: str) -> bool:
    """Whether a name is a part of a compound such as `Aluminiumguss`. In Latin letters it begins or ends the compound:
    clinker is no link."""
    if name.isascii():
        return (len(name) > 1 and word.startswith(name)) or (len(name) > 3 and word.endswith(name))
    return len(name) > 1 and name in word


def _score(entry: SchemaEntry, query: str, words: Sequence[str]) -> float:
    own = [word.casefold() for word in (entry.name, *entry.names.values(), *entry.words)]
    parts = {part for name in own for part in _PARTS.split(name)}
    purpose = " ".join(entry.purpose.values()).casefold()
    if query in own:
        return 100.0
    score = 0.0
    for word in [query, *words] if len(words) > 1 else words:
        score += 10.0 if word in parts else 0.0
        score += 4.0 if any(_begins_or_ends(word, name) or _is_part(name, word) for name in own) else 0.0
        score += 1.0 if word in purpose else 0.0
    return score
