"""The doubts of a lot's page, from answers: no doubt that the API states is left out, and none is invented."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace
from support.page_answers import figure, gaps

from ledger.engine.sectors import Registry
from ledger.footprint.derived.completeness import NO_DOCUMENT
from ledger.footprint.derived.gaps import LotGaps
from ledger.pages.lot.doubts import Doubts, marks_of
from ledger.pages.lot.read import LotPage
from ledger.pages.names import ThingNames
from ledger.pages.words import PageWords

WORDS = PageWords("en")


def doubts(changes: Mapping[str, Any], found: LotGaps | None = None, **page: Any) -> Doubts:
    answers = LotPage(replace(figure(), **changes), 9, gaps=found, **page)
    return Doubts(WORDS, ThingNames(WORDS, Registry(), {}), answers)


def claims(changes: Mapping[str, Any], found: LotGaps | None = None, **page: Any) -> list[str]:
    one = doubts(changes, found, **page)
    return [alert.claim for alert in one.alerts()] + [note.claim for note in one.notes()]


def test_omissions_are_said_without_gaps() -> None:
    """A receiver sees no gaps, and the log commits to the sum."""
    changed = {"burdens": {"omittedAbs": 25.0}, "questioned": 0.0}
    assert "Something is left out." in claims(changed)
    shares = {kind: share for kind, _, share in marks_of(replace(figure(), **changed), WORDS)}
    assert shares["omitted"] == pytest.approx(25 / 125)


def test_omissions_beyond_the_listed_gaps_are_said() -> None:
    changed = {"burdens": {"omittedAbs": 25.0}}
    found = gaps([("omission", "chalk", 5.0), *[("data", f"input{n}", 30.0 - n) for n in range(9)]])
    said = claims(changed, found)
    assert "chalk is left out." in said
    assert "Something else is left out." in said


def test_an_omission_without_an_estimate_is_said() -> None:
    assert "Something is left out without an estimate." in claims({"unestimated": 1.0})


def test_a_look_alike_is_said() -> None:
    lot = replace(figure().lot, resembles={"urn:a": ["urn:b"]})
    assert "urn:a looks like another organisation." in claims({"lot": lot})


def test_a_declaration_without_a_document_names_no_document() -> None:
    told = {note.claim: note.detail for note in doubts({"declared": True, "own_word": NO_DOCUMENT}).notes()}
    assert "names no document" in told["It is declared, not computed."]
    assert "default" not in told["No primary data."]
    shown = {note.claim: note.detail for note in doubts({"declared": True, "own_word": "else"}).notes()}
    assert "known by its digest alone" in shown["It is declared, not computed."]


@pytest.mark.parametrize(("changes", "claim"), [
    ({"opening": True}, "It is opening stock."), ({"limitations": ["waits"]}, "A limitation:"),
    ({"unusually_high": "note"}, "It is unusually high."),
    ({"sight": "totals"}, "You see the figure, not how it is made."),
    ({"documented": 3.0}, "3.0 kg CO₂e more of the lot would be in question"),
])
def test_properties_are_said(changes: Mapping[str, Any], claim: str) -> None:
    assert claim in claims(changes)


def test_a_chain_that_is_too_long_is_said() -> None:
    assert "Too much lies behind it to show here." in claims({}, is_too_long=True)
