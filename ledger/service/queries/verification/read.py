"""The list that a verifier asks for, of one lot, and shares that somebody wants to state about its verification."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from ledger.answers.methods import ChoiceAnswer
from ledger.answers.stored import FootprintAnswer, VerifiedAnswer
from ledger.answers.verification import VerificationAnswer
from ledger.errors import InvalidInput
from ledger.footprint.derived.validity import valid_until
from ledger.footprint.derived.verification.gather import VerifierGathering
from ledger.footprint.derived.verification.rows import ChoiceRow
from ledger.footprint.stored.burdens import SLOT
from ledger.host.threads import in_thread
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.chain.upstream import MAX_RECORDS, read_records, read_upstream
from ledger.service.queries.footprint.read import read_footprint
from ledger.service.queries.methods.sensitivity import read_sensitivity
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.tree_size import as_of_size
from ledger.service.queries.versions import AssessedVersions
from ledger.store.database import DatabasePool

SHOWN: Final = 200
MAX_SHOWN: Final = 10_000
_SHARES: Final = ("certifiedProgramme", "thirdParty", "secondParty", "firstParty")
_ROUNDING: Final = 1e-9


async def read_verification(
    pool: DatabasePool, question: LotQuestion, assessed: AssessedVersions, limit: int = SHOWN,
    shares: Sequence[str] = (),
) -> VerificationAnswer:
    """The verifier's list of a lot, with at most `limit` rows of each long section.

    `shares`: verified shares to be stated elsewhere, as NAME=FRACTION. Raises InvalidInput for a share above the part
    that attestations cover, for an invalid tree size, and if more than 250,000 records lie upstream; NotFound for an
    unknown lot.
    """
    stated = _parsed(shares)
    as_of = await pinned(pool, await as_of_size(pool, question.at))
    settled = LotQuestion(question.lot, as_of.size)
    figure = await read_footprint(pool, settled, assessed, "all")
    _check_shares(stated, figure.verified)
    chain = await read_upstream(pool, settled, MAX_RECORDS)
    gathering = VerifierGathering(chain.burdens[SLOT["absGhg"]])
    async for records in read_records(pool, chain):
        await in_thread(gathering.take, records)
    choices, note = await _sensitivity(pool, settled)
    count = sum(weight > 0.0 for weight in chain.weights.records.values())
    return await in_thread(_answer, figure, gathering, _Extent(as_of.size, count, limit), choices, note)


class _Extent:
    """The tree size of an answer, the number of records upstream, and the most rows of a section."""

    def __init__(self, size: int, records: int, limit: int) -> None:
        self.size, self.records, self.limit = size, records, limit


def _parsed(shares: Sequence[str]) -> dict[str, Decimal]:
    parsed = {}
    for text in shares:
        name, _, value = text.partition("=")
        if name not in _SHARES:
            raise InvalidInput(f"share: unknown share {name!r}", code="unknown-share", field="share", value=text,
                               rule=f"NAME=FRACTION with one of: {' '.join(_SHARES)}")
        try:
            fraction = Decimal(value)
        except InvalidOperation:
            fraction = Decimal("NaN")
        if not fraction.is_finite() or not 0 <= fraction <= 1:
            raise InvalidInput(f"share: {value!r} is not a fraction", code="invalid-share", field="share", value=text,
                               rule="NAME=FRACTION with a decimal number from 0 to 1, such as thirdParty=0.4")
        parsed[name] = fraction
    return parsed


def _check_shares(stated: Mapping[str, Decimal], verified: VerifiedAnswer | None) -> None:
    covered = dict.fromkeys(_SHARES, 0.0)
    if verified is not None:
        covered = dict(zip(_SHARES, (verified.certified_programme, verified.third_party, verified.second_party,
                                     verified.first_party), strict=True))
    for name, share in stated.items():
        if float(share) > covered[name] + _ROUNDING:
            raise InvalidInput(
                f"share: {name} of {share} is more than attestations cover", code="share-not-covered", field="share",
                value=f"{name}={share}",
                rule=f"at most {covered[name]:.6g}, the part of the figure that attestations in force cover",
            )


async def _sensitivity(pool: DatabasePool, question: LotQuestion) -> tuple[list[ChoiceAnswer], str | None]:
    try:
        return list((await read_sensitivity(pool, question)).choices), None
    except InvalidInput as error:
        return [], error.message


def _answer(
    figure: FootprintAnswer, gathering: VerifierGathering, extent: _Extent, choices: list[ChoiceAnswer],
    note: str | None,
) -> VerificationAnswer:
    flows, cut_offs, sources = gathering.flows(), gathering.cut_offs(), gathering.sources()
    limit, study = extent.limit, figure.study
    end = None if study is None else study.reference_period_end
    return VerificationAnswer(
        lot=figure.lot.lot, product=figure.lot.product, quantity=figure.lot.quantity, at=extent.size,
        record=figure.record, title=figure.title, figure_kind=figure.figure_kind, footprint=figure.footprint,
        footprint_per_unit=figure.footprint_per_unit, location_based=figure.location_based,
        market_based=figure.market_based, unit=figure.unit, method=figure.method,
        gwp="AR6" if study is None else study.gwp, records=extent.records, absolute=gathering.absolute,
        omitted=figure.burdens.get("omittedAbs", 0.0), unestimated=figure.unestimated, exempted=figure.exempted,
        cut_off_limit=f"{figure.title_limit * 100:.1f} %", questioned=figure.questioned,
        questioned_share=figure.questioned_share, flows=flows[:limit], flows_left_off=max(0, len(flows) - limit),
        cut_offs=cut_offs[:limit], cut_offs_left_off=max(0, len(cut_offs) - limit), sources=sources[:limit],
        sources_left_off=max(0, len(sources) - limit), allocation=gathering.allocations(),
        electricity=gathering.electricity(), gases=gathering.gases(), ratings=figure.ratings,
        pact_ratings=figure.pact_ratings, rating_conversion=figure.rating_conversion,
        primary_share=figure.primary_share, double_counting=_double_counting(figure, gathering),
        value_choices=_value_choices(figure, gathering), sensitivity=choices, sensitivity_note=note,
        valid_until=None if end is None else valid_until(end), study=study, findings=figure.findings,
        findings_left_off=figure.findings_left_off, findings_note=figure.findings_note,
        attestations=figure.attestations, verified=figure.verified,
        limitations=[*figure.limitations, *filter(None, (figure.unusually_high, figure.own_word))],
    )


def _double_counting(figure: FootprintAnswer, gathering: VerifierGathering) -> list[ChoiceRow]:
    """How the ledger excludes double counting, and where amounts of this figure need a look."""
    rows = [
        ChoiceRow(subject="lots", text="balances refuse to take more of a lot than remains, so each quantity counts in "
                                       "one later lot; a transfer makes a new lot of it"),
        ChoiceRow(subject="green attributes", text="an attribute is a lot that one record uses up; it lowers the "
                                                   "market-based total only"),
        ChoiceRow(subject="certificates and credits", text=_claims(figure)),
    ]
    if gathering.assigned:
        rows.append(_row("system expansion", "assigned to outputs beside their shares", gathering.assigned, gathering))
    if gathering.averaged:
        rows.append(_row("period averages", "moved between lots of a pool over its period", gathering.averaged,
                         gathering))
    rows.append(ChoiceRow(subject="outside the ledger", text="balances see this ledger only: ask whether the same "
                                                             "goods are declared elsewhere too"))
    return rows


def _claims(figure: FootprintAnswer) -> str:
    count = len(figure.claims)
    return f"{count} claims of credits stand beside the figure and are no part of it" if count else (
        "no credit is claimed for this lot")


def _value_choices(figure: FootprintAnswer, gathering: VerifierGathering) -> list[ChoiceRow]:
    over = figure.footprint - figure.location_based
    rows = [
        ChoiceRow(subject="recycling", text=f"{figure.method}: recycled content without the burden of its first life"),
        ChoiceRow(subject="electricity", text="the headline counts the grid where power is used; by the market it is "
                                              f"{Decimal(f'{figure.market_based:.6g}'):,f} kg CO2e"),
        _row("secondary data", "factors of sets, or declarations without a primary share", gathering.secondary,
             gathering),
        _row("estimated activity data", "quantities that the site estimates", gathering.estimated, gathering),
        _row("recalled factors", "factors that were not checked against their source", gathering.recalled, gathering),
    ]
    if over:
        rows.append(_row("declared power", "the part of the headline above the grid's power", abs(over), gathering))
    by_choice = [row for row in gathering.allocations() if row.allocation in ("value", "declared")]
    rows += [
        _row(f"allocation by {row.allocation}", row.reason or "the record gives no reason", row.kg_co2e, gathering)
        for row in by_choice
    ]
    stated = None if figure.study is None else figure.study.stated
    if stated is not None and stated.cut_off is not None:
        rows.append(ChoiceRow(subject="stated cut-off", text=stated.cut_off))
    return rows


def _row(subject: str, text: str, kilograms: float, gathering: VerifierGathering) -> ChoiceRow:
    absolute = gathering.absolute
    return ChoiceRow(subject=subject, text=text, kg_co2e=kilograms,
                     percent=100.0 * kilograms / absolute if absolute else None)
