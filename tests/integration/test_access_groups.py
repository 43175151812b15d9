"""Sums over organisations count a parent and its subsidiaries as one: their sum is a figure of one competitor."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest
from support.callers import Callers
from support.inside import inside
from support.server import prepared_home
from support.workshop import Workshop

YEAR: Final = {"from": "2025-01-01", "to": "2026-01-01"}


class Market(NamedTuple):
    """A head with three subsidiaries, of which it holds `share`, and their records; two others, and a rival."""

    callers: Callers
    others: list[Workshop]
    rival: Workshop

    def shown(self) -> tuple[int, bool]:
        """The number of records in the sum that the rival is answered, and whether these are its own alone."""
        found = self.callers.get(self.rival.id, "/v1/sectors/works/indicators", YEAR).json()
        return found["records"], found.get("onlyOwn", False)

    def releases(self) -> int:
        """How many releases are stored."""
        ledger = self.callers.ledger
        stored: int = ledger.run(ledger.ledger.pool.fetchval("SELECT count(*) FROM sector_release"))
        return stored


@pytest.fixture(params=[None, "0.51", "0.5"])
def market(request: pytest.FixtureRequest) -> Iterator[tuple[Market, bool]]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        head, rival = Workshop("head"), Workshop("rival")
        ledger.post([head.enrolment(ledger), rival.enrolment(ledger)])
        middle, parent = Workshop("middle"), head.id
        for shop in (middle, Workshop("first"), Workshop("second"), Workshop("third")):
            ledger.post([shop.enrolment(ledger, parent, request.param)])
            parent = middle.id
            if shop is not middle:
                ledger.post([*shop.opening(), shop.mine("x", "10")])
        others = [Workshop("mill"), Workshop("forge")]
        ledger.post([shop.enrolment(ledger) for shop in others])
        yield Market(Callers(ledger), others, rival), request.param != "0.5"


def test_a_group_is_one_organisation_of_a_sum(market: tuple[Market, bool]) -> None:
    """Until two others contribute, of whom none has more than half with the group. Whoever holds half or less does not
    control."""
    found, is_group = market
    assert found.shown() == ((0, True) if is_group else (3, False))
    # A year with nothing to show leaves no row, however often it is asked for.
    assert found.releases() == (0 if is_group else 1)
    for number, shop in enumerate(found.others, start=1):
        found.callers.ledger.post([*shop.opening(), *[shop.mine(f"x{one}", "10") for one in range(3)]])
        assert found.shown() == ((0, True) if number == 1 else (9, False)) or not is_group
    # Neither is one that has been looked at already stored again.
    assert found.shown() == found.shown()
    assert found.releases() == (1 if is_group else 2)
    for caller in (found.rival.id, None):
        answer = found.callers.get(caller, "/v1/sectors/works/indicators", YEAR).json()
        page = found.callers.get(caller, "/en/sectors/works", {"year": "2025"}).text
        assert f'Records: <data value="{answer["records"]}">' in page
        assert "No sum over organisations" not in page
