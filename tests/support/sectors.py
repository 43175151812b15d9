"""A small sector for tests, made with the SDK like any other: what a record emits stands in its own activity."""

import hashlib
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal

from msgspec import field
from msgspec.structs import replace

from ledger.engine.sectors import Installed, Registry
from ledger.registry.installed import installed
from ledger.sdk import (
    RENEWABLE_POWER,
    Activity,
    Assessment,
    Assigned,
    Context,
    Draft,
    EnergyUse,
    FactorSet,
    Key,
    Line,
    LineKind,
    Name,
    NaturalInput,
    Omission,
    Part,
    Positive,
    Route,
    Sector,
    Signed,
    convert,
)

NAME: Final = "works"
VERSION: Final = "1.0.0"
MAKE: Final = f"{NAME}.make"


_ORE: Final = NaturalInput(group="ore", source="the works have a mine")
_WATER: Final = NaturalInput(group="water", most=Decimal("0.5"), source="hydrates")
_AIR: Final = NaturalInput(group="air", most=Decimal("0.7"), source="oxides")
_SUN: Final = NaturalInput(group="sun", source="panels on the roof")


class Emission(Part, frozen=True):
    """One line as the plugin shall return it."""

    amount: Signed
    gas: Key = "CO2"
    source: Name = "process"
    kind: LineKind = "onSite"
    burden: Key = "fossilGhgEmissions"
    primary: bool = True
    ratings: tuple[int, int, int] = (1, 1, 1)
    market: Signed | None = None
    factor: Name | None = None
    deviation: Signed | None = None
    pedigree: list[int] | None = None
    factor_deviation: Signed | None = None
    factor_pedigree: list[int] | None = None


class Carrier(Part, frozen=True):
    """MJ of energy."""

    carrier: Name
    amount: Signed
    renewable: bool = False


class Gap(Part, frozen=True):
    """An omission: of something, or of its upstream."""

    what: Name
    estimate: Signed | None = None
    upstream: bool = False


class Given(Part, frozen=True):
    """An amount assigned to an output."""

    output: int
    burden: Key
    amount: Signed


class Make(Activity, frozen=True):
    """`co2` and `ch4`: kg emitted on site, metered, of the best quality. The rest is passed on as it stands."""

    co2: Signed = "0"
    ch4: Signed = "0"
    emissions: list[Emission] = field(default_factory=list)
    energy: list[Carrier] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    weights: dict[Key, list[Signed]] = field(default_factory=dict)
    matter: dict[Key, list[Signed]] = field(default_factory=dict)
    assigned: list[Given] = field(default_factory=list)


class Smelt(Activity, frozen=True):
    """Copper matte becomes copper and acid. Prices per kg, in the order of the outputs."""

    co2: Signed
    prices: list[Positive]


class Wrong(Activity, frozen=True):
    """`how` a plugin may fail."""

    how: Literal[
        "raises", "recurses", "nan", "infinite", "nothing", "float", "text", "gas", "burden", "removal", "weightNaN",
        "weightFloat", "matterNaN", "matterSignalling", "matterText", "matterAboveOne", "assignedToNobody", "estimate",
    ]


