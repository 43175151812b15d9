"""Findings for values outside of limits: a refusal for impossible values, a warning for unusual ones."""

from decimal import Decimal

from ledger.sdk.pricing import Draft

Limits = tuple[Decimal, Decimal]
"""The lower and the upper limit, both included."""


def judge(draft: Draft, code: str, what: str, value: Decimal, *, usual: Limits, possible: Limits) -> None:
    """Adds the refusal `CODE-impossible` if the value is outside `possible`, else the warning `CODE-unusual` if it is
    outside `usual`. `what` follows the value in the message: its unit and its meaning."""
    if not possible[0] <= value <= possible[1]:
        draft.find(f"{code}-impossible", f"{value:.4g} {what}: possible are {possible[0]} to {possible[1]}",
                   refuses=True)
    elif not usual[0] <= value <= usual[1]:
        draft.find(f"{code}-unusual", f"{value:.4g} {what}: usual are {usual[0]} to {usual[1]}")


def warn_outside(
    draft: Draft, code: str, message: str, value: Decimal, usual: Limits, *, with_range: bool = True
) -> None:
    """Adds the warning `CODE` if a value is outside its usual range. `message` states the value; the range follows it,
    unless `with_range` is false."""
    if not usual[0] <= value <= usual[1]:
        draft.find(code, f"{message}: usual are {usual[0]} to {usual[1]}" if with_range else message)
