"""What the conformance kit finds, and the cases that it is given."""

from collections.abc import Callable, Mapping, Sequence
from decimal import localcontext
from typing import Any

import msgspec
from msgspec import Struct

from ledger.core.outcome.assessment import Assessment
from ledger.sdk.context import Context
from ledger.sdk.sector import CONTEXT, Activity, Sector


class Case(Struct, frozen=True, kw_only=True):
    """A record that a route assesses without an error; build its context with `ledger.sdk.testing`.

    `scales`: twice of everything gives twice the amounts, which holds of all that is not fixed per record. `twice` is
    the activity for that, where the activity states amounts. `signed` names fields (camelCase) that may be negative.
    """

    context: Context
    activity: Mapping[str, Any] = {}
    scales: bool = True
    twice: Mapping[str, Any] | None = None
    signed: tuple[str, ...] = ()


class ConformanceFault(Struct, frozen=True):
    """`code` names the rule that is broken, `where` the part of the sector that breaks it."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.code}: {self.message}"


Found = Sequence[ConformanceFault]
Assess = Callable[[Context, Activity], Assessment]


def decoded(sector: Sector, case: Case, activity: Mapping[str, Any] | None = None) -> Activity:
    """The typed activity of a case; raises msgspec.ValidationError."""
    kind = sector.routes[case.context.route].activity
    return msgspec.json.decode(msgspec.json.encode(case.activity if activity is None else activity), type=kind)


def assessed(sector: Sector, given: Context, activity: Activity) -> Assessment:
    """What the route makes of it, in the SDK's arithmetic; raises whatever it raises."""
    with localcontext(CONTEXT):
        return sector.routes[given.route].assess(given, activity)
