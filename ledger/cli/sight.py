"""What an answer leaves out because the caller may not see it, in words."""

from collections.abc import Iterator
from typing import Final

from ledger.answers.stored import Visibility

_LINES: Final[dict[Visibility, str]] = {
    "totals": "the supplier shows the figure, not how it is made",
    "part": "hidden records upstream are left out; the inputs have the figures that their suppliers show",
}


def sight_line(sight: Visibility | None) -> Iterator[str]:
    """One line about what is left out; no line if nothing is."""
    if sight is not None:
        yield _LINES[sight]
