"""Findings for values outside of limits: a refusal for impossible values, a warning for unusual ones."""

from decimal import Decimal

from ledger.sdk.pricing import Draft, Limits, Reading, Shortfall


def judge(
    draft: Draft, code: str, what: str, value: Decimal, *, usual: Limits, possible: Limits, unit: str = "",
    lacks: Shortfall | None = None,
) -> None:
    """Adds the refusal `CODE-impossible` if the value is outside `possible`, else the warning `CODE-unusual` if it is
    outside `usual`. `what` follows the value in the message: its unit and its meaning.

    `unit` of the value in the finding, `what` if absent. `lacks`: the input that is missing below the usual range,
    and then in question."""
    if not possible[0] <= value <= possible[1]:
        draft.find(f"{code}-impossible", f"{value:.4g} {what}: possible are {possible[0]} to {possible[1]}",
                   refuses=True)
    elif not usual[0] <= value <= usual[1]:
        draft.warn(
            f"{code}-unusual", f"{value:.4g} {what}: usual are {usual[0]} to {usual[1]}",
            Reading(value, unit or what, usual, possible),
            lacks=() if lacks is None else lacks.below(usual[0], value),
        )


def warn_outside(
    draft: Draft, code: str, message: str, value: Decimal, usual: Limits, *, with_range: bool = True, unit: str = "",
    lacks: Shortfall | None = None,
) -> None:
    """Adds the warning `CODE` if a value is outside its usual range. `message` states the value; the range follows it,
    unless `with_range` is false. `unit` and `lacks`: as for `judge`."""
    if not usual[0] <= value <= usual[1]:
        draft.warn(
            code, f"{message}: usual are {usual[0]} to {usual[1]}" if with_range else message,
            Reading(value, unit, usual), lacks=() if lacks is None else lacks.below(usual[0], value),
        )
