"""The time of a 404 does not tell a hidden name from one that is not on the ledger.

For every query that takes a name, as nobody, as a member and as whoever was granted other things of the owner: of a
hundred pairs of medians, each over a hundred answers about a hidden and a hundred about an unknown name, in turns, the
answer about the hidden name is the later one in sixty at most, and in forty at least. Chance alone exceeds this in one
of thirty series, so a series that exceeds it is made again.
"""

import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import pytest
from msgspec.structs import replace
from support.enumerated import Names, Question, operations
from support.oauth import bearer, by_key, token_of
from support.revising import digest_of
from support.server import Server, prepared_home
from support.workshop import END, Workshop, kilograms

from ledger.core.record.kinds import Addition, Grant, GrantScope, Pool, Transformation
from ledger.core.record.values import Flow

pytestmark = pytest.mark.faults_long

INPUTS: Final = 999
TRIALS: Final = 100
ANSWERS: Final = 100
MOST: Final = 60
CALLERS: Final = ("nobody", "member", "grantee")
CONNECTIONS: Final = 2
"""Of each caller. They share the queries."""
WITHOUT: Final = {
    **dict.fromkeys(("/01/{key}", "/8003/{key}", "/8004/{key}"), "as /v1/passport"),
    **dict.fromkeys(("/log/accesses/{day}", "/log/tile/{path}", "/metrics", "/v1/audit/balances", "/v1/audit/entries",
                     "/v1/schema/{name}", "/v1/sectors/{sector}/indicators"), "name no thing of anybody")}
_NOT_FOUND: Final = 404


class Place(NamedTuple):
    server: Server
    shops: dict[str, Workshop]
    hidden: Names
    unknown: Names


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as server:
        mill, member, grantee = shops = [Workshop(name) for name in ("mill", *CALLERS[1:])]
        server.post([shop.enrolment(server) for shop in shops])
        server.post([posted for shop in shops for posted in shop.opening()])
        parts = {f"x{number}": "1" for number in range(INPUTS)}
        made = mill.make({"made": "100"}, parts)[1]
        assert isinstance(made, Transformation)
        made = replace(made, outputs=[replace(made.outputs[0], item=mill.name("no-1"))])
        pool = Pool(issuer=mill.id, nonce=mill.nonce(), id=mill.name("heap"), facility=mill.name("site"),
                    product=mill.name("part"))
        added = Addition(issuer=mill.id, nonce=mill.nonce(), pool=pool.id, time=END, inputs=[
            Flow(lot=mill.name("other"), quantity=kilograms("5"))])
        server.post([mill.mine("other", "10"), mill.make(parts, ore=str(INPUTS)),
                     *[mill.signed(one) for one in (made, pool, added)]])
        server.post([mill.signed(Grant(
            issuer=mill.id, nonce=mill.nonce(), grantee=grantee.id, depth="full", until="2034-12-31T00:00:00Z",
            purpose="a test", scope=GrantScope(lot=mill.name("other"))))])
        digest = digest_of(mill.signed(made))
        yield Place(server, {"member": member, "grantee": grantee},
                    _names(mill.id, ("made", "no-1", "heap"), digest, "site", "part"),
                    _names(mill.id, ("mabe", "no-2", "heat"), digest[::-1], "side", "pard"))


def _names(owner: str, lots: Sequence[str], digest: str, facility: str, product: str) -> Names:
    """Of a lot, an item, a pool and other things. The owner itself is on the ledger, so it has an unknown name too."""
    return Names(
        lots=[f"{owner}:{lot}" for lot in lots], digests=[digest],
        organizations=[owner if facility == "site" else f"{owner}s"], facilities=[f"{owner}:{facility}"],
        products=[f"{owner}:{product}"], sectors=["works"], sizes=[5], telling=[5], revising=[], entries=(0, 1),
        windows=[("2025-01-01", "2026-01-01")])


def questions(names: Names) -> Iterator[Question]:
    """Each query by each parameter that takes a name; a page of a thing about a lot, an item, a pool and a record."""
    lot, item, pool = names.lots
    others = {"lot": {item, pool}, "item": {lot, pool}}
    for operation in operations(names, WITHOUT):
        asked = dict[tuple[str, ...], dict[str, str]]()
        for subject in operation.about():
            if subject and not any(subject.get(name) in found for name, found in others.items()):
                asked.setdefault(tuple(subject), subject)
        yield from [operation.ask(subject) for subject in asked.values()]
        if operation.path == "/v1/chain":
            yield operation.ask({"lot": pool})
        if operation.path == "/v1/show":
            yield from [operation.ask({"name": name}) for name in (item, pool, *names.digests)]


class Caller:
    """One connection of a caller."""

    def __init__(self, place: Place, name: str) -> None:
        self._place, self._name = place, name
        self._connection = http.client.HTTPConnection(urlsplit(place.server.url).netloc)
        self._headers: dict[str, str] = {}

    def sign_in(self) -> None:
        """A token is good for ten minutes."""
        shop = self._place.shops.get(self._name)
        self._headers = {} if shop is None else bearer(token_of(
            by_key(self._place.server.url, shop.party.key, shop.id)))

    def ask(self, question: Question) -> tuple[int, float]:
        """Status and seconds."""
        path = f"{quote(question.path)}?{urlencode(question.given)}"
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - began

    def later(self, hidden: Question, unknown: Question) -> int:
        """In how many trials the answer about the hidden name was the later one."""
        count = 0
        for _ in range(TRIALS):
            times: tuple[list[float], list[float]] = ([], [])
            for turn in range(2 * ANSWERS):
                # Whichever name is asked for first is asked for second next time.
                which = (turn + turn // 2) % 2
                times[which].append(self.ask((hidden, unknown)[which])[1])
            count += median(times[0]) > median(times[1])
        return count

    def series(self, hidden: Question, unknown: Question) -> list[int]:
        """The count of one series, and of another if the first one tells the hidden name; empty where the answer is no
        404."""
        self.sign_in()
        if {self.ask(hidden)[0], self.ask(unknown)[0]} != {_NOT_FOUND}:
            return []
        counts = [self.later(hidden, unknown)]
        return counts if even(counts[0]) else [*counts, self.later(hidden, unknown)]


def even(count: int) -> bool:
    return TRIALS - MOST <= count <= MOST


def test_no_time_tells_a_hidden_name(place: Place) -> None:
    pairs = list(zip(questions(place.hidden), questions(place.unknown), strict=True))
    found: dict[str, list[int]] = {}

    def ask(name: str, turn: int) -> None:
        caller = Caller(place, name)
        for hidden, unknown in pairs[turn::CONNECTIONS]:
            found[f"{name} {hidden.path} {hidden.given}"] = caller.series(hidden, unknown)

    threads = [threading.Thread(target=ask, args=(name, turn)) for name in CALLERS for turn in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(pairs) * len(CALLERS)
    measured = {question: counts for question, counts in found.items() if counts}
    assert len(measured) > 100
    assert {question: counts for question, counts in measured.items() if not even(counts[-1])} == {}
