"""Lists all factors that this process computes with, of the SDK and the installed sectors: as values and as a page. The
page also lists the supplies of factor sets."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import groupby
from typing import Final

from msgspec import Struct

from ledger.core.record.units import UNITS, plain
from ledger.engine.sectors import Registry
from ledger.sdk import FactorSet, FactorSetVersion, SupplyEntry, carbon_dioxide_of, read_factors, standard_fuels
from ledger.sdk.sets.factor_set import SUPPLY_KINDS
from ledger.sdk.sets.reading import co2e_of
from ledger.sdk.sets.summary import default_of, short
from ledger.sdk.tables import factor_files

SDK: Final = "sdk"
_DATA: Final = "ledger.sdk.data"
_HEAD: Final = """\
# Emission factors

Every factor of the SDK and of the sectors in this repository, in kg of the gas per unit, with its source.
`carbon-ledger plugin factors --markdown` writes this page. `read`: the authors read the source. `recalled`: an
unverified source, which the authors could not read; every answer that uses the factor says so. `*`: any place. A
record's own factor or declaration takes precedence over all of these.

Factor sets come last, with their supplies only: `carbon-ledger factors show KEY` shows all rows of a supply. `kg CO2e`
is the newest row for the world, per unit, with the potentials of AR6; `range` its reference range.
"""


class ListedFactor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A factor of `table`: `value` kg of `gas` per `unit`. `owner`: the sector that the table belongs to, or `sdk`."""

    owner: str
    table: str
    key: str
    place: str
    year: int | None = None
    value: str
    unit: str
    gas: str
    boundary: str
    status: str
    source: str
    deviation: str | None = None


def listed(registry: Registry) -> list[ListedFactor]:
    """The factors of the SDK, then of each sector by name. Raises PluginError, which names the malformed row."""
    factors = [*_tables(SDK, _DATA), *_fuels()]
    for name, installed in sorted(registry.sectors.items()):
        if installed.package and _is_package(installed.package):
            factors += _tables(name, installed.package)
    return factors


def _is_package(name: str) -> bool:
    """False for a plugin that is a single module: it has no other files."""
    spec = find_spec(name)
    return spec is not None and spec.submodule_search_locations is not None


def _tables(owner: str, package: str) -> Iterator[ListedFactor]:
    for file in factor_files(package):
        table = owner if file == "factors.csv" else file.removesuffix(".csv")
        for row in read_factors(package, file, table):
            yield ListedFactor(
                owner=owner, table=row.table, key=row.key, place=row.place, year=row.year, value=plain(row.value),
                unit=row.unit, gas=row.gas, boundary=row.boundary, status=row.status, source=row.source,
                deviation=None if row.deviation is None else plain(row.deviation),
            )


def _fuels() -> Iterator[ListedFactor]:
    """The default fuels as factors of complete combustion: NCV * carbon content * oxidised share * 44/12."""
    for fuel in standard_fuels().values():
        yield ListedFactor(
            owner=SDK, table="fuels-china", key=fuel.key, place="CN", value=f"{carbon_dioxide_of(fuel):.6g}",
            unit=fuel.unit, gas="CO2", boundary="combustion", status=fuel.status, source=fuel.source,
        )


def page(factors: Sequence[ListedFactor], sets: Iterable[FactorSet] = ()) -> str:
    """The factors as Markdown, with one section for each owner, then one for the newest version of each set."""
    parts = [_HEAD]
    for owner, rows in groupby(factors, key=lambda one: one.owner):
        parts.append(section(owner, list(rows)))
    parts += [set_section(one.newest) for one in sets]
    return "\n".join(parts)


def set_section(version: FactorSetVersion) -> str:
    """The supplies of a version, by kind and key."""
    counts = Counter(factor.key for factor in version)
    recalled = sum(factor.recalled for factor in version)
    lines = [
        f"## {version.tag}", "",
        f"Supplies: {len(version.supplies)}; factors: {len(version.rows)}, {recalled} of them `recalled`; sources: "
        f"{len(version.sources)}.",
    ]
    entries = sorted(version.supplies.values(), key=lambda entry: (SUPPLY_KINDS.index(entry.kind), entry.key))
    for kind, of_kind in groupby(entries, key=lambda entry: entry.kind):
        lines += ["", f"`{kind}`", "", "| key | English | Chinese | German | per | rows | kg CO2e | boundary | range |",
                  "|---|---|---|---|---|---|---|---|---|"]
        lines += [_supply_line(version, entry, counts[entry.key]) for entry in of_kind]
    return "\n".join(lines) + "\n"


def _supply_line(version: FactorSetVersion, entry: SupplyEntry, count: int) -> str:
    default = default_of(version, entry)
    value, boundary = ("", "") if default is None else (short(co2e_of(default.gases)), default.boundary)
    reference = "" if default is None or default.low is None or default.high is None else (
        f"{short(default.low)} to {short(default.high)}"
    )
    cells = (entry.key, entry.en, entry.zh, "".join(entry.de[:1]), UNITS[entry.unit].name, str(count), value, boundary,
             reference)
    return "| " + " | ".join([cell.replace("|", "\\|") for cell in cells]) + " |"


def section(owner: str, factors: Iterable[ListedFactor]) -> str:
    """One owner's tables."""
    lines = [f"## {owner}"]
    for table, rows in groupby(factors, key=lambda one: one.table):
        lines += ["", f"`{table}`", "", "| key | place | year | value | per | gas | boundary | status | source |",
                  "|---|---|---|---|---|---|---|---|---|"]
        lines += [_line(row) for row in rows]
    return "\n".join(lines) + "\n"


def _line(row: ListedFactor) -> str:
    place = "`*`" if row.place == "*" else row.place
    unit = UNITS[row.unit].name if row.unit in UNITS else row.unit
    cells = (row.key, place, "" if row.year is None else str(row.year), row.value, unit, row.gas, row.boundary,
             row.status, row.source.replace("|", "\\|"))
    return "| " + " | ".join(cells) + " |"
