"""The row of a factor set that a supply names, as `set:row`."""

from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from ledger.admission.lots import Supplied
from ledger.core.record.units import convert
from ledger.core.record.values import Supply
from ledger.errors import Refused
from ledger.sdk import FactorSetVersion, SetChoice
from ledger.sdk.sets.factor_set import SupplyKind
from ledger.sdk.sets.lookup import amount_of, supply_kinds

_SHOWN: Final = 3
_PRICING: Final = ("cradleToGate", "wellToTank")


def named_row(
    sets: Sequence[FactorSetVersion], supply: Supply, field: str
) -> SetChoice:
    """The row `supply.factor_row`. Raises Refused for an unknown set, one that is not in force, an unknown row, a row
    that is no upstream figure, a row of another kind than the supply, and a quantity of another dimension."""
    text = supply.factor_row or ""
    name, _, row = text.partition(":")
    version = next((one for one in sets if one.name == name), None)
    if version is None:
        raise Refused(
            f"{field}: no factor set {name!r} is in force", code="unknown-factor-set", field=field, value=text,
            rule="`set:row` of a set in force: "
            + (", ".join([one.tag for one in sets]) or "the log has activated no set"),
        )
    factor = version.rows.get(row)
    if factor is None:
        raise Refused(
            f"{field}: {version.tag} has no row {row!r}", code="unknown-factor-row", field=field, value=text,
            rule="a row of the version in force; nearest: " + ", ".join(nearest_rows(version, row)),
        )
    if factor.boundary not in _PRICING:
        others = [one.row for boundary in _PRICING for one in version.factors(factor.key, boundary)]
        raise Refused(
            f"{field}: row {row!r} is the boundary {factor.boundary}, which is no upstream figure",
            code="factor-boundary", field=field, value=text,
            rule="a row with the boundary cradleToGate or wellToTank; nearest: " + ", ".join(others[:_SHOWN]),
        )
    entry = version.supplies[factor.key]
    _check_kind(sets, SetChoice(version.tag, entry, factor), supply, field)
    if amount_of(entry, supply.quantity.amount, supply.quantity.unit, _mass_of(supply)) is None:
        raise Refused(
            f"{field}: {supply.quantity} does not convert to {entry.unit}, the unit of row {row!r}",
            code="wrong-dimension", field=field, value=str(supply.quantity),
            rule=f"a quantity that converts to {entry.unit}",
        )
    return SetChoice(version.tag, entry, factor)


def _mass_of(supply: Supply) -> Decimal | None:
    return None if supply.mass is None else convert(supply.mass.amount, supply.mass.unit, "KGM")


def _check_kind(
    sets: Sequence[FactorSetVersion], named: SetChoice, supply: Supply, field: str
) -> None:
    """A row of another kind says nothing about the supply: freight costs less than the steel that it moves."""
    kind = named.entry.kind
    fitting = supply_kinds(sets, supply.material, supply.quantity.unit)
    if kind in fitting:
        return
    kinds = " or ".join([part for part in (", ".join(fitting[:-1]), fitting[-1]) if part])
    raise Refused(
        f"{field}: row {named.factor.row!r} is of kind {kind}, but {supply.material} in {supply.quantity.unit} is "
        f"of kind {kinds}", code="factor-kind", field=field, value=supply.factor_row,
        rule=f"a row of kind {kinds}; nearest: " + ", ".join(_rows_of_kinds(sets, fitting, supply.material)),
    )


def _rows_of_kinds(sets: Sequence[FactorSetVersion], kinds: Sequence[SupplyKind], material: str) -> Sequence[str]:
    """Rows that could price a supply of these kinds: its own first, then those with the most similar names."""
    own, others = list[str](), dict[str, list[str]]()
    for version in sets:
        entry = version.entry(material)
        for factor in version:
            if version.supplies[factor.key].kind not in kinds or factor.boundary not in _PRICING:
                continue
            name = f"{version.name}:{factor.row}"
            if entry is not None and entry.key == factor.key:
                own.append(name)
            else:
                others.setdefault(factor.key.lower(), []).append(name)
    near = get_close_matches(material.lower(), others, n=_SHOWN, cutoff=0.0)
    return [*own, *[name for key in near for name in others[key]]][:_SHOWN]


def check_no_rows(supplied: Sequence[Supplied]) -> None:
    """Refuses named rows on a log on which no factor set is in force."""
    for i, (supply, _) in enumerate(supplied):
        if supply.factor_row is not None:
            named_row((), supply, f"supplies[{i}].factorRow")


def nearest_rows(version: FactorSetVersion, row: str) -> Sequence[str]:
    """Rows of the same supply first, else those with the most similar names."""
    key = row.partition("/")[0]
    own = [name for name in version.rows if name.startswith(f"{key}/")]
    return get_close_matches(row, own or list(version.rows), n=_SHOWN, cutoff=0.0)
