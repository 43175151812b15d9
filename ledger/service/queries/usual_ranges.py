"""Whether a figure lies far above the range of its product, by the factor sets of today."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ledger.admission.facts import customs_codes
from ledger.core.receipts.statement import VersionClaim
from ledger.core.receipts.study import StudyClaim
from ledger.engine.references import high_end
from ledger.footprint.derived.study import StudyProduct
from ledger.footprint.derived.unusually_high import about_figure
from ledger.footprint.stored.contents import MATERIAL
from ledger.sdk import ANYWHERE, PRODUCT_ROLES
from ledger.sdk.sets.lookup import places_around
from ledger.service.queries.versions import AssessedVersions

_ROLES = (*PRODUCT_ROLES, "byProduct")
_NEWEST = 9999
"""The year of lots that state no end: the newest row counts."""


class GoodsFigure(NamedTuple):
    """The figure of goods in kg CO2e, with the facts that decide its range: `mass` and `contents` in kg."""

    figure: float
    role: str
    mass: float | None
    contents: Mapping[str, float]
    product: StudyProduct
    study: StudyClaim
    versions: Sequence[VersionClaim]


def unusually_high(assessed: AssessedVersions, goods: GoodsFigure) -> str | None:
    """The note about a figure that is unusually high; None if it is not, or if the goods have no range."""
    if goods.role not in _ROLES or not goods.mass or goods.figure <= 0.0:
        return None
    country = goods.study.geography_country or (goods.study.geography_subdivision or "").partition("-")[0]
    places = places_around((country,)) if country else (ANYWHERE,)
    end = goods.study.reference_period_end
    materials = {name.removeprefix(MATERIAL): kilograms for name, kilograms in goods.contents.items()
                 if name.startswith(MATERIAL)}
    return about_figure(goods.figure, high_end(
        assessed.newest_sets(goods.versions), places, _NEWEST if end is None else int(end[:4]),
        customs_codes(goods.product.classifications), materials, goods.mass))
