"""Adds the allowed values to an error: the nearest members of a list, and the change that writes the intended one."""

from collections.abc import Collection

from ledger.core import patch
from ledger.core.nearest import allowed, meant
from ledger.errors import LedgerError


def advise(error: LedgerError, members: Collection[str], *, as_key: bool = False) -> None:
    """Says that the error's value should be one of `members`. `as_key`: the field's last step is the value, so that the
    change renames the field."""
    shown = allowed(error.value, members)
    if not shown:
        return
    error.allowed = shown
    near = meant(error.value, members)
    if near is not None and error.field:
        steps = patch.steps_of(error.field)
        error.mend = (patch.move(steps, (*steps[:-1], near)) if as_key else patch.replace(steps, near),)
        error.message += f'; write "{near}"'
    error.message += ("; one of: " if len(shown) == len(members) else "; nearest: ") + ", ".join(shown)
