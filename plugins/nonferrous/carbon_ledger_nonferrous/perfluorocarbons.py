"""Perfluorocarbons of anode effects: by slope from the effects that a smelter counts, else by default per tonne.

    CF4 [kg] = frequency * minutes * slope * aluminium [t] / collection efficiency
    C2F6 [kg] = CF4 * weight fraction

Slope method: Implementing Regulation (EU) 2025/2547, Annex II, method A; the same slope in IPCC 2006, volume 3, 4.4.2.4
(Tier 2 and 3). Defaults: GB/T 32151.4-2015, 0.034 kg CF4 and 0.0034 kg C2F6 per t.
"""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_nonferrous.common import factors
from ledger.sdk import KG_PER_T, ZERO, Draft, Fraction, Part, Positive, Reading, invalid_activity

# Good lines lie below 0.1 minutes per cell and day, poor ones at some minutes; an hour is a wrong unit.
USUAL_MINUTES: Final = Decimal(5)
POSSIBLE_MINUTES: Final = Decimal(60)

Technology = Literal["pfpbLarge", "pfpbMedium", "cwpb", "swpb"]
"""Prebake cells: point feed (large, medium), centre worked, side worked."""


class AnodeEffects(Part, frozen=True, kw_only=True):
    """`frequency`: anode effects per cell and day. `minutes`: duration of an effect. `technology`: of the cells, for
    the default slope and weight fraction; `slope` (kg CF4 per t and minute per cell-day) and `weight_fraction` (kg C2F6
    per kg CF4) replace them. `collection_efficiency`: of the hoods, if the slope was measured in the duct."""

    frequency: Positive
    minutes: Positive
    technology: Technology | None = None
    slope: Positive | None = None
    weight_fraction: Fraction | None = None
    collection_efficiency: Fraction = "1"


def emit_perfluorocarbons(draft: Draft, effects: AnodeEffects | None, made: Decimal) -> None:
    """Lines of CF4 and C2F6 for `made` kg of aluminium. Raises PluginError for impossible effects."""
    table, tonnes = factors(), made / KG_PER_T
    if effects is None:
        for key in ("anodeEffectCF4", "anodeEffectC2F6"):
            draft.price("anodeEffects", tonnes, table.find(key), kind="onSite")
        return
    _check(effects)
    minutes = Decimal(effects.frequency) * Decimal(effects.minutes)
    if minutes > USUAL_MINUTES:
        draft.warn("anode-effects-unusual", f"{minutes:f} minutes of anode effects per cell and day",
                   Reading(minutes, "min/d", (ZERO, USUAL_MINUTES), (ZERO, POSSIBLE_MINUTES)))
    draft.indicate("anodeEffectTime", minutes / 60)
    slope, name, recalled = _parameter("slope", effects.slope, effects.technology)
    tetrafluoromethane = minutes * slope * tonnes / Decimal(effects.collection_efficiency)
    draft.carbon("anodeEffects", tetrafluoromethane, gas="CF4", factor=name, recalled=recalled)
    fraction, name, recalled_too = _parameter("weight", effects.weight_fraction, effects.technology)
    draft.carbon(
        "anodeEffects", tetrafluoromethane * fraction, gas="C2F6", factor=name, recalled=recalled or recalled_too,
    )


def _parameter(key: str, own: str | None, technology: Technology | None) -> tuple[Decimal, str | None, bool]:
    """The smelter's own figure, else the technology's, with the factor's name and whether it is recalled."""
    if own is not None:
        return Decimal(own), None, False
    factor = factors().find(f"{key}:{technology}")
    return factor.value, factor.name, factor.recalled


def _check(effects: AnodeEffects) -> None:
    field = "anodeEffects."
    if Decimal(effects.frequency) * Decimal(effects.minutes) > POSSIBLE_MINUTES:
        raise invalid_activity(
            field + "minutes", effects.minutes, f"at most {POSSIBLE_MINUTES} per cell and day in total",
        )
    if Decimal(effects.collection_efficiency) == 0:
        raise invalid_activity(field + "collectionEfficiency", effects.collection_efficiency, "above zero")
    if effects.technology is None and (effects.slope is None or effects.weight_fraction is None):
        raise invalid_activity(field + "technology", None, "named, or slope and weightFraction both stated")
