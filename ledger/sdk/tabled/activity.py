"""The activity of a route made of tables: a type with the fields of `activity.csv`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from ledger.core.record.units import UNITS
from ledger.core.record.values import Fraction, Positive, Quantity
from ledger.sdk.fuels import FuelAnalysis
from ledger.sdk.sector import Activity, amount_in, invalid_activity
from ledger.sdk.tabled.cells import TableCells

FRACTION: Final = "fraction"
_NUMBER: Final = "number"
_CHOICE: Final = "choice"
_KINDS: Final = (FRACTION, _NUMBER, _CHOICE, *UNITS)


class TabledActivity(Activity, frozen=True, kw_only=True):
    """Fields of every route made of tables. `renewable_share`: of the electricity that comes as lots. `analyses`: the
    site's own measurements of its fuels."""

    renewable_share: Fraction = "0"
    analyses: tuple[FuelAnalysis, ...] = ()


class ActivityField(Struct, frozen=True, kw_only=True):
    """A row of `activity.csv`. `kind`: `fraction`, `number`, `choice` of the `allowed` words, or a Rec 20 unit, for a
    quantity of its dimension. `default`: of a fraction or number that the record leaves out; required without one.

    `least`, `most`: possible values, in the unit. `unshown`: the least fraction that needs no document of the kinds
    `shown_by`.
    """

    name: str
    kind: str
    allowed: tuple[str, ...] = ()
    default: str = ""
    least: Decimal = Decimal(0)
    most: Decimal | None = None
    unshown: Decimal | None = None
    shown_by: tuple[str, ...] = ()

    def value(self, activity: Activity) -> Decimal | None:
        """The stated value, of a quantity in the unit of the row; None for a choice and for a field that is left out.
        Raises PluginError for a value that is not possible."""
        stated = getattr(activity, self.name)
        if stated is None or self.kind == _CHOICE:
            return None
        amount = amount_in(stated, self.kind, self.name) if isinstance(stated, Quantity) else Decimal(stated)
        if amount < self.least or (self.most is not None and amount > self.most):
            span = f"at least {self.least}" if self.most is None else f"from {self.least} to {self.most}"
            raise invalid_activity(self.name, stated, span if self.kind not in UNITS else f"{span} {self.kind}")
        return amount


def field_of(cells: TableCells) -> ActivityField:
    """The field of a row. Columns: route, field, kind, allowed, default, least, most, unshown, shown_by."""
    kind = cells.one_of("kind", _KINDS)
    most, unshown = cells.optional("most"), cells.optional("unshown")
    field = ActivityField(
        name=cells.text("field"), kind=kind, allowed=cells.words("allowed"), default=cells.optional("default"),
        least=cells.number("least", Decimal(0)), most=cells.number("most") if most else None,
        unshown=cells.number("unshown") if unshown else None, shown_by=cells.words("shown_by"),
    )
    if not field.name.isidentifier() or field.name in TabledActivity.__struct_encode_fields__:
        cells.refuse("field", "a name in letters and digits that no other field has")
    if (kind == _CHOICE) != bool(field.allowed):
        cells.refuse("allowed", "words of a choice, and empty for any other kind")
    if field.default and kind not in (FRACTION, _NUMBER):
        cells.refuse("default", "empty: only fractions and numbers have a default")
    if unshown and kind != FRACTION:
        cells.refuse("unshown", "empty: only fractions are asked for a document")
    return field


def activity_of(package: str, route: str, fields: Sequence[ActivityField]) -> type[Activity]:
    """The type of a route's activity, named after the route: `Lime` of `lime`."""
    parts: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in fields:
        kind = _type_of(field)
        if field.default:
            parts.append((field.name, kind, field.default))
        elif field.kind in (FRACTION, _NUMBER):
            parts.append((field.name, kind))
        else:
            parts.append((field.name, kind | None, None))
    described = " ".join([f"`{field.name}`: {field.kind}." for field in fields])
    name = route[:1].upper() + route[1:]
    namespace: Mapping[str, Any] = {"__doc__": f"Activity of the route {route}, by activity.csv. {described}"}
    return msgspec.defstruct(  # type: ignore[return-value]  # a subclass of its base
        name, parts, bases=(TabledActivity,), module=package, namespace=dict(namespace), frozen=True, kw_only=True)


def _type_of(field: ActivityField) -> Any:
    if field.kind == FRACTION:
        return Fraction
    if field.kind == _NUMBER:
        return Positive
    return Literal[field.allowed] if field.kind == _CHOICE else Quantity
