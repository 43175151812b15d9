"""A sector: a name, a version, and for each route a typed activity with the function that assesses it."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal

from msgspec import Struct

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.units import convert
from ledger.core.record.values import Quantity
from ledger.errors import PluginError
from ledger.sdk.chain import ChainMethod
from ledger.sdk.context import Context
from ledger.sdk.tables import rows

Table = Iterable[Mapping[str, str]]
"""The rows of a table, as mappings from column to text."""
INDICATORS, NEEDS, NATURE, RAW_MATERIALS, WORDS = (
    "indicators.csv", "needs.csv", "nature.csv", "raw-materials.csv", "words.csv")


class Activity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Base of a route's activity, which states how the process ran. Its fields are strings of the record vocabulary."""


def invalid_activity(field: str, value: object, rule: str) -> PluginError:
    """The error for a value that its type allows but the process does not. `rule` completes "it must be"."""
    return PluginError(
        f"activity.{field} is {value}: it must be {rule}", code="invalid-activity", field=f"activity.{field}",
        value=value, rule=rule,
    )


KG_PER_T: Final = 1000


def amount_in(quantity: Quantity, unit: str, field: str) -> Decimal:
    """A quantity of the activity in `unit` (a Rec 20 code). Raises InvalidQuantity that names `field` if the quantity
    has another dimension; `field` is the path below `activity`, such as `gases[0].held`."""
    return convert(quantity.amount, quantity.unit, unit, f"activity.{field}")


def kilograms(quantity: Quantity, field: str) -> Decimal:
    """A mass of the activity in kg, as `amount_in`."""
    return amount_in(quantity, "KGM", field)


class Indicator(Struct, frozen=True, kw_only=True):
    """A figure that a route reports and that lots do not carry: its unit (Rec 20, or a ratio such as KGM/TNE) and its
    names."""

    unit: str
    en: str
    zh: str


@cache
def read_indicators(package: str) -> Mapping[str, Indicator]:
    """The indicators in `indicators.csv` of a package, with the columns key, unit, en, zh: by key, in table order."""
    return indicators_of(rows(package, INDICATORS))


def indicators_of(table: Table) -> Mapping[str, Indicator]:
    """The indicators in the rows of a table, as `read_indicators`."""
    return {row["key"]: Indicator(unit=row["unit"], en=row["en"], zh=row["zh"]) for row in table}


LEAST_PART: Final = Decimal("0.2")
"""Of a usual amount: with less, a plant would be five times as good as others. Inventories of one process differ by a
factor of two to three from the usual value (pedigree of ecoinvent, basic uncertainty and technology)."""


class Need(Struct, frozen=True, kw_only=True):
    """An input without which a route cannot run. A record meets it, in whatever amount, by a supply, a lot or booked
    energy of one of `any_of`: keys of materials, classes or kinds of supplies (`fuel`, `electricity`, `heat`), or `lot`
    for any lot.

    `usual`: the usual amount in `unit` per unit `per` of products and co-products (KGM: by their masses). If a record
    does not meet the need, the omission gets this amount of `priced_as`, a key of the factor sets. None: no amount is
    usual, as for services that are counted in hours, and the omission has no estimate.

    `least`: the part of the usual amount with which honest plants run at least. A record that states less is
    questioned with the rest of the usual amount. All carriers of energy count together, by their energy.
    """

    any_of: tuple[str, ...]
    priced_as: str
    usual: Decimal | None
    unit: str
    per: str = "KGM"
    source: str
    least: Decimal = LEAST_PART


@cache
def read_needs(package: str) -> Mapping[str, tuple[Need, ...]]:
    """The minimal inventories in `needs.csv` of a package, by route. Columns: route, any_of (`;` between), priced_as,
    usual (may be empty), unit, per, least (0.2 if empty or absent), source."""
    return needs_of(rows(package, NEEDS))


def needs_of(table: Table) -> Mapping[str, tuple[Need, ...]]:
    """The minimal inventories in the rows of a table, as `read_needs`."""
    needs: dict[str, tuple[Need, ...]] = {}
    for row in table:
        need = Need(
            any_of=tuple(row["any_of"].split(";")), priced_as=row["priced_as"],
            usual=Decimal(row["usual"]) if row["usual"] else None,
            unit=row["unit"], per=row["per"], source=row["source"],
            least=Decimal(row.get("least") or LEAST_PART),
        )
        needs[row["route"]] = (*needs.get(row["route"], ()), need)
    return needs


