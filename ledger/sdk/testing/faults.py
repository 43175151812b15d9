"""The faults that the conformance kit reports, and the cases that it checks."""

from collections.abc import Callable, Mapping
from decimal import localcontext
from typing import Any

import msgspec
from msgspec import Struct

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.amounts import CONTEXT
from ledger.sdk.context import Context
from ledger.sdk.sector import Activity, Sector


class Case(Struct, frozen=True, kw_only=True):
    """A record that a route assesses without an error. Build its context with `ledger.sdk.testing`.

    `scales`: doubling all quantities doubles all amounts, which is true unless a route has fixed amounts per record.
    `twice`: the activity for the doubled record, if the activity states amounts. `signed`: names of fields (camelCase)
    that may be negative.
    """

    context: Context
    activity: Mapping[str, Any] = {}
    scales: bool = True
    twice: Mapping[str, Any] | None = None
    signed: tuple[str, ...] = ()


class ConformanceFault(Struct, frozen=True):
    """`code` names the broken rule, `where` the part of the sector that breaks it."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.code}: {self.message}"


Assess = Callable[[Context, Activity], Assessment]


def decoded(sector: Sector, case: Case, activity: Mapping[str, Any] | None = None) -> Activity:
    """The typed activity of a case. Raises msgspec.ValidationError."""
    kind = sector.routes[case.context.route].activity
    return msgspec.json.decode(msgspec.json.encode(case.activity if activity is None else activity), type=kind)


def assessed(sector: Sector, given: Context, activity: Activity) -> Assessment:
    """The route's assessment in the SDK's arithmetic. Raises all errors of the route."""
    with localcontext(CONTEXT):
        return sector.routes[given.route].assess(given, activity)
