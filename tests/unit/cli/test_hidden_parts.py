"""Commands print one line about the parts of a figure that are hidden from the caller."""

from typing import Final

from ledger.cli.buyer.contributions import contributions_report
from ledger.cli.buyer.gaps import gaps_report
from ledger.footprint.derived.chain.boundary import NOTE, HiddenParts
from ledger.footprint.derived.gaps import Gap, LotGaps
from ledger.footprint.derived.tables.rows import Contributions

HIDDEN: Final = HiddenParts(amount=1100.0, received=1100.0, questioned=0.0)


def _lines(parts: object) -> list[str]:
    return [str(part) for part in parts if not hasattr(part, "columns")]  # type: ignore[attr-defined]


def _contributions(hidden: HiddenParts | None) -> Contributions:
    return Contributions(lot="gear", product="part", by="stage", of="footprint", unit="kg CO2e", figure=1300.0,
                         method="cut-off/1", at=9, records=2, questioned=0.0, hidden=hidden)


def _gaps(hidden: HiddenParts | None) -> LotGaps:
    gap = Gap(kind="hidden", what="cast", ask="the data", whom="caster", weight=0.0, count=0, records=[],
              kg_co2e=1100.0)
    return LotGaps(lot="gear", records=2, footprint=1300.0, absolute=1300.0, explained=1300.0, well_founded=200.0,
                   completeness="100.0 %", questioned=0.0, items=[gap], hidden=hidden)


def test_a_line_says_how_much_is_hidden_and_how_it_is_shown() -> None:
    for lines in (_lines(contributions_report(_contributions(HIDDEN))), _lines(gaps_report(_gaps(HIDDEN)))):
        (line,) = [line for line in lines if NOTE in line]
        assert "1,100" in line or "1100" in line


def test_no_line_if_nothing_is_hidden() -> None:
    for lines in (_lines(contributions_report(_contributions(None))), _lines(gaps_report(_gaps(None)))):
        assert not any("hidden from you" in line for line in lines)
