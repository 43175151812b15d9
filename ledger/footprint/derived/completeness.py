"""The completeness of a figure, and its title, which tells the part that is left out, in question, or not yet measured.

    (omitted + questioned + provisional + not recomputable) / (positive burdens + omitted + questioned)

Up to the limit of the log (`ledger/admission/title_limit.py`), the figure is a *footprint*. Beyond it, the title says
why not.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.title_limit import DEFAULT_LIMIT
from ledger.core.outcome.assessment import ADDITIVE, DOCUMENTED, QUESTIONED, Assessment
from ledger.footprint.stored.burdens import SLOT

_ADDITIVE: Final = tuple([SLOT[name] for name in ADDITIVE])
_OMITTED, _UNESTIMATED, _PROVISIONAL, _QUESTIONED, _DOCUMENTED = (
    SLOT[name] for name in ("omittedAbs", "unestimated", "provisionalAbs", QUESTIONED, DOCUMENTED)
)
NO_REFERENCE: Final = "no-reference"
"""The finding of an output whose product states neither materials nor a code that a factor set knows."""
WITHDRAWN: Final = "withdrawn lot, no footprint"
NO_DOCUMENT: Final = "declared by its issuer, who names no document"
_ADJECTIVES: Final = ("incomplete", "questioned", "provisional")


class Doubtful(NamedTuple):
    """The doubtful parts of a figure whose positive burdens, omissions and questions are `whole`, all in kg CO2e.
    `unknown`: it leaves out something without an estimate, or its product has no reference. `limit` of the title."""

    omitted: float
    questioned: float
    provisional: float
    whole: float
    unknown: bool = False
    limit: float = DEFAULT_LIMIT

    @property
    def share(self) -> float:
        """The doubtful share of the whole, at least zero; 0 for a figure of zero that leaves nothing out."""
        return self._part(self.omitted + self.questioned + self.provisional)

    @property
    def shares(self) -> dict[str, float]:
        """The share of each doubtful part that is above zero."""
        parts = {"omitted": self.omitted, "questioned": self.questioned, "provisional": self.provisional}
        return {name: self._part(amount) for name, amount in parts.items() if amount > 0.0}

    @property
    def title(self) -> str:
        """*footprint*, or the parts that alone exceed the limit; if no part does, the largest."""
        parts = [self._part(amount) for amount in (self.omitted, self.questioned, self.provisional)]
        over = [word for word, part in zip(_ADJECTIVES, parts, strict=True) if part > self.limit]
        if not over and self.share > self.limit:
            over = [_ADJECTIVES[parts.index(max(parts))]]
        if self.unknown and _ADJECTIVES[0] not in over:
            over = [_ADJECTIVES[0], *over]
        return f"{' and '.join(over)} footprint" if over else "footprint"

    def _part(self, amount: float) -> float:
        return amount / self.whole if self.whole else 0.0


def doubtful_of(
    burdens: Sequence[float], limit: float, *, referenced: bool = True, beyond: float = 0.0
) -> Doubtful:
    """The doubtful parts of a figure with these burdens. `limit` of its title; `referenced`: its product has a
    reference range, or needs no range. `beyond`: kg CO2e that a method could not compute anew, counted as left out."""
    positive = 0.0
    for slot in _ADDITIVE:
        positive += max(burdens[slot], 0.0)
    omitted, questioned = burdens[_OMITTED] + beyond, burdens[_QUESTIONED]
    return Doubtful(
        omitted, questioned, burdens[_PROVISIONAL], positive + omitted + questioned,
        unknown=burdens[_UNESTIMATED] > 0 or not referenced, limit=limit,
    )


def own_word(burdens: Sequence[float], *, is_declared: bool = False, is_shown: bool = True) -> str | None:
    """How a figure with these burdens rests on the issuers' own word, in words; None if it does not. `is_declared`: the
    lot's record declares the figure. `is_shown`: that record names documents."""
    documented = burdens[_DOCUMENTED]
    amount = f"{Decimal(f'{documented:.4g}'):,f} kg CO2e more would be in question"
    if is_declared and not is_shown:
        return NO_DOCUMENT
    if is_declared:
        without = f"; without it, {amount}" if documented > 0.0 else ""
        return f"declared by its issuer, whose document is known by its digest alone{without}"
    if documented <= 0.0:
        return None
    return f"{amount} without the issuers' documents, which are known by their digests alone"


def worse(first: Doubtful, second: Doubtful) -> Doubtful:
    """The one with the larger doubtful share: no method and no potentials give a better title than the committed
    figure has."""
    doubtful = first if first.share >= second.share else second
    return doubtful._replace(unknown=first.unknown or second.unknown, limit=min(first.limit, second.limit))


def referenced(assessment: Assessment, output: int) -> bool:
    """Whether nothing says that the output's product has no reference range."""
    return not any(one.code == NO_REFERENCE and one.output == output for one in assessment.findings)


def completeness_of(burdens: Sequence[float]) -> float | None:
    """absGhg / (absGhg + omittedAbs); None (unknown) if there is an omission without an estimate."""
    if burdens[_UNESTIMATED] > 0:
        return None
    absolute, omitted = burdens[SLOT["absGhg"]], burdens[_OMITTED]
    return absolute / (absolute + omitted) if absolute + omitted else 1.0