class NaturalInput(Struct, frozen=True, kw_only=True):
    """An input that a route takes from nature itself: a `group` of the list `ledger/sdk/data/nature.csv`, such as
    `stone`, `crops` or `sun`. `source`: why the route does.

    `most`, of water and air: the kg that end up in a kg of outputs; of `ambientHeat`: MJ of heat out per MJ of power
    in. None: the list's own value.
    """

    group: str
    most: Decimal | None = None
    source: str


@cache
def read_nature(package: str) -> Mapping[str, tuple[NaturalInput, ...]]:
    """The natural inputs in `nature.csv` of a package, by route. Columns: route, group, most (may be empty), source."""
    return nature_of(rows(package, NATURE))


def nature_of(table: Table) -> Mapping[str, tuple[NaturalInput, ...]]:
    """The natural inputs in the rows of a table, as `read_nature`."""
    natural: dict[str, tuple[NaturalInput, ...]] = {}
    for row in table:
        taken = NaturalInput(
            group=row["group"], most=Decimal(row["most"]) if row["most"] else None, source=row["source"],
        )
        natural[row["route"]] = (*natural.get(row["route"], ()), taken)
    return natural


class RawMaterials(Struct, frozen=True, kw_only=True):
    """The supplies that become the product of a route: of these `classes` of the factor sets, and of the words in
    `also`, with or without a set in force. Keys and words in `without` do not: packaging, tools, abrasives."""

    classes: frozenset[str]
    also: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def take(self, group: str, names: Iterable[str]) -> bool:
        """Whether a supply of this class is raw material under all its names, the record's own word first: a word in
        `without` is not, whatever its key."""
        own, *others = names
        if own in self.without:
            return False
        known = {own, *others}
        return not self.also.isdisjoint(known) or (group in self.classes and self.without.isdisjoint(known))


@cache
def read_raw_materials(package: str) -> Mapping[str, RawMaterials]:
    """The raw materials in `raw-materials.csv` of a package, by route. Columns: route, classes, also, without (`;`
    between)."""
    return raw_materials_of(rows(package, RAW_MATERIALS))


def raw_materials_of(table: Table) -> Mapping[str, RawMaterials]:
    """The raw materials in the rows of a table, as `read_raw_materials`."""
    return {
        row["route"]: RawMaterials(**{
            column: frozenset(row[column].split(";")) - {""} for column in ("classes", "also", "without")
        }) for row in table
    }


@cache
def read_words(package: str) -> Mapping[str, str]:
    """The words in `words.csv` of a package, with the columns word, read_as: see `Sector.words`."""
    return words_of(rows(package, WORDS))


def words_of(table: Table) -> Mapping[str, str]:
    """The words in the rows of a table, as `read_words`."""
    return {row["word"]: row["read_as"] for row in table}


class Route(Struct, frozen=True, kw_only=True):
    """One process of a sector. `assess(context, activity)` returns the assessment, or raises.

    `activity` is a subclass of `Activity`. The ledger refuses unknown fields and wrong types before it calls `assess`.
    """

    activity: type[Activity]
    assess: Callable[[Context, Any], Assessment]
    en: str
    zh: str


BurntFuels = Literal["mineral", "any"]
"""Lots that a route burns: of coal, oil and gas; or of any fuel, biomass and waste too."""


class Sector(Struct, frozen=True, kw_only=True):
    """A sector plugin. `name` is the first part of `process`.

    `mass_tolerance`: the fraction by which outputs may outweigh inputs and supplies (weighing, air that reacts).
    `element_tolerance`: the fraction by which outputs may state more of an element than inputs and supplies do
    (weighing, sampling, analysis). Both are 0 by default: without a stated reason, mass cannot appear.
    `methods`: chain methods by name, in letters and digits; see `ChainMethod`. `needs`: the minimal inventory of each
    route. `nature`: the natural inputs of each route, beside some water and air. `burns_lots`: by route, the lots
    that it burns. `assess` sees such a lot as priced supplies (`SupplyFacts.lot`), and not as an input.

    Routes find a supply by the record's word or by its key in the factor sets. `words`: further words or keys, with the
    word as which they read them, such as renewable hydrogen as hydrogen. A word that is read as itself is not read as
    its key. `raw_materials`: by route, the supplies that become its product.
    """

    name: str
    version: str
    en: str
    zh: str
    routes: Mapping[str, Route]
    mass_tolerance: Decimal = Decimal(0)
    element_tolerance: Decimal = Decimal(0)
    indicators: Mapping[str, Indicator] = {}
    methods: Mapping[str, ChainMethod] = {}
    needs: Mapping[str, tuple[Need, ...]] = {}
    nature: Mapping[str, tuple[NaturalInput, ...]] = {}
    burns_lots: Mapping[str, BurntFuels] = {}
    words: Mapping[str, str] = {}
    raw_materials: Mapping[str, RawMaterials] = {}
