"""Indicators that both steelmaking routes give; `indicators.csv` defines all indicators of the sector."""

from collections.abc import Sequence
from decimal import Decimal

from carbon_ledger_steel.charge import Charged
from ledger.sdk import ZERO, Draft


def indicate_steel(draft: Draft, made: Decimal, emitted: Decimal, charged: Sequence[Charged]) -> None:
    """Indicators for `made` kg of crude steel and `emitted` kg of CO2 on site.

    `energyPerTonneSteel` and `co2PerTonneSteel` cover this record alone, without the burden of iron that comes as lots.
    """
    scrap = sum((part.mass for part in charged if part.kind == "scrap"), ZERO)
    draft.indicate("crudeSteel", made / 1000)
    draft.indicate("scrapUsed", scrap / 1000)
    draft.indicate("scrapRatio", scrap / made)
    draft.indicate("directEmissionsPerTonne", emitted / made * 1000)
    draft.indicate("energyPerTonne", draft.megajoules / made * 1000)
    draft.indicate("energyPerTonneSteel", draft.megajoules / made * 1000)
    bought = draft.emitted("electricity") + draft.emitted("heat")
    draft.indicate("co2PerTonneSteel", (emitted + bought) / made * 1000)
