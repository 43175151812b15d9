"""The pages of sectors: the indicators of one calendar year beside the targets of the Action Plan, as the API answers
them to the same caller."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, NamedTuple

from litestar import Controller, Response, get
from litestar.params import Parameter

from ledger.access.declared import OpenToAll, Selected
from ledger.answers.indicators import GroupAnswer, IndicatorAnswer, IndicatorsAnswer, TargetAnswer
from ledger.drawings.numbers import decimals_for, grouped
from ledger.pages.figures import data, figure, percent, share, unit
from ledger.pages.site import HANDLERS, AnyRequest, page, paths, public_visit, visit_of
from ledger.pages.words import PageWords
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.footprint.attestations import tree_time
from ledger.service.queries.indicators.catalogue import INDUSTRY, catalogued
from ledger.service.queries.indicators.present import NO_INDICATOR, SEVERAL_CURRENCIES
from ledger.service.queries.indicators.read import read_indicators
from ledger.service.queries.inventory.read import YEARS
from ledger.service.queries.questions import PeriodQuestion
from ledger.service.queries.tree_size import as_of_size
from ledger.web.queries.carbon_management import SectorName
from ledger.web.queries.lots import At

PLAN: Final = "Carbon Peak Action Plan for Industrial Sectors"
PLAN_YEARS: Final = (2025, 2030)
OFFERED: Final = 6
"""The last years that have ended: to choose from, and to find the one that shows something."""
_GROUPING: Final = "province"
_EQUAL: Final = 1e-9
Year = Annotated[int | None, Parameter(
    description="a calendar year in UTC; default: the last ended one that shows something", ge=YEARS[0], le=YEARS[1])]


class TargetLine(NamedTuple):
    """A row: an indicator with one target of the plan, or without any; or a target without an indicator."""

    name: str
    indicator: IndicatorAnswer | None
    target: TargetAnswer | None
    bound: str
    verdict: str


class SectorPagesController(Controller):
    include_in_schema = False
    exception_handlers = HANDLERS

    @get(paths("sectors"), access=OpenToAll("the names of sectors"), media_type="text/html")
    async def sectors(self, request: AnyRequest, ledger: Ledger) -> Response[str]:
        visit = await public_visit(request, ledger)
        named = {name: name for name in sorted(catalogued() - {INDUSTRY})} | {
            name: installed.sector.zh if visit.language == "zh" else installed.sector.en
            for name, installed in sorted(ledger.registry.sectors.items())}
        return page("sectors.html", visit, sectors=named, industry=INDUSTRY)

    @get(paths("sectors/{sector:str}"), access=Selected("sums over enough organisations"), media_type="text/html")
    async def sector(
        self, request: AnyRequest, ledger: Ledger, sight: Sight, sector: SectorName, year: Year = None, at: At = None
    ) -> Response[str]:
        as_of = await pinned(ledger.pool, await as_of_size(ledger.pool, at))
        last = max(int((await tree_time(ledger.pool, as_of.size))[:4]) - 1, YEARS[0])
        tried = [year] if year is not None else ended_years(last)
        answers: dict[int, IndicatorsAnswer] = {}
        for number in tried:
            question = PeriodQuestion(sector, f"{number}-01-01", f"{number + 1}-01-01", at)
            answers[number] = await read_indicators(ledger.pool, ledger.registry, question, _GROUPING, sight)
            if shows_something(answers[number]):
                break
        shown = next((number for number, answer in answers.items() if shows_something(answer)), tried[0])
        visit = visit_of(request, ledger, answers[shown].at, sight.rights.caller.organization)
        words = PageWords(visit.language)
        asked = {"from": f"{shown}-01-01", "to": f"{shown + 1}-01-01", "by": _GROUPING}
        return page(
            "sector.html", visit, answer=answers[shown], year=shown, lines=list(lines_of(answers[shown], words)),
            years=[(str(one), str(one)) for one in sorted({*ended_years(last), shown}, reverse=True)],
            title=words.pick(answers[shown].names) or sector, unit_of=lambda code: ratio(code, words),
            asked=asked if at is None else {**asked, "at": at},
            other_targets=sum(not planned(target) for target in answers[shown].targets))


def ended_years(last: int) -> list[int]:
    """The years up to the last one, the newest first."""
    return [year for year in range(last, last - OFFERED, -1) if year >= YEARS[0]]


def shows_something(answer: IndicatorsAnswer) -> bool:
    """Whether it has any value, in total or in a province."""
    groups: list[GroupAnswer | IndicatorsAnswer] = [answer, *answer.groups]
    return any(indicator.value is not None for group in groups for indicator in group.indicators)


def planned(target: TargetAnswer) -> bool:
    """Whether it is a target of the Action Plan for one of its years."""
    return target.plan.startswith(PLAN) and target.year in PLAN_YEARS


def lines_of(answer: IndicatorsAnswer, words: PageWords) -> Iterator[TargetLine]:
    """Each indicator with each of its targets; then the targets for which there is no indicator."""
    targets = [target for target in answer.targets if planned(target)]
    for indicator in answer.indicators:
        name = indicator.zh if words.language == "zh" else indicator.en
        wanted: Iterable[TargetAnswer | None] = [
            target for target in targets if target.indicator == indicator.name] or [None]
        for target in wanted:
            said = verdict(target, indicator, words, only_own=answer.only_own)
            yield TargetLine(name, indicator, target, _bound(target, words), said)
    known = {indicator.name for indicator in answer.indicators}
    for target in targets:
        if target.indicator not in known:
            yield TargetLine(target.title, None, target, _bound(target, words), verdict(target, None, words))


def verdict(
    target: TargetAnswer | None, indicator: IndicatorAnswer | None, words: PageWords, *, only_own: bool = False
) -> str:
    """The comparison of the figure with the target, with each reason to doubt it, as HTML."""
    if target is None:
        return words("no target of this plan")
    if target.actual is None:
        return _unsaid(target, words)
    doubts = [words("the target is quoted from memory")] if target.status == "recalled" else []
    if only_own:
        doubts.append(words("only organisations that you see count"))
    if indicator is not None and indicator.findings_share:
        doubts.append(words("findings doubt {share} of its records", share=share(indicator.findings_share)))
    return words("; ").join([_compared(target, target.actual - target.value, words), *doubts])


def _unsaid(target: TargetAnswer, words: PageWords) -> str:
    """A suppressed sum and a missing one have the same words."""
    if target.missing == NO_INDICATOR:
        return words("cannot be said: the ledger has no such indicator")
    if target.missing == SEVERAL_CURRENCIES:
        return words("cannot be said: stated in several currencies")
    return words("cannot be said: the sum is not shown, or there is no sum")


def _compared(target: TargetAnswer, gap: float, words: PageWords) -> str:
    if target.extent == "national":
        return words("{share} of a target of the whole country: a part cannot show whether it is met",
                     share=percent(target.percent))
    of = words("percentage points") if target.unit == "%" else ratio(target.unit, words)
    if target.met is None:
        return words("cannot be said: the target is approximate, and {gap} {unit} away", gap=figure(abs(gap)), unit=of)
    if target.met:
        return words("meets")
    if abs(gap) < _EQUAL:
        return words("misses: it only equals the bound")
    return words("misses by {gap} {unit}", gap=figure(abs(gap)), unit=of)


def _bound(target: TargetAnswer | None, words: PageWords) -> str:
    """The target in words, as HTML: `more than 15 %`."""
    if target is None:
        return ""
    text = {
        ">": words("more than {value} {unit}"), ">=": words("at least {value} {unit}"),
        "<": words("less than {value} {unit}"), "<=": words("at most {value} {unit}"),
    }.get(target.comparison, words("about {value} {unit}"))
    decimals = 0 if target.value.is_integer() else decimals_for(target.value)
    return text.format(value=data(target.value, grouped(target.value, decimals)), unit=ratio(target.unit, words))


def ratio(code: str, words: PageWords) -> str:
    """A unit, or a ratio of two units such as MJ/t."""
    return "/".join([unit(part, words.language) for part in code.split("/")])
