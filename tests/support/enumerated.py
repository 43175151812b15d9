"""Questions about names, enumerated from the document of the API: every operation, every parameter, values of each.

An operation or a parameter that is added later is asked too. A parameter whose values are neither in the document nor
in `values_of` raises: say there which values it takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any, Final, NamedTuple, cast, get_args

from ledger.app import create_app
from ledger.core.outcome.assessment import BURDENS
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.values import AllocationKey
from ledger.footprint.derived.methods.catalogue import METHODS
from ledger.footprint.derived.tables.rows import GROUPINGS
from ledger.footprint.stored.gwp import SETS
from ledger.service.ledger import Ledger
from ledger.service.queries.indicators.read import GROUPINGS as INDICATOR_GROUPINGS

SUBJECTS: Final = frozenset({
    "lot", "item", "digest", "organization", "holder", "owner", "issuer", "party", "facility", "product", "name", "key",
    "sector", "day", "path", "lots",
})
"""Parameters that name what a question is about. The others are options."""


TURNS: Final = 3
"""The values of a further parameter for each thing."""


def _at(values: Sequence[str], place: int) -> str:
    return values[place % len(values)]


class Names(NamedTuple):
    """All names of a ledger. `sizes`: of its trees; `telling`: those before and after a revision; `revising`: log
    indexes of the revisions; `entries`: the first log index of interest and the end; `windows`: of time."""

    lots: Sequence[str]
    digests: Sequence[str]
    organizations: Sequence[str]
    facilities: Sequence[str]
    products: Sequence[str]
    sectors: Sequence[str]
    sizes: Sequence[int]
    telling: Sequence[int]
    revising: Sequence[int]
    entries: tuple[int, int]
    windows: Sequence[tuple[str, str]]


class Question(NamedTuple):
    method: str
    path: str
    given: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    media_type: str = "application/json"


class Operation(NamedTuple):
    """An operation that reads. `subjects`: values of the parameters that a question must have; each is a list of
    alternatives. `options`: values of the others, each with the names that go together."""

    path: str
    subjects: Sequence[Mapping[str, Sequence[str]]]
    options: Sequence[tuple[tuple[str, ...], Sequence[tuple[str, ...]]]]
    at: bool
    pages: bool

    def about(self) -> Iterator[dict[str, str]]:
        """Each thing that it can be asked about: every value of the first parameter; the others take turns."""
        turn = count()
        for subject in self.subjects:
            first, *others = subject or [""]
            for value in subject.get(first, [""]):
                most = max([min(TURNS, len(subject[name])) for name in others], default=1)
                for place in islice(turn, most):
                    given = {first: value, **{name: _at(subject[name], place) for name in others}}
                    yield {name: chosen for name, chosen in given.items() if name}

    def ask(self, about: Mapping[str, str], given: Mapping[str, str] | None = None) -> Question:
        """A parameter that is given twice has both values."""
        query = [pair for pair in (*about.items(), *(given or {}).items()) if "{" + pair[0] + "}" not in self.path]
        return Question("GET", self.path.format_map(about), tuple(query))


def operations(names: Names, without: Mapping[str, str]) -> Iterator[Operation]:
    """Every operation that reads, but those of the paths `without`. Raises LookupError for a parameter whose values
    are not known."""
    document = create_app(cast(Ledger, None)).openapi_schema.to_schema()
    for path, item in sorted(document["paths"].items()):
        if "get" in item and path not in without:
            yield _operation(path, item["get"].get("parameters", []), names)


def posts() -> frozenset[str]:
    """The paths that take a body."""
    document = create_app(cast(Ledger, None)).openapi_schema.to_schema()
    return frozenset(path for path, item in document["paths"].items() if set(item) - {"get"})


def _operation(path: str, parameters: Sequence[Mapping[str, Any]], names: Names) -> Operation:
    values = {one["name"]: values_of(path, one["name"], one["schema"], names) for one in parameters}
    required = [one["name"] for one in parameters if one.get("required")]
    naming = [name for name in values if name in SUBJECTS and name not in required]
    windowed = {"from", "to"} <= values.keys() and "from" not in required
    if required:
        subjects: list[Mapping[str, Sequence[str]]] = [{name: values[name] for name in required}]
    else:
        subjects = [{name: values[name]} for name in naming] or [{}]
    lists = {one["name"] for one in parameters if one["schema"].get("type") == "array" and one["name"] in SUBJECTS}
    others = [name for name in values if name in lists or
              (name not in required and (required or name not in naming) and name != "at")]
    options: list[tuple[tuple[str, ...], Sequence[tuple[str, ...]]]] = [
        ((name,), [(value,) for value in values[name]])
        for name in others if not (windowed and name in ("from", "to"))]
    if windowed:
        options.append((("from", "to"), names.windows))
    return Operation(path, subjects, options, "at" in values, "after" in values)


def values_of(path: str, name: str, schema: Mapping[str, Any], names: Names) -> Sequence[str]:
    """Values of a parameter: those that its schema lists, or those of its name. Raises LookupError."""
    kind = schema.get("oneOf", [schema])[0]
    kind = kind.get("items", kind)
    if "enum" in kind:
        return [str(value) for value in kind["enum"]]
    if kind["type"] == "boolean":
        return ["true", "false"]
    table = _texts(path, names) if kind["type"] == "string" else _numbers(path, names)
    if name in table:
        return table[name]
    if "maximum" in schema and "minimum" in schema:
        return list(dict.fromkeys(str(int(number)) for number in (schema["minimum"], 2, schema["maximum"])))
    raise LookupError(f"GET {path}: the values of {name} {dict(schema)} are not known; say them in {__name__}")


def _texts(path: str, names: Names) -> Mapping[str, Sequence[str]]:
    everything = [*names.lots, *names.digests, *names.organizations, *names.facilities, *names.products]
    groupings = INDICATOR_GROUPINGS if "indicators" in path else GROUPINGS
    return {
        "lot": names.lots, "item": names.lots, "digest": names.digests, "organization": names.organizations,
        "holder": names.organizations, "owner": names.organizations, "issuer": names.organizations,
        "party": names.organizations, "facility": names.facilities, "product": names.products,
        "name": ["transfer"] if "schema" in path else [*everything, *map(str, range(*names.entries, 4))],
        "key": [*names.lots, *names.products], "sector": [*names.sectors, "industry"],
        "lots": [",".join(str(index * 1024 + slot) for index in range(*names.entries) for slot in range(3))],
        "kind": [str(kind.__struct_config__.tag) for kind in get_args(AnyRecord)], "by": groupings,
        "burden": ["footprint", *BURDENS], "content": ["mass", "material:steel"], "gwp": list(SETS),
        "allocation": get_args(AllocationKey), "method": [method.name for method in METHODS],
        "parameter": ["R1=0.5"], "stage": ["works.make"], "share": ["thirdParty=0.5"], "find": ["steel"],
        "from": sorted({since for since, _ in names.windows}), "to": sorted({until for _, until in names.windows}),
        "day": ["2026-09-21", "2026-09-20"], "path": ["0/000.p/40", "entries/000.p/40"], "after": ["2026-09-20"],
    }


def _numbers(path: str, names: Names) -> Mapping[str, Sequence[str]]:
    first, end = names.entries
    lots = [str(index * 1024) for index in range(first, end, 8)]
    listed = lots if path in ("/v1/lot-list", "/v1/audit/balances", "/v1/changes") else [
        str(index) for index in range(first, end, 8)]
    return {
        "at": [str(size) for size in names.sizes], "size": [str(size) for size in names.telling],
        "year": ["2024", "2025", "2026"], "since": [str(index) for index in names.revising],
        "after": ["-1", *listed], "from": ["0", str(first)], "to": [str(end), str(end + 10)],
        "index": [str(index) for index in names.revising] if path.startswith("/v1/audit") else ["0"],
        "revised": [str(index) for index in range(first, end)], "samples": ["0", "100"], "seed": ["1"], "wait": ["0"],
        "depth": ["1", "2"],
    }
