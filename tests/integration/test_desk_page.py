"""The page of an organisation's work: what waits, who reads, with the commands that act on it; for its own alone."""

import html
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import httpx
import pytest
from httpx import QueryParams
from support.oauth import bearer, by_key, token_of
from support.revising import amend, change
from support.sectors import Make
from support.server import Server, prepared_home
from support.workshop import EARLIER, Workshop

from ledger.core.record.kinds import Grant

_SHELL: Final = "urn:example:odd'$(id)"
_UNTIL: Final = "2034-12-31T00:00:00Z"


class Work(NamedTuple):
    server: Server
    of: dict[str, Workshop]

    def open(self, whose: str, reader: str | None, language: str = "en") -> httpx.Response:
        shop = None if reader is None else self.of[reader]
        headers = {} if shop is None else bearer(token_of(by_key(self.server.url, shop.party.key, shop.id)))
        query = QueryParams({"id": self.of[whose].id})
        return httpx.get(f"{self.server.url}/{language}/desk?{query}", headers=headers)

    def text(self, whose: str) -> str:
        page = self.open(whose, whose)
        assert page.status_code == 200
        return html.unescape(page.text)


@pytest.fixture(scope="module")
def work() -> Iterator[Work]:
    """A mill that waits for nothing but a correction, a shop with everything, a reader of the shop."""
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as server:
        of = {name: Workshop(name) for name in ("mill", "shop", "auditor", "idle")}
        server.post([one.enrolment(server) for one in of.values()])
        server.post([posted for one in of.values() for posted in one.opening()])
        mill, shop = of["mill"], of["shop"]
        steel = mill.mine("steel", "1000", co2="1800", **EARLIER)
        server.post([steel, shop.mine("pot", "100", **EARLIER)])
        server.post([mill.send("steel", "600", shop, "sold")])
        server.post([shop.make({"part": "10"}, {"pot": "10"}, basis="provisional")])
        server.post([shop.signed(Grant(
            issuer=shop.id, nonce=shop.nonce(), grantee=of["auditor"].id, depth="full", until=_UNTIL,
            purpose="audit"))])
        server.post([amend(mill, change(steel, activity=Make(co2="2000")))])
        yield Work(server, of)


def test_a_shop_sees_what_waits(work: Work) -> None:
    text = work.text("shop")
    assert "<data value=\"2\">2</data> things wait." in text
    assert f"/en/lot?{QueryParams({'lot': work.of['mill'].name('sold')})}" in text
    assert "carbon-ledger template acceptance --issuer urn:example:shop --output acceptance.json" in text
    assert "carbon-ledger template closing --issuer urn:example:shop --output closing.json" in text
    assert "No finding is open." in text


def test_the_numbers_are_those_of_the_api(work: Work) -> None:
    shop = work.of["shop"]
    headers = bearer(token_of(by_key(work.server.url, shop.party.key, shop.id)))
    shown = {float(value) for value in re.findall(r'<data value="([^"]+)">', work.text("shop"))}
    lots = httpx.get(f"{work.server.url}/v1/lot-list", params={"holder": shop.id, "stock": "true"}, headers=headers)
    transfers = httpx.get(f"{work.server.url}/v1/received", params={"organization": shop.id}, headers=headers)
    changes = httpx.get(f"{work.server.url}/v1/changes", params={"holder": shop.id}, headers=headers)
    assert {lot["footprintPerUnit"] for lot in lots.json()["lots"]} <= shown
    assert {one["footprintPerUnit"] for one in transfers.json()["transfers"] if one["state"] == "open"} <= shown
    assert changes.json()["changes"]
    assert {one[name] for one in changes.json()["changes"] for name in ("footprintBefore", "footprint", "difference")
            } <= shown


def test_a_grant_has_the_command_that_ends_it(work: Work) -> None:
    text = work.text("shop")
    assert re.search(r"carbon-ledger revoke [0-9a-f]{64} --issuer urn:example:shop --key KEY.pem", text)
    assert "auditor: everything behind it" not in text
    assert "shop: everything behind it" in work.text("auditor")


def test_who_read_is_shown_to_the_owner(work: Work) -> None:
    assert "Nobody else has read its data." in work.text("idle")
    assert work.open("shop", "auditor").status_code == 200
    assert "by a grant" in work.text("shop")


def test_nothing_waits(work: Work) -> None:
    text = work.text("idle")
    assert "Nothing waits." in text
    assert "No finding, delivery or month is open." in text
    assert "待处理" in work.open("idle", "idle", "zh").text


def test_the_work_of_others_is_hidden_as_unknown(work: Work) -> None:
    hidden = [work.open("shop", reader) for reader in (None, "mill")]
    work.of["nobody"] = Workshop("nobody")
    unknown = work.open("nobody", "mill")
    assert [page.status_code for page in (*hidden, unknown)] == [404] * 3
    assert _without(hidden[1], "shop") == _without(unknown, "nobody")


def _without(page: httpx.Response, name: str) -> str:
    return re.sub(f"example(:|%3A){name}", "", page.text)


def test_a_command_is_safe_to_paste(work: Work) -> None:
    """An id is a URI, which may hold what a shell acts on."""
    shop = Workshop("odd")
    shop.party = shop.party._replace(id=_SHELL)
    work.server.post([shop.enrolment(work.server)])
    work.of["odd"] = shop
    assert """--organization 'urn:example:odd'"'"'$(id)'""" in work.text("odd")
