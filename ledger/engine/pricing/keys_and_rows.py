"""The names in a supply that factor sets know: its key, and the row that it names, as `set:row`.

An unknown key is usually a misspelt one, and its estimate may be far too high or too low. So nobody gets an estimate
unasked: the record says `unknown`, or prices the supply itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

from ledger.admission.lots import Supplied
from ledger.core import patch
from ledger.core.record.units import convert
from ledger.core.record.values import Supply
from ledger.errors import Refused, refusal_of
from ledger.sdk import FactorSetVersion, SetChoice
from ledger.sdk.sets.factor_set import SupplyKind
from ledger.sdk.sets.lookup import amount_of, entry_of, supply_kinds

_SHOWN: Final = 3
_PRICING: Final = ("cradleToGate", "wellToTank")
UNKNOWN_KEY: Final = "unknown-supply"
KNOWN_KEY: Final = "known-supply"


def check_keys(stated: Sequence[tuple[str, Supply]], sets: Sequence[FactorSetVersion]) -> None:
    """Raises Refused, with all faults in `parts`, for supplies whose keys the sets do not know and that do not say so,
    or that say so of a known key. `stated`: the supplies of a record with their fields."""
    faults = list(key_faults(stated, sets))
    if faults:
        raise refusal_of([*faults, *_row_faults(stated, sets)])


def key_faults(stated: Iterable[tuple[str, Supply]], sets: Sequence[FactorSetVersion]) -> Iterator[Refused]:
    """The faults of the keys of supplies. Without sets no key is at fault, and supplies from nature have no upstream to
    estimate."""
    for field, supply in stated if sets else ():
        known, material = entry_of(sets, supply.material), supply.material
        own = supply.factor or supply.declaration or supply.factor_row or supply.origin == "nature"
        if known is None and not supply.unknown and not own:
            yield Refused(
                f"{field}.material: no factor set knows {material!r}, so its figure would be an estimate",
                code=UNKNOWN_KEY, field=f"{field}.material", value=material,
                rule="a key or alias of a factor set; without a fitting key, `unknown: true` at the supply, a "
                "declaration, or a factor of its own",
            )
        elif known is not None and supply.unknown:
            version, entry = known
            fault = Refused(
                f"{field}.unknown: {version.tag} knows {material!r} as {entry.en}", code=KNOWN_KEY,
                field=f"{field}.unknown", value="true", rule="left out where a factor set knows the key",
            )
            fault.mend = (patch.drop(patch.steps_of(f"{field}.unknown")),)
            yield fault


def _row_faults(stated: Sequence[tuple[str, Supply]], sets: Sequence[FactorSetVersion]) -> Iterator[Refused]:
    for field, supply in stated:
        try:
            if supply.factor_row is not None:
                named_row(sets, supply, f"{field}.factorRow")
        except Refused as fault:
            yield fault


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
