"""Why a reader may not rely on a figure, most serious first, each with an organisation, a record or a command."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ledger.answers.stored import FootprintAnswer
from ledger.drawings.numbers import Amount, cell, month, percent
from ledger.engine.findings import finding_codes
from ledger.footprint.derived.completeness import NO_DOCUMENT
from ledger.footprint.derived.findings import WeighedFinding
from ledger.pages.lot.read import LotPage
from ledger.pages.names import ThingNames
from ledger.pages.words import PageWords

_SHOWN: Final = 6
_FACTORS: Final = 3
_LARGE: Final = 10.0
"""Kg that are written without decimals."""


class Alert(NamedTuple):
    """A claim, its amount and who can answer it. `record`: log index of the record behind it; `code`: of the finding
    that it is, if the page of findings has it."""

    claim: str
    detail: str
    record: int | None = None
    code: str | None = None


class Caution(NamedTuple):
    """A property of the figure that a reader should know, without alarm."""

    claim: str
    detail: str


class Doubts:
    """The alerts and notes of a page."""

    def __init__(self, words: PageWords, names: ThingNames, page: LotPage) -> None:
        self._words, self._names = words, names
        self._page, self._figure = page, page.figure

    def alerts(self) -> list[Alert]:
        """Everything that changes the title, or that questions who made the record."""
        return [*self._states(), *self._questions(), *self._open_periods(), *self._omissions()]

    def notes(self) -> list[Caution]:
        """The things on which a clean figure still rests; without any, one that says so."""
        notes = [*self._sights(), *self._quality(), *self._electricity()]
        return notes or [Caution(self._words("Nothing is left to say."), self._words(
            "Primary data, attested, and nothing rests on the word of its holder alone."))]

    def _states(self) -> Iterator[Alert]:
        words, lot = self._words, self._figure.lot
        if lot.withdrawn:
            yield Alert(words("The lot is withdrawn."), words("Its maker took the record back; it has no footprint."))
        if lot.frozen:
            yield Alert(words("The delivery is disputed."), words("Its receiver does not accept it."))
        for name, others in lot.resembles.items():
            yield Alert(words("{who} looks like another organisation.", who=name), ", ".join(others))
        for doubt in self._figure.in_doubt[:_SHOWN]:
            yield Alert(words("A key behind it is reported compromised."), words(
                "Its issuer may not have signed the record: ask {who}.", who=self._names.thing(doubt.issuer)),
                doubt.index)
        if self._figure.unusually_high:
            yield Alert(words("It is unusually high."), words(
                "The figure is more than five times the high end of its product’s range: check the units."))
        for missed in self._figure.missed_totals[:_SHOWN]:
            yield Alert(words("A closing measured more than its records state."), words(
                "{amount} kg CO₂e of it fall on this lot.", amount=_kilograms(missed.kilograms)), missed.index)

    def _questions(self) -> Iterator[Alert]:
        figure, words = self._figure, self._words
        listed = [one for one in figure.findings if one.questioned > 0]
        for finding in listed[:_SHOWN]:
            yield Alert(self._title(finding), words(
                "{amount} kg CO₂e of the lot in question.", amount=_kilograms(finding.questioned)), finding.record,
                finding.code if finding.code in finding_codes() else None)
        others = figure.questioned - sum([one.questioned for one in listed[:_SHOWN]])
        if figure.questioned and others > figure.questioned * 1e-6:
            yield Alert(
                words("Records that are hidden from you question it.") if figure.sight else words("Further questions."),
                words("{amount} kg CO₂e of the lot in question.", amount=_kilograms(others)))

    def _title(self, finding: WeighedFinding) -> str:
        known = finding_codes().get(finding.code)
        if known is None:
            return f"{finding.code}."
        return f"{known.zh}。" if self._words.language == "zh" else f"{known.en}."

    def _open_periods(self) -> Iterator[Alert]:
        words = self._words
        for period in self._figure.open_periods[:_SHOWN]:
            yield Alert(words("{month} is not closed.", month=month(period.month, words.language)), words(
                "The figure is provisional until {who} posts the closing.", who=self._names.thing(period.facility)))

    def _omissions(self) -> Iterator[Alert]:
        items = [] if self._page.gaps is None else self._page.gaps.items
        words, names = self._words, self._names
        listed = [gap for gap in items if gap.kind == "omission"][:_SHOWN]
        for gap in listed:
            amount = words("of unknown size") if gap.kg_co2e is None else f"{_kilograms(gap.kg_co2e)} kg CO₂e"
            yield Alert(words("{material} is left out.", material=names.material(gap.what)), words(
                "By estimate {amount}. Ask {who}.", amount=amount, who=names.thing(gap.whom)))
        others = omitted_of(self._figure) - sum([gap.kg_co2e or 0.0 for gap in listed])
        if others > omitted_of(self._figure) * 1e-6:
            yield Alert(words("Something else is left out.") if listed else words("Something is left out."),
                        words("By estimate {amount} kg CO₂e of the lot.", amount=_kilograms(others)))
        if self._figure.unestimated and not any(gap.kg_co2e is None for gap in listed):
            yield Alert(words("Something is left out without an estimate."), words(
                "The figure may be too low by an unknown amount."))

    def _sights(self) -> Iterator[Caution]:
        words, figure = self._words, self._figure
        if self._page.is_too_long:
            yield Caution(words("Too much lies behind it to show here."), words(
                "Ask the interface of programs, or the lots that went into it."))
        if figure.sight == "totals":
            yield Caution(words("You see the figure, not how it is made."), words(
                "Ask {who} for a grant to see more.", who=self._names.thing(figure.lot.sender or figure.lot.holder)))
        elif figure.sight == "part" or (self._page.gaps is not None and self._page.gaps.hidden is not None):
            yield Caution(words("You see a part of the chain."), words(
                "Of hatched inputs you see the figure, not how they are made: ask their suppliers for a grant."))

    def _quality(self) -> Iterator[Caution]:
        words, figure = self._words, self._figure
        primary = figure.primary_share or 0.0
        if not primary:
            yield Caution(words("No primary data."), words("The declaration states no primary data.") if figure.declared
                          else words("Each emission factor behind it is a default of the factor sets, though amounts "
                                     "come from signed records."))
        else:
            yield Caution(words("{share} primary data.", share=percent(primary)), words(
                "The rest is multiplied by default factors."))
        if figure.declared:
            yield Caution(words("It is declared, not computed."), words(
                "It rests on the word of its issuer, who names no document.") if figure.own_word == NO_DOCUMENT
                else words("It rests on the word of its issuer, whose document is known by its digest alone."))
        if figure.documented > 0.0:
            amount = _kilograms(figure.documented)
            yield Caution(words("{amount} kg CO₂e more of the lot would be in question", amount=amount), words(
                "without documents of the holders, which are known by their digests alone."))
        if figure.recalled_factors:
            named = ", ".join(figure.recalled_factors[:_FACTORS])
            yield Caution(words("Factors were not checked against their source:"), named)
        if figure.opening:
            yield Caution(words("It is opening stock."), words("The ledger does not know how it was made."))
        for limitation in figure.limitations:
            yield Caution(words("A limitation:"), limitation)
        if not figure.attestations:
            yield Caution(words("Nobody has attested it."), words(
                "No verifier has signed a statement about this lot or its maker."))

    def _electricity(self) -> Iterator[Caution]:
        words, figure = self._words, self._figure
        difference = figure.market_based - figure.location_based
        if abs(difference) > abs(figure.footprint) * 1e-3:
            size = figure.footprint / figure.footprint_per_unit if figure.footprint_per_unit else 1.0
            per_unit = figure.market_based / size
            yield Caution(words("Market-based electricity gives {amount} kg CO₂e", amount=_kilograms(per_unit)), words(
                "per unit: {change}.", change=percent(difference / figure.location_based, signed=True)
                if figure.location_based else _kilograms(difference)))


def omitted_of(figure: FootprintAnswer) -> float:
    """The kg CO2e of the lot that are left out by estimate, as the log commits to them."""
    return figure.burdens.get("omittedAbs", 0.0)


def _kilograms(amount: Amount | None) -> str:
    return cell(amount, 0 if amount is None or abs(float(amount)) >= _LARGE else 1)


def marks_of(figure: FootprintAnswer, words: PageWords) -> list[tuple[str, str, float]]:
    """The doubtful shares of a figure: kind of the mark, word, and share of the whole."""
    omitted = omitted_of(figure)
    whole = figure.footprint + figure.questioned + omitted
    provisional = figure.provisional_share or 0.0
    return [
        ("questioned", words("questioned"), figure.questioned_share),
        ("provisional", words("provisional"), provisional),
        ("omitted", words("omitted"), omitted / whole if whole > 0 else 0.0),
    ]
