"""Carbonates in the batch of glass and in the body of ceramics: CO2 by stoichiometry.

    E = sum of mass * purity * ratio of masses of the mineral * calcined part

GB/T 32151.7 (flat glass) and IPCC 2006, volume 3, 2.4, equation 2.15; the ratios are the SDK's.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from ledger.sdk import (
    Context,
    Draft,
    Fraction,
    Key,
    Part,
    SupplyFacts,
    carbonate,
    invalid_activity,
    omit_upstream,
)

CARBONATES: Final[Mapping[str, str]] = {
    "limestone": "calcite", "dolomite": "dolomite", "magnesite": "magnesite", "siderite": "siderite",
    "rhodochrosite": "rhodochrosite", "sodaAsh": "sodaAsh", "potash": "potash", "bariumCarbonate": "witherite",
    "strontiumCarbonate": "strontianite", "lithiumCarbonate": "lithiumCarbonate",
    "sodiumBicarbonate": "sodiumBicarbonate",
}
"""Supplies that give off CO2 when they are heated, and their mineral."""


LEAST_PURITY: Final = Decimal("0.85")
LEAST_CALCINED: Final = Decimal("0.95")
"""Limestone and dolomite of quarries have 0.9 to 0.99 of carbonates, soda ash 0.99."""
PROOFS: Final = ("analysis", "compositionAnalysis", "emissionMeasurement", "monitoringReport")


class Carbonate(Part, frozen=True, kw_only=True):
    """Analysis of a carbonate. `purity`: mass fraction of the pure carbonate; `calcined`: the part of it that gives off
    its CO2. Both are 1 if absent."""

    purity: Fraction = "1"
    calcined: Fraction = "1"


def book_carbonates(draft: Draft, context: Context, stated: Mapping[Key, Carbonate]) -> Decimal:
    """A line for each carbonate that comes in, and the omission of an unpriced upstream; returns the kg of CO2.

    Raises PluginError if `stated` names a material that is no supplied carbonate.
    """
    for name in stated:
        if not any(name == supply.material for supply in _entering(context)):
            raise invalid_activity("carbonates", name, "a carbonate that this record is supplied with, one of "
                                   + ", ".join(CARBONATES))
    total = Decimal(0)
    for supply in _entering(context):
        analysis = stated.get(supply.material, Carbonate())
        ratio = carbonate(_mineral(supply), Decimal(analysis.purity), Decimal(analysis.calcined))
        amount = supply.amount("KGM") * ratio
        analysed = supply.material in stated
        draft.carbon(
            supply.material, amount, primary=analysed, ratings=(1, 1, 1) if analysed else (2, 2, 2), supply=supply
        )
        total += amount
        if context.questions:
            _check_proof(draft, context, supply, analysis)
        omit_upstream(draft, supply, skip_nature=True)
    return total


def _check_proof(draft: Draft, context: Context, supply: SupplyFacts, analysis: Carbonate) -> None:
    """Furnaces leave no carbonate, and minerals that are sold as one have little else: other values need a document."""
    purity, calcined = Decimal(analysis.purity), Decimal(analysis.calcined)
    if (purity < LEAST_PURITY or calcined < LEAST_CALCINED) and not context.shows(*PROOFS):
        whole = supply.amount("KGM") * carbonate(_mineral(supply))
        draft.warn(
            "carbonate-unproven", f"{supply.material}: {purity} of it is the carbonate and {calcined} of that is "
            f"calcined, and no document ({', '.join(PROOFS)}) shows it",
            emits={"CO2": whole * (1 - purity * calcined)},
        )


def _mineral(supply: SupplyFacts) -> str:
    """Its key among the carbonates: the supply was found by one of their names."""
    return CARBONATES[supply.name_in(CARBONATES) or supply.material]


def _entering(context: Context) -> Iterator[SupplyFacts]:
    """The supplies of carbonates and, under rules that question amounts, the carbonates in lots by their materials."""
    yield from context.supplied(*CARBONATES)
    if context.questions:
        yield from context.in_lots(*CARBONATES)
