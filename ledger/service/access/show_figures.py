"""The figure of a lot as a caller may see it.

Whoever received the lot sees its committed burdens and contents, and its quality. The answer lacks the lot's own record
and everything upstream. Whoever sees the lot's record may not see the records behind the inputs: then the answer lacks
their names.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

from msgspec import structs

from ledger.access.policy import Level
from ledger.answers.stored import (
    AttestationAnswer,
    ClaimAnswer,
    FootprintAnswer,
    LotAveragesAnswer,
    VerifiedAnswer,
)
from ledger.core.receipts.study import StudyClaim
from ledger.service.access.facts import organizations_of
from ledger.service.access.show_lots import lot_levels, show_lots
from ledger.service.access.sight import Sight
from ledger.service.queries.doubts import visible_doubts
from ledger.service.queries.footprint.read import StoredFigure
from ledger.service.queries.tree_size import NOW, as_of_size
from ledger.store.database import DatabasePool

AnyStudy = TypeVar("AnyStudy", bound=StudyClaim)
RECALLED: Final = "emission factors of this figure were not checked against their source."
WAITING: Final = "a part of this figure waits for closings of facilities that are hidden from you."


async def show_figure(pool: DatabasePool, sight: Sight, figure: StoredFigure) -> FootprintAnswer:
    """The footprint without the parts that the caller may not see; unchanged for a caller who sees everything."""
    answer = figure.answer
    if sight.whole:
        await sight.visible(pool, sight.lots, NOW)
        return answer
    (lot,) = await show_lots(pool, sight, [answer.lot], answer.at)
    shown = await _without_upstream(pool, sight, answer if lot is answer.lot else structs.replace(answer, lot=lot))
    if sight.level < Level.FULL:
        return _totals(shown)
    # A caller sees its own records in full, so most makers of inputs need no look-up.
    others = [one.lot for one in answer.inputs if not sight.of_own(figure.makers[one.lot])]
    levels = await lot_levels(pool, sight, others)
    if Level.NOTHING in levels.values():
        # The own record with the lot's figure would give the figures of its inputs.
        return _totals(shown)
    is_part = any(level < Level.FULL for level in levels.values()) or shown.limitations != answer.limitations
    return structs.replace(shown, sight="part") if is_part else shown


async def _without_upstream(pool: DatabasePool, sight: Sight, answer: FootprintAnswer) -> FootprintAnswer:
    if answer.averages is not None or answer.claims:
        answer = structs.replace(
            answer, averages=await _averages(pool, sight, answer), claims=_claims(sight, answer))
    if not (answer.open_periods or answer.limitations or answer.verified) or await _sees_chain(pool, sight, answer):
        return answer
    facilities = sorted({period.facility for period in answer.open_periods})
    operators = await organizations_of(pool, facilities) if facilities else {}
    periods = [period for period in answer.open_periods if sight.of_own(operators.get(period.facility, ""))]
    doubts, limitations = visible_doubts(sight, answer.in_doubt, answer.limitations, answer.lot.index)
    if len(answer.open_periods) > len(periods):
        limitations.append(WAITING)
    return structs.replace(
        answer, open_periods=periods, more_periods=answer.more_periods and bool(periods),
        in_doubt=doubts,
        limitations=limitations, verified=verified_alone(answer.verified, answer.lot.lot),
    )


async def _sees_chain(pool: DatabasePool, sight: Sight, answer: FootprintAnswer) -> bool:
    """Whether the caller sees every record upstream in full. The walk takes long, and few answers need it."""
    if sight.level < Level.FULL:
        return False
    visible = await sight.visible(pool, sight.lots, await as_of_size(pool, answer.at))
    return visible is None or not visible.hidden


def verified_alone(verified: VerifiedAnswer | None, lot: str) -> VerifiedAnswer | None:
    """The shares of attestations of this lot alone. Others would give the shares of hidden parts."""
    if verified is None or verified.left_off or any(one.lot != lot for one in verified.attestations):
        return None
    return verified


def _claims(sight: Sight, answer: FootprintAnswer) -> list[ClaimAnswer]:
    return [claim for claim in answer.claims if sight.of_own(claim.claimant)]


async def _averages(pool: DatabasePool, sight: Sight, answer: FootprintAnswer) -> LotAveragesAnswer | None:
    """The averages of a product are over all lots of its owner."""
    if answer.averages is None:
        return None
    owners = await organizations_of(pool, [answer.lot.product])
    return answer.averages if sight.of_own(owners.get(answer.lot.product, "")) else None


def _totals(answer: FootprintAnswer) -> FootprintAnswer:
    limitations = [*answer.limitations, *([RECALLED] if answer.recalled_factors else [])]
    return structs.replace(
        answer, share=None, direct=None, inputs=[], assigned=0.0, averaged=0.0, factors=[], recalled_factors=[],
        indicators={}, limitations=limitations, sight="totals",
        attestations=attestations_of_lot(answer.attestations),
        study=None if answer.study is None else public_study(answer.study),
    )


def attestations_of_lot(attestations: Sequence[AttestationAnswer]) -> list[AttestationAnswer]:
    """Attestations of other things than the facility, whose name stays hidden."""
    return [one for one in attestations if one.kind != "facility"]


def public_study(study: AnyStudy) -> AnyStudy:
    """The context of a figure for whoever received the lot: the country of origin, without the maker's choices."""
    country = study.geography_country
    if country is None and study.geography_subdivision is not None:
        country = study.geography_subdivision.partition("-")[0]
    return structs.replace(
        study, stated=None, geography_country=country, geography_subdivision=None, allocation=[],
        allocation_basis=None, exempted_description=None)
