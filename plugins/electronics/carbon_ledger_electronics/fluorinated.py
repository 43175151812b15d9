"""Fluorinated gases of etching and of cleaning deposition chambers.

    E(gas) = use * (1 - heel) * (1 - U) * (1 - a * d)
    E(by-product) = use * (1 - heel) * B * (1 - a * d(by-product))

IPCC 2006 Guidelines, volume 3, 6.2.1.1 (Tier 2): U is the part of the gas that the plasma uses up, B the kg of
by-product (CF4, C2F6) per kg used, a the part of the gas that goes through abatement, d the part that abatement
destroys. Defaults of U and B are by substrate; the IPCC's are recalled, the defaults of 40 CFR 98 subpart I are read.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_electronics.common import factors
from ledger.sdk import (
    ZERO,
    Context,
    Draft,
    FactorRow,
    FactorTable,
    Fraction,
    Part,
    PluginError,
    Reading,
    SupplyFacts,
    invalid_activity,
    omit_upstream,
)

NEWER: Final[Mapping[str, str]] = {"C4F8": "cC4F8", "CH2F2": "HFC32", "CH3F": "HFC41", "C2HF5": "HFC125"}
"""Gases that are counted since factor sets are in force, by their name in the ledger. Before, their emissions were
named as an omission."""

OTHERS: Final = ("C4F8", "C4F6", "C5F8", "C4F8O", "CH2F2", "CH3F", "C2HF5")
"""Gases whose emissions are named as an omission, unless they are counted."""

BY_PRODUCTS: Final = ("CF4", "C2F6")

USUAL_HEEL: Final = Decimal("0.1")
"""IPCC 2006, volume 3, 6.2.1.1, and 40 CFR 98, subpart I: a tenth of the gas goes back in its container."""
MOST_HEEL: Final = Decimal("0.25")
"""Tools stop below a pressure that leaves 5 to 20 %; own judgement."""

PROOFS: Final = ("emissionMeasurement", "abatementTest", "analysis", "monitoringReport")
"""Kinds of evidence for abatement, utilisation and by-products."""

Gas = Literal[
    "CF4", "C2F6", "C3F8", "CHF3", "NF3", "SF6", "HFC134a", "N2O", "C4F8", "CH2F2", "CH3F", "C2HF5",
]
GASES: Final[tuple[Gas, ...]] = ("CF4", "C2F6", "C3F8", "CHF3", "NF3", "SF6", "HFC134a", "N2O")
NEWER_GASES: Final[tuple[Gas, ...]] = ("C4F8", "CH2F2", "CH3F", "C2HF5")

Process = Literal["etching", "cleaning", "remoteCleaning"]
Substrate = Literal["semiconductor", "wafer200", "wafer300", "display", "photovoltaic"]


class GasUse(Part, frozen=True, kw_only=True):
    """How a gas that is supplied was used.

    `share`: of the supply, if it is used in several ways. `process`: of this use; some defaults need it. `utilisation`:
    U, and `by_product`: kg CF4 per kg used, both replace the default. `abated`: part that goes through abatement;
    `destruction` and `by_product_destruction`: parts that abatement destroys, the latter equal to the former if absent.
    `heel`: part that goes back in its container.
    """

    gas: Gas
    share: Fraction = "1"
    process: Process | None = None
    utilisation: Fraction | None = None
    by_product: Fraction | None = None
    abated: Fraction = "0"
    destruction: Fraction | None = None
    by_product_destruction: Fraction | None = None
    heel: Fraction = "0.1"


def emit_gases(draft: Draft, context: Context, uses: Sequence[GasUse], substrate: Substrate) -> None:
    """Lines of every supplied gas; a part without a use counts by the defaults, unabated.

    Raises PluginError for impossible uses and for a missing default; InvalidQuantity for a gas that is supplied in a
    unit without a mass.
    """
    _check(context, uses)
    stated = ZERO
    for gas in (*GASES, *NEWER_GASES) if context.sets else GASES:
        mine = [use for use in uses if use.gas == gas]
        rest = 1 - sum((Decimal(use.share) for use in mine), ZERO)
        for supply in context.supplied(gas):
            before = draft.footprint
            for use in mine:
                _emit(draft, supply, use, Decimal(use.share), substrate)
            stated += draft.footprint - before
            if rest > 0:
                _emit(draft, supply, GasUse(gas=gas), rest, substrate)
            omit_upstream(draft, supply, skip_nature=True)
    if context.questions and uses:
        _ask_for_proof(draft, context, uses, substrate, stated)
    for supply in context.supplied(*[gas for gas in OTHERS if gas not in NEWER or not context.sets]):
        if not context.sets:
            draft.omit(f"{supply.material} emissions and upstream")
        else:
            _omit(draft, supply)


def _omit(draft: Draft, supply: SupplyFacts) -> None:
    """A gas without a potential: all of it emitted, with the default potential of its class."""
    factor = factors().find(f"omitted:{supply.material}")
    draft.omit(f"{supply.material} emissions", supply.amount("KGM") * factor.value)


def _ask_for_proof(
    draft: Draft, context: Context, uses: Sequence[GasUse], substrate: Substrate, emitted: Decimal
) -> None:
    """Abatement, and an own utilisation or by-product, need a document: without one, the defaults without abatement are
    in question. `emitted`: kg CO2e of these uses."""
    if context.shows(*PROOFS):
        return
    plain = Draft(context)
    for use in uses:
        share = Decimal(use.share)
        unabated = GasUse(gas=use.gas, process=use.process, heel=use.heel, utilisation=use.utilisation,
                          by_product=use.by_product)
        default = GasUse(gas=use.gas, process=use.process, heel=use.heel)
        for supply in context.supplied(use.gas):
            try:
                _emit_use(plain, supply, default, share, substrate)
            except PluginError:
                # A gas of this process has no default.
                _emit_use(plain, supply, unabated, share, substrate)
    hidden = plain.footprint - emitted
    if hidden > 0:
        gases = ", ".join(dict.fromkeys(use.gas for use in uses))
        message = f"{gases}: no document ({', '.join(PROOFS)}) shows how much is used up or destroyed"
        draft.warn("abatement-unproven", message, emits={"CO2e": hidden})


def _emit(draft: Draft, supply: SupplyFacts, use: GasUse, share: Decimal, substrate: Substrate) -> None:
    before = draft.footprint
    _emit_use(draft, supply, use, share, substrate)
    heel = Decimal(use.heel)
    if draft.questions and heel > MOST_HEEL:
        # Emissions are proportional to the gas that was used.
        more = (draft.footprint - before) * ((1 - USUAL_HEEL) / (1 - heel) - 1)
        draft.warn("heel-unusual", f"{heel} of the {use.gas} goes back in its container: usual are up to {MOST_HEEL}",
                   Reading(heel, "kg/kg", (ZERO, MOST_HEEL)), emits={"CO2e": more})


def _emit_use(draft: Draft, supply: SupplyFacts, use: GasUse, share: Decimal, substrate: Substrate) -> None:
    used = supply.amount("KGM") * share * (1 - Decimal(use.heel))
    table, abated = factors(), Decimal(use.abated)
    destroyed = abated * Decimal(use.destruction or "0")
    if use.utilisation is not None:
        draft.carbon(use.gas, used * (1 - Decimal(use.utilisation)) * (1 - destroyed),
                     gas=NEWER.get(use.gas, use.gas), supply=supply)
    else:
        factor = _default(table, use, substrate)
        _line(draft, supply, used * (1 - destroyed), factor)
    remaining = 1 - abated * Decimal(use.by_product_destruction or use.destruction or "0")
    if use.by_product is not None:
        draft.carbon(use.gas, used * Decimal(use.by_product) * remaining, gas="CF4", supply=supply)
    for gas in BY_PRODUCTS:
        by_product = _by_product(table, use, substrate, gas)
        if by_product is not None and not (gas == "CF4" and use.by_product is not None):
            _line(draft, supply, used * remaining, by_product)


def _line(draft: Draft, supply: SupplyFacts, used: Decimal, factor: FactorRow) -> None:
    draft.price(supply.material, used, factor, kind="onSite", supply=supply)


def _default(table: FactorTable, use: GasUse, substrate: Substrate) -> FactorRow:
    for key in _keys(table, "emitted", use, substrate):
        if key in table:
            return table.find(key)
    raise PluginError(
        f"there is no default for {use.gas} on {substrate} in {use.process or 'an unnamed process'}",
        code="no-factor", field="activity.gases", value=use.gas, rule="state the process or the utilisation of its use",
    )


def _by_product(table: FactorTable, use: GasUse, substrate: Substrate, gas: str) -> FactorRow | None:
    tail = "" if gas == "CF4" else f":{gas}"
    for key in _keys(table, "byproduct", use, substrate):
        if key + tail in table:
            return table.find(key + tail)
        # A process with its own emission default has its own by-product defaults, if any.
        if key.replace("byproduct", "emitted", 1) in table:
            break
    return None


def _keys(table: FactorTable, kind: str, use: GasUse, substrate: Substrate) -> tuple[str, ...]:
    """Keys of a default, the most specific first; the process may be absent if the gas has defaults of one process
    alone."""
    whole = f"{substrate}:{use.gas}"
    keys = [row.key for row in table if row.key.startswith(f"emitted:{whole}")]
    process = use.process
    if process is not None:
        special: tuple[str, ...] = (f"{kind}:{whole}:{process}",)
    else:
        special = (keys[0].replace("emitted", kind, 1),) if len(keys) == 1 else ()
    return (*special, f"{kind}:{whole}", f"{kind}:any:{use.gas}")


def _check(context: Context, uses: Sequence[GasUse]) -> None:
    shares: dict[str, Decimal] = {}
    for i, use in enumerate(uses):
        field = f"gases[{i}]."
        if use.gas in NEWER and not context.sets:
            raise invalid_activity(field + "gas", use.gas, "one of " + ", ".join(GASES))
        if not context.supplied(use.gas):
            raise invalid_activity(field + "gas", use.gas, "the material of a supply of this record")
        shares[use.gas] = shares.get(use.gas, ZERO) + Decimal(use.share)
        if shares[use.gas] > 1:
            raise invalid_activity(field + "share", use.share, "at most 1 together with the other uses of this gas")
        if Decimal(use.abated) > 0 and use.destruction is None:
            raise invalid_activity(field + "destruction", None, "stated for gas that is abated")
        if Decimal(use.heel) == 1:
            raise invalid_activity(field + "heel", use.heel, "below 1")
