"""Adds the allowed values to an error: the nearest members of a list, and the change that writes the intended one."""

from collections.abc import Collection
from typing import NamedTuple

from ledger.core import patch
from ledger.core.nearest import allowed, meant
from ledger.errors import LedgerError


class Advice(NamedTuple):
    """`shown`: the members that a message shows; `all_shown`: there are no others. `near`: the intended member."""

    shown: tuple[str, ...]
    all_shown: bool
    near: str | None


def advice(value: str | None, members: Collection[str]) -> Advice:
    """The members of a list that the wrong `value` may stand for."""
    shown = allowed(value, members)
    return Advice(shown, len(shown) == len(members), meant(value, members))


def add_advice(error: LedgerError, given: Advice, *, as_key: bool = False) -> None:
    """Says that the error's value should be one of the members. `as_key`: the field's last step is the value, so that
    the change renames the field."""
    if not given.shown:
        return
    error.allowed = given.shown
    if given.near is not None and error.field:
        steps = patch.steps_of(error.field)
        error.mend = (
            patch.move(steps, (*steps[:-1], given.near)) if as_key else patch.replace(steps, given.near),)
        error.message += f'; write "{given.near}"'
    error.message += ("; one of: " if given.all_shown else "; nearest: ") + ", ".join(given.shown)


def advise(error: LedgerError, members: Collection[str], *, as_key: bool = False) -> None:
    """Says that the error's value should be one of `members`."""
    add_advice(error, advice(error.value, members), as_key=as_key)
