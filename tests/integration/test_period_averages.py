"""The average of a product over the month and the year beside a lot's figure, and figures that differ from the last."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from support.cli import run
from support.market import Company, Market, evidence, trading_server
from support.server import Server

PAPER: Final = msgspec.to_builtins(evidence("campaign"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with trading_server() as server:
        yield server


def month(number: int, year: int = 2025) -> tuple[str, str]:
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return f"{year}-{number:02d}-01T00:00:00Z", f"{following[0]}-{following[1]:02d}-01T00:00:00Z"


class Works:
    """Makes a mix of one tonne of sand for each tonne; a tonne of sand has 100 kg CO2e, unless said otherwise."""

    def __init__(self, server: Server, case: str) -> None:
        self.market = Market(server, case)
        self.company: Company = self.market.company("works").products("works", mix="limestone", sand="sand")
        self.records: dict[str, str] = {}

    def make(self, lot: str, tonnes: int, when: tuple[str, str], burden: int = 100) -> str:
        company = self.company
        company.declare("study", lot=company.out("sand", f"{tonnes} TNE", name=f"sand-{lot}"),
                        burdens={"fossilGhgEmissions": str(burden * tonnes)})
        self.records[lot] = company.run(
            "works.make", [company.out("mix", f"{tonnes} TNE", name=lot)], inputs={f"sand-{lot}": f"{tonnes} TNE"},
            when=when)
        return company.name(lot)

    def averages(self, lot: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.market.ask("/v1/footprint", lot=lot, averages="true")["averages"]
        return answer

    def product(self, **period: str) -> dict[str, Any]:
        product = self.company.name("product:mix")
        answer: dict[str, Any] = dict(self.market.ask("/v1/footprint/product", product=product, **period))
        return answer


def test_beside_the_figure_of_a_lot(server: Server) -> None:
    """March: 1 t of 100 and 3 t of 104; December: 4 t of 108."""
    works = Works(server, "beside")
    first = works.make("first", 1, month(3))
    works.make("second", 3, month(3), 104)
    works.make("later", 4, month(12), 108)
    works.make("before", 9, month(12, 2024), 101)
    assert "averages" not in works.market.footprint(first)
    found = works.averages(first)
    assert found["month"] == {
        "period": "2025-03", "numberOfLots": 2, "quantity": {"value": "4", "unit": "TNE"}, "massKg": "4000",
        "mean": pytest.approx(103.0), "least": pytest.approx(100.0), "most": pytest.approx(104.0)}
    assert {name: found["year"][name] for name in ("period", "numberOfLots", "mean", "least", "most")} == {
        "period": "2025", "numberOfLots": 3, "mean": pytest.approx((412 + 432) / 8),
        "least": pytest.approx(100.0), "most": pytest.approx(108.0)}
    assert "change" not in found
    done = run("footprint", first, "--details", "--url", server.url)
    assert "2025-03" in done.out
    assert "4,000 kg" in done.out
    # As of the tree before the second lot, only the first counts.
    size = works.market.footprint(first)["lot"]["index"] + 1
    answer = works.market.ask("/v1/footprint", lot=first, averages="true", at=size)
    assert answer["averages"]["month"]["numberOfLots"] == 1


def test_lots_that_were_not_made_here_have_no_averages(server: Server) -> None:
    works = Works(server, "declared")
    works.make("mix", 1, month(3))
    answer = works.market.ask("/v1/footprint", lot=works.company.name("sand-mix"), averages="true")
    assert "averages" not in answer
    assert answer["figureKind"] == "lotFigure"


def test_kinds_of_figures(server: Server) -> None:
    works = Works(server, "kinds")
    works.make("mix", 2, month(3))
    works.company.pool("silo", "mix")
    works.company.add("silo", {"mix": "1 TNE"})
    lot = works.company.name("silo:1")
    assert works.market.footprint(lot)["figureKind"] == "movingAverage"
    assert "(moving average of the pool)" in run("footprint", lot, "--url", server.url).out


def test_a_lot_that_differs_from_the_last_month(server: Server) -> None:
    works = Works(server, "differs")
    works.make("old", 1, month(1), 100)
    works.make("same", 1, month(3), 110)
    new = works.make("new", 1, month(4), 122)
    assert "change" not in works.averages(works.company.name("same"))
    change = works.averages(new)["change"]
    assert (change["last"], change["lastPerUnit"], change["perUnit"]) == (
        "2025-03", pytest.approx(110.0), pytest.approx(122.0))
    assert change["change"] == pytest.approx(12 / 110)
    assert "no amendment of a record gives a reason" in change["note"]
    shown = run("footprint", new, "--details", "--url", server.url).out
    assert "note: this lot's figure differs by +10.9 % from 2025-03" in shown
    works.company.amend(works.records["new"], evidence=[PAPER])
    change = works.averages(new)["change"]
    assert (change["reason"], "note" in change) == ("a better reading", False)


def test_a_product_by_month_and_year(server: Server) -> None:
    works = Works(server, "product")
    works.make("a", 1, month(1), 100)
    works.make("b", 1, month(2), 105)
    works.make("c", 1, month(3), 150)
    works.make("d", 2, month(3), 120)
    answer = works.product()
    assert [(one["period"], one["numberOfLots"], one["mean"]) for one in answer["months"]] == [
        ("2025-01", 1, pytest.approx(100)), ("2025-02", 1, pytest.approx(105)), ("2025-03", 2, pytest.approx(130))]
    assert [one["period"] for one in answer["years"]] == ["2025"]
    (change,) = answer["changes"]
    assert (change["period"], change["last"], change["change"]) == ("2025-03", "2025-02", pytest.approx(25 / 105))
    assert "gives a reason" in change["note"]
    lots = {one["lot"].rpartition(":")[2]: one.get("changeFromLast") for one in answer["lots"]}
    assert lots == {"a": None, "b": None, "c": pytest.approx(45 / 105), "d": pytest.approx(15 / 105)}
    done = run("footprint", "--product", works.company.name("product:mix"), "--url", server.url)
    assert "the average of 2025-03 differs by +23.8 % from 2025-02" in done.out
    assert "no reason is given" in done.out
    assert "+42.9 %" in done.out


def test_a_period_is_compared_with_the_one_before(server: Server) -> None:
    """Also if the question is of one month alone. Months that the question cuts have no average."""
    works = Works(server, "before")
    works.make("a", 1, month(2), 100)
    works.make("c", 1, month(3), 150)
    answer = works.product(**{"from": "2025-03-01", "to": "2025-04-01"})
    assert [one["period"] for one in answer["months"]] == ["2025-03"]
    assert "years" not in answer
    (change,) = answer["changes"]
    assert (change["period"], change["last"], change["lastPerUnit"]) == ("2025-03", "2025-02", pytest.approx(100))
    works.company.amend(works.records["c"], evidence=[PAPER])
    assert works.product(**{"from": "2025-03-01", "to": "2025-04-01"})["changes"][0]["reason"] == "a better reading"
    cut = works.product(**{"from": "2025-03-02", "to": "2025-04-15"})
    assert "months" not in cut
    assert [(one["period"], one["last"]) for one in cut["changes"]] == [
        ("2025-03-02T00:00:00Z/2025-04-15T00:00:00Z", "2025-01-17T00:00:00Z/2025-03-02T00:00:00Z")]
