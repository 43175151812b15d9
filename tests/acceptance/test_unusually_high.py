"""A unit in error makes a figure far too high: the maker hears of it before posting, and buyers with the figure."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pytest
from support.cli import run
from support.market import Market, evidence, supply, trading_server
from support.parties import Party
from support.server import Server

from ledger.core.record.kinds import AnyRecord, PassportPublication

NOTE: Final = "unusually high, check the units"
CODE: Final = "unusually-high"


class Checked(Market):
    """A market that keeps what the server foresees for its newest record."""

    foreseen: Any = None

    def post(self, signer: Party, record: AnyRecord) -> str:
        (envelope,) = self.server.envelopes([(signer, record)])
        response = httpx.post(f"{self.server.url}/v1/records/check", content=envelope, timeout=120,
                              headers={"Content-Type": "application/x-ndjson"})
        self.foreseen = msgspec.json.decode(response.content)
        return super().post(signer, record)

    def notes(self) -> list[dict[str, Any]]:
        """What the check of the newest record said about units."""
        return [one for one in self.foreseen.get("findings", []) if one["code"] == CODE]


class Sold(NamedTuple):
    """A batch of castings, and the part of it that a buyer received. `notes`: of the check of its record."""

    market: Checked
    product: str
    lot: str
    received: str
    notes: list[dict[str, Any]]


def cast(server: Server, case: str, power: str) -> Sold:
    """3.5 t of iron castings of bought scrap, melted with so much power; half of them are sold."""
    market = Checked(server, case)
    foundry, buyer = market.company("foundry", "DE"), market.company("buyer", "DE")
    product = foundry.product("part", "equipment", materials={"castIron": "1"})
    foundry.post(PassportPublication, product=product)
    foundry.run(
        "equipment.casting", [foundry.out("part", "3500 KGM")],
        [supply("scrap", "3650 KGM"), supply("electricity", power), supply("foundrySand", "200 KGM")],
        evidence=[evidence("deliveryNotes:scrap"), evidence("meterReading")])
    notes = market.notes()
    received = foundry.send("part", "1750 KGM", buyer)
    assert market.notes() == []  # a sale makes no figure
    return Sold(market, product, foundry.name("part"), received, notes)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with trading_server() as serving:
        yield serving
        done = serving.audit()
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wrong(server: Server) -> Sold:
    """Megawatt hours for kilowatt hours."""
    return cast(server, "wrong", "4200 MWH")


@pytest.fixture(scope="module")
def right(server: Server) -> Sold:
    return cast(server, "right", "4200 KWH")


def test_the_maker_is_told_before_posting(wrong: Sold) -> None:
    """Of the power, by the need of the route, and of the figure, by the range of cast iron."""
    power, figure = wrong.notes
    assert f"electricity: {NOTE}" in power["message"]
    assert (power["value"], power["unit"]) == (4_200_000 * 3.6, "3B")
    assert 5 * power["usual"]["high"] < power["value"]
    assert figure["message"].startswith(NOTE)
    assert figure["value"] == wrong.market.footprint(wrong.lot)["footprint"]
    assert figure["factor"].startswith("factors-open@")
    assert {one["severity"] for one in wrong.notes} == {"note"}


def test_every_answer_about_the_figure_says_so(wrong: Sold) -> None:
    market = wrong.market
    for lot in (wrong.lot, wrong.received):
        answer = market.footprint(lot)
        assert answer["unusuallyHigh"].startswith(NOTE)
        assert answer["unusuallyHigh"] in market.ask("/v1/verification", lot=lot)["limitations"]
        assert answer["unusuallyHigh"] in market.ask("/v1/statement", lot=lot)["claims"]["limitations"]
        assert answer["unusuallyHigh"] in run("footprint", lot, "--url", market.server.url).out.replace("\n", " ")
    assert market.product_footprint(wrong.product)["unusuallyHigh"].startswith(NOTE)
    assert market.ask("/v1/passport", product=wrong.product)["unusuallyHigh"] is True


def test_it_changes_no_title_and_is_not_committed(wrong: Sold) -> None:
    answer = wrong.market.footprint(wrong.lot)
    assert (answer["title"], answer["questioned"]) == ("footprint", 0.0)
    assert CODE not in str(wrong.market.ask("/v1/statement", lot=wrong.lot)["claims"]["assessment"])
    assert CODE not in str(wrong.market.ask(f"/v1/records/{answer['record']}"))


def test_nobody_else_is_told(right: Sold) -> None:
    market = right.market
    assert right.notes == []
    for lot in (right.lot, right.received):
        assert "unusuallyHigh" not in market.footprint(lot)
        assert NOTE not in str(market.ask("/v1/statement", lot=lot)["claims"].get("limitations"))
    assert "unusuallyHigh" not in market.product_footprint(right.product)
    assert "unusuallyHigh" not in market.ask("/v1/passport", product=right.product)
