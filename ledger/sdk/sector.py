"""A sector: a name, a version, and for each route a typed activity with the function that assesses it."""

from collections.abc import Callable, Mapping
from decimal import Context as DecimalContext
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final

from msgspec import Struct

from ledger.core.outcome.assessment import Assessment
from ledger.errors import PluginError
from ledger.sdk.chain import ChainMethod
from ledger.sdk.context import Context

CONTEXT: Final = DecimalContext(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])
"""The decimal arithmetic in which every `assess` runs: 34 digits, half even, as IEEE 754 decimal128."""


class Activity(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Base of a route's activity, which states how the process ran. Its fields are strings of the record vocabulary."""


def invalid_activity(field: str, value: object, rule: str) -> PluginError:
    """The error for a value that its type allows but the process does not. `rule` completes "it must be"."""
    return PluginError(
        f"activity.{field} is {value}: it must be {rule}", code="invalid-activity", field=f"activity.{field}",
        value=value, rule=rule,
    )


class Indicator(Struct, frozen=True, kw_only=True):
    """A figure that a route reports and that lots do not carry: its unit (Rec 20, or a ratio such as KGM/TNE) and its
    names."""

    unit: str
    en: str
    zh: str


class Route(Struct, frozen=True, kw_only=True):
    """One process of a sector. `assess(context, activity)` returns the assessment, or raises.

    `activity` is a subclass of `Activity`. The ledger refuses unknown fields and wrong types before it calls `assess`.
    """

    activity: type[Activity]
    assess: Callable[[Context, Any], Assessment]
    en: str
    zh: str


class Sector(Struct, frozen=True, kw_only=True):
    """A sector plugin. `name` is the first part of `process`.

    `mass_tolerance`: the fraction by which outputs may outweigh inputs and supplies (weighing, air that reacts).
    `element_tolerance`: the fraction by which outputs may state more of an element than inputs and supplies do
    (weighing, sampling, analysis). Both are 0 by default: without a stated reason, mass cannot appear.
    `methods`: chain methods by name, in letters and digits; see `ChainMethod`.
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