def _make(_: Context, activity: Make) -> Assessment:
    own = (("CO2", activity.co2), ("CH4", activity.ch4))
    lines = [
        Line(gas=gas, amount=Decimal(amount), source="site", kind="onSite", basis="metered", primary=True,
             ratings=(1, 1, 1))
        for gas, amount in own if amount != "0"
    ]
    lines += [
        Line(gas=one.gas, amount=Decimal(one.amount), source=one.source, kind=one.kind, burden=one.burden,
             primary=one.primary, ratings=one.ratings, market=_decimal(one.market), factor=one.factor,
             deviation=_decimal(one.deviation), pedigree=_scores(one.pedigree),
             factor_deviation=_decimal(one.factor_deviation), factor_pedigree=_scores(one.factor_pedigree))
        for one in activity.emissions
    ]
    return Assessment(
        lines=tuple(lines),
        energy=tuple(EnergyUse(carrier=one.carrier, amount=Decimal(one.amount), renewable=one.renewable)
                     for one in activity.energy),
        omissions=tuple(Omission(what=f"{gap.what} upstream" if gap.upstream else gap.what,
                                 estimate=_decimal(gap.estimate)) for gap in activity.gaps),
        weights={key: tuple(map(Decimal, weights)) for key, weights in activity.weights.items()},
        matter={content: tuple(map(Decimal, parts)) for content, parts in activity.matter.items()},
        assigned=tuple(Assigned(output=one.output, burden=one.burden, amount=Decimal(one.amount))
                       for one in activity.assigned),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _scores(pedigree: list[int] | None) -> tuple[int, ...] | None:
    return None if pedigree is None else tuple(pedigree)


def _smelt(context: Context, activity: Smelt) -> Assessment:
    draft = Draft(context)
    draft.carbon("furnace", Decimal(activity.co2), basis="metered")
    draft.weigh("value", [
        Decimal(price) * (output.mass or 0) for price, output in zip(activity.prices, context.outputs, strict=True)
    ])
    copper = [Decimal("1") if i == 0 else Decimal(0) for i in range(len(context.outputs))]
    draft.follow("material:copper", copper)
    draft.follow("material:sulphur", [1 - part for part in copper])
    return draft.assessment()


def _sun(context: Context, activity: Make) -> Assessment:
    """A plant whose power is all renewable."""
    generated = sum((convert(one.quantity.amount, one.quantity.unit, "KWH") for one in context.outputs
                     if one.technology is None), Decimal(0))
    return replace(_make(context, activity), indicators={RENEWABLE_POWER: generated})


def _raising(_: Context, __: Activity) -> Assessment:
    raise ValueError("the furnace is out of order")


def _nan(context: Context, _: Activity) -> Assessment:
    draft = Draft(context)
    draft.line(Line(gas="CO2", amount=Decimal("NaN"), source="site", kind="onSite"))
    return draft.assessment()


def _wrong(context: Context, activity: Wrong) -> Any:
    first = Decimal(1)
    line = Line(gas="CO2", amount=first, source="site", kind="onSite")
    outputs = len(context.outputs)
    match activity.how:
        case "raises":
            raise KeyError("missing")
        case "recurses":
            return _wrong(context, activity)
        case "nothing":
            return None
        case "nan" | "infinite" | "float" | "text":
            bad: Any = {"nan": Decimal("NaN"), "infinite": Decimal("-Infinity"), "float": 1.5, "text": "1.5"}
            return Assessment(lines=(Line(gas="CO2", amount=bad[activity.how], source="site", kind="onSite"),))
        case "gas":
            return Assessment(lines=(Line(gas="phlogiston", amount=first, source="site", kind="onSite"),))
        case "burden":
            return Assessment(lines=(Line(gas="CO2", amount=first, source="s", kind="onSite", burden="absGhg"),))
        case "removal":
            return Assessment(lines=(
                Line(gas="CO2", amount=first, source="s", kind="onSite", burden="technologicalCO2Removals"),
            ))
        case "weightNaN":
            return Assessment(lines=(line,), weights={"mass": (Decimal("NaN"),) * outputs})
        case "weightFloat":
            floats: Any = (1.0,) * outputs
            return Assessment(lines=(line,), weights={"mass": floats})
        case "matterNaN" | "matterSignalling" | "matterText" | "matterAboveOne":
            parts: Any = {
                "matterNaN": Decimal("NaN"), "matterSignalling": Decimal("sNaN"), "matterText": "half",
                "matterAboveOne": Decimal("1.01"),
            }
            return Assessment(lines=(line,), matter={"mass": (parts[activity.how],) * outputs})
        case "assignedToNobody":
            return Assessment(assigned=(Assigned(output=outputs, burden="fossilGhgEmissions", amount=first),))
        case "estimate":
            return Assessment(omissions=(Omission(what="ore", estimate=-first),))


def works() -> Sector:
    """The sector; its outputs may not outweigh what comes in."""
    return Sector(
        name=NAME, version=VERSION, en="Test works", zh="试验厂",
        routes={
            "make": Route(activity=Make, assess=_make, en="Make", zh="制造"),
            "sun": Route(activity=Make, assess=_sun, en="Power of the sun", zh="光伏"),
            "bind": Route(activity=Make, assess=_make, en="Bind water and air", zh="水合与氧化"),
            "smelt": Route(activity=Smelt, assess=_smelt, en="Smelt", zh="冶炼"),
            "raising": Route(activity=Make, assess=_raising, en="Raises", zh="出错"),
            "nan": Route(activity=Make, assess=_nan, en="Not a number", zh="非数"),
            "wrong": Route(activity=Wrong, assess=_wrong, en="Returns what it may not", zh="越界"),
        },
        nature={
            "sun": (_SUN, _ORE), "bind": (_WATER, _AIR),
            **dict.fromkeys(("make", "smelt", "raising", "nan", "wrong"), (_ORE,)),
        },
    )


def registry() -> Registry:
    """A registry with that sector only. Its digest is of its name: vectors must not change with this file."""
    return Registry([Installed(works(), hashlib.sha256(f"{NAME}/{VERSION}".encode()).hexdigest(), "tests")])


@cache
def shipped() -> Registry:
    """The installed sectors and factor sets, whose tables a process reads once."""
    return installed()


def open_set() -> FactorSet:
    """The open factor set."""
    return shipped().sets["factors-open"]


@cache
def all_sectors() -> Registry:
    """The installed sectors and factor sets, and that sector."""
    whole = shipped()
    return Registry([*whole.sectors.values(), *registry().sectors.values()], whole.sets.values())
