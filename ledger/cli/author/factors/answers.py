"""The answers of `factors --json`."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from ledger.core.record.units import plain
from ledger.sdk import FactorSet, FactorSetVersion, FactorSource, SetFactor, SupplyEntry
from ledger.sdk.sets.explained import LookupAnswer
from ledger.sdk.sets.reading import co2e_of
from ledger.sdk.sets.search import SearchHit
from ledger.sdk.sets.summary import default_of


class FactorsAnswer(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of the answers. Amounts are plain decimals in strings."""


class SupplyHit(FactorsAnswer, frozen=True, kw_only=True):
    """A supply that a search finds. `co2e`: kg CO2e per unit of the world's row, the newest one."""

    set: str
    version: str
    key: str
    en: str
    zh: str
    kind: str
    unit: str
    rows: int
    matched: str
    co2e: str | None = None
    de: tuple[str, ...] = ()


class RowAnswer(FactorsAnswer, frozen=True, kw_only=True):
    """A factor. `gases`: kg per unit; `co2e`: their sum in kg, with the potentials of AR6. `row` is the name that a
    record can give, `set:row`."""

    row: str
    boundary: str
    place: str
    year: int
    gases: dict[str, str]
    co2e: str
    potentials: str | None = None
    low: str | None = None
    high: str | None = None
    deviation: str | None = None
    pedigree: tuple[int, ...] | None = None
    status: str
    source: str
    locator: str = ""
    note: str = ""


class SourceAnswer(FactorsAnswer, frozen=True, kw_only=True):
    id: str
    title: str
    publisher: str
    year: int
    licence: str
    url: str = ""


class StepAnswer(FactorsAnswer, frozen=True, kw_only=True):
    """A place where the look-up looks, and the years that the set has for it."""

    place: str
    set: str
    years: tuple[int, ...]


class LookupChoice(FactorsAnswer, frozen=True, kw_only=True):
    """The row that the look-up chooses for a boundary: `set@version:row`, as emission lines name it."""

    boundary: str
    row: str | None
    co2e: str | None
    reason: str
    steps: list[StepAnswer]


class SupplyAnswer(FactorsAnswer, frozen=True, kw_only=True):
    """A supply in one version of a set, with its rows and their sources."""

    set: str
    version: str
    digest: str
    key: str
    kind: str
    unit: str
    en: str
    zh: str
    synonyms: tuple[str, ...]
    aliases: tuple[str, ...]
    density: str | None = None
    heating_value: str | None = None
    hs: tuple[str, ...] = ()
    group: str | None = None
    de: tuple[str, ...] = ()
    rows: list[RowAnswer]
    sources: list[SourceAnswer]


class ShownSupply(FactorsAnswer, frozen=True, kw_only=True):
    """The answer of `factors show`: the supply in each set that has it. `choices`: with --place, a choice for each
    boundary."""

    supplies: list[SupplyAnswer]
    place: str | None = None
    year: int | None = None
    choices: list[LookupChoice] = []


class VersionAnswer(FactorsAnswer, frozen=True, kw_only=True):
    """A version of an installed set. `recalled`: rows with an unverified source."""

    set: str
    version: str
    digest: str
    newest: bool
    en: str
    zh: str
    supplies: int
    factors: int
    sources: int
    kinds: dict[str, int]
    recalled: int


def hit_answer(hit: SearchHit) -> SupplyHit:
    """A search hit as JSON."""
    entry, version = hit.entry, hit.version
    default = default_of(version, entry)
    return SupplyHit(
        set=version.name, version=version.version, key=entry.key, en=entry.en, zh=entry.zh, kind=entry.kind,
        unit=entry.unit, rows=sum(factor.key == entry.key for factor in version), matched=hit.matched,
        co2e=None if default is None else plain(co2e_of(default.gases)), de=entry.de,
    )


def supply_answer(version: FactorSetVersion, entry: SupplyEntry, factors: Sequence[SetFactor]) -> SupplyAnswer:
    """A supply with these of its factors, and with the sources of these."""
    return SupplyAnswer(
        set=version.name, version=version.version, digest=version.digest, key=entry.key, kind=entry.kind,
        unit=entry.unit, en=entry.en, zh=entry.zh, synonyms=entry.synonyms, aliases=entry.aliases,
        density=None if entry.density is None else plain(entry.density),
        heating_value=None if entry.heating_value is None else plain(entry.heating_value), hs=entry.hs,
        group=entry.group or None, de=entry.de, rows=[row_answer(version, factor) for factor in factors],
        sources=[source_answer(version.sources[name]) for name in dict.fromkeys(one.source for one in factors)],
    )


def row_answer(version: FactorSetVersion, factor: SetFactor) -> RowAnswer:
    """A factor as JSON."""
    return RowAnswer(
        row=f"{version.name}:{factor.row}", boundary=factor.boundary, place=factor.place, year=factor.year,
        gases={gas: plain(amount) for gas, amount in factor.gases}, co2e=plain(co2e_of(factor.gases)),
        potentials=factor.potentials, low=None if factor.low is None else plain(factor.low),
        high=None if factor.high is None else plain(factor.high),
        deviation=None if factor.deviation is None else plain(factor.deviation), pedigree=factor.pedigree,
        status=factor.status, source=factor.source, locator=factor.locator, note=factor.note,
    )


def source_answer(source: FactorSource) -> SourceAnswer:
    """A source as JSON."""
    return SourceAnswer(id=source.id, title=source.title, publisher=source.publisher, year=source.year,
                        licence=source.licence, url=source.url)


def choice_answer(answer: LookupAnswer) -> LookupChoice:
    """A look-up as JSON."""
    choice = answer.choice
    return LookupChoice(
        boundary=answer.boundary, row=None if choice is None else choice.name,
        co2e=None if choice is None else plain(co2e_of(choice.factor.gases)), reason=answer.reason,
        steps=[StepAnswer(place=step.place, set=step.tag, years=step.years) for step in answer.steps],
    )


def version_answers(sets: Iterable[FactorSet]) -> list[VersionAnswer]:
    """All versions of the sets, the newest of each set first."""
    answers = []
    for factor_set in sets:
        for version in reversed(factor_set.versions):
            kinds = [entry.kind for entry in version.supplies.values()]
            answers.append(VersionAnswer(
                set=factor_set.name, version=version.version, digest=version.digest,
                newest=version is factor_set.newest, en=factor_set.en, zh=factor_set.zh,
                supplies=len(version.supplies), factors=len(version.rows), sources=len(version.sources),
                kinds={kind: kinds.count(kind) for kind in sorted(set(kinds))},
                recalled=sum(factor.recalled for factor in version),
            ))
    return answers
