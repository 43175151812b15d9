"""`footprint --product` against a real server: what people read, what programs do, and wrong usage."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from support.cli import Done, run
from support.sectors import Gap, Make
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop, workshop

from ledger.answers.products import ProductAnswer
from ledger.core.record.kinds import Facility


class Told(NamedTuple):
    """a of 100 kg and 50 kg CO2e in January, then b of 60 kg and 120 kg CO2e at another site in February, which leaves
    out 30 by estimate."""

    server: Server
    shop: Workshop
    size: int
    """Of the log before b."""

    def run(self, *arguments: object) -> Done:
        return run(*arguments, "--url", self.server.url)

    def ask(self, *arguments: object) -> Done:
        return self.run("footprint", "--product", self.shop.name("part"), *arguments)


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with prepared_home() as home, Server(home) as server:
        shop = workshop(server, "mill")
        site = Facility(issuer=shop.id, nonce=shop.nonce(), id=shop.name("site2"), country="CN")
        first = shop.mine("a", "100", co2="50")
        second = shop.make({"b": "60"}, ore="60", activity=Make(co2="120", gaps=[Gap(what="oil", estimate="30")]))
        receipts = server.post([
            shop.signed(site), dated(first, "2025-01-01", "2025-01-02"),
            dated(second, "2025-02-01", "2025-02-02", facility=site.id),
        ])
        yield Told(server, shop, receipts[-1].index)


def dated(posted: Posted, start: str, end: str, **fields: Any) -> Posted:
    party, record = posted
    return party, replace(record, start=f"{start}T00:00:00Z", end=f"{end}T00:00:00Z", **fields)


def rows(out: str, title: str) -> list[list[str]]:
    """The cells of the table whose first heading is `title`, without the headings."""
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(title)) + 1
    found = []
    for line in lines[start:]:
        found.append([cell for cell in line.split("  ") if cell.strip()])
        if found[-1][0].strip() == "all":
            break
    return [[cell.strip() for cell in line] for line in found]


def test_by_facility_and_spread(told: Told) -> None:
    """170 over 160 kg: 1.0625. Around it (100 * 0.5625^2 + 60 * 0.9375^2) / 160 = 0.527344 = 0.726184^2."""
    done = told.ask().succeeded()
    assert done.out.startswith(f"incomplete footprint of {told.shop.name('part')}\n")
    assert f"160 KGM: 2 lots of 2 records, as of {told.size + 1} entries" in done.out
    assert "1.0625 kg CO2e per kilogram (KGM), weighted by production; 170.000 kg CO2e in total" in done.out
    site, site2 = told.shop.name("site"), told.shop.name("site2")
    assert rows(done.out, "facility") == [
        [site, "62.5 %", "100 KGM", "0.5", "1", "100.0 %", "100.0 %"],
        [site2, "37.5 %", "60 KGM", "2", "1", "80.0 %", "100.0 %"],
        ["all", "100.0 %", "160 KGM", "1.0625", "2", "85.0 %", "100.0 %"],
    ]
    assert rows(done.out, "spread") == [
        [site, *["0.5"] * 8, "0"], [site2, *["2"] * 8, "0"],
        ["all", "0.5", "0.5", "0.5", "0.5", "2", "2", "2", "1.0625", "0.726184"],
    ]
    assert "technology 1.00, time 1.00, geography 1.00" in done.out
    assert told.shop.name("a") in done.out
    assert "more: --limit" not in done.out


def test_a_period_and_a_limit(told: Told) -> None:
    january = told.ask("--from", "2025-01-01", "--to", "2025-02-01")
    assert "100 KGM after 2025-01-01T00:00:00Z until 2025-02-01T00:00:00Z: 1 lots of 1 records" in january.out
    assert rows(january.out, "facility")[-1][3] == "0.5"
    assert rows(told.ask("--from", "2025-01-02T00:00:01Z").out, "facility")[-1][3] == "2"
    cut = told.ask("--limit", "1")
    assert told.shop.name("b") not in cut.out.replace(told.shop.name("b") + " ", "")
    assert "… and 1 more: --limit or a shorter period" in cut.out
    assert rows(told.ask("--at", told.size).out, "facility")[-1][3] == "0.5"


def test_for_programs(told: Told) -> None:
    """The answer is that of the server, which gives it again for its tree."""
    done = told.ask("--to", "2025-02-01", "--json").succeeded()
    answer = json.loads(done.out)
    assert (answer["footprintPerUnit"], answer["unit"], answer["to"]) == (0.5, "KGM", "2025-02-01T00:00:00Z")
    assert "from" not in answer
    assert [one["lot"] for one in answer["lots"]] == [told.shop.name("a")]
    response = httpx.get(f"{told.server.url}/v1/footprint/product", params={
        "product": told.shop.name("part"), "to": "2025-02-01", "at": answer["at"]}, timeout=60)
    assert response.status_code == 200, response.text
    assert (response.json(), msgspec.json.decode(done.out, type=ProductAnswer).footprint) == (answer, 50.0)


@pytest.mark.parametrize(("arguments", "told_why"), [
    (["--from", "2025-02-30"], "from: '2025-02-30' is not a valid day"),
    (["--from", "2025-02-01", "--to", "2025-01-01"], "a period ends after it starts"),
    (["--from", "2026-01-01"], "its production ended from 2025-01-02T00:00:00Z to 2025-02-02T00:00:00Z"),
    (["--at", "100000"], "a tree size from 1 to"),
])
def test_what_the_server_refuses(told: Told, arguments: list[str], told_why: str) -> None:
    done = told.ask(*arguments)
    assert (done.code, done.out) == (1, "")
    assert told_why in done.err
    problem = json.loads(told.ask(*arguments, "--json").err)
    assert problem["code"] in {"instant", "period", "no-production", "tree-size"}
    assert problem["field"] in {"from", "to", "product", "at"}


def test_an_unknown_product(told: Told) -> None:
    done = told.run("footprint", "--product", "urn:example:nobody:part")
    assert (done.code, done.out) == (1, "")
    assert "product 'urn:example:nobody:part' is not on the ledger" in done.err


@pytest.mark.parametrize(("arguments", "why"), [
    ([], "give either LOT or --product"),
    (["urn:example:lot", "--product", "urn:example:part"], "give either LOT or --product"),
    (["urn:example:lot", "--from", "2025-01-01"], "--from, --to, --limit and --csv need --product or --received-from"),
    (["urn:example:lot", "--to", "2025-01-01"], "--from, --to, --limit and --csv need --product or --received-from"),
    (["urn:example:lot", "--limit", "0"], "--from, --to, --limit and --csv need --product or --received-from"),
    (["--product", "urn:example:part", "--limit", "1001"], "--limit"),
])
def test_wrong_usage(arguments: list[str], why: str) -> None:
    done = run("footprint", *arguments)
    assert (done.code, done.out) == (2, "")
    assert why in done.err
