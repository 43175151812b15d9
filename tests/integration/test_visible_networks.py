"""Chain answers about random networks, to every organisation: sums hold, and nothing hidden is in the bytes.

The visible part is found anew, from the records alone: an organisation sees the records that it issued, as far as they
lie next to each other upstream of the lot.
"""

import math
import random
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import httpx
import msgspec
import pytest
from support.callers import Callers
from support.generator import generate, parties
from support.inside import Inside, inside
from support.parties import enrolment, nonces
from support.server import Posted, prepared_home

from ledger.app import create_app
from ledger.core.record import canonical
from ledger.core.record.kinds import AppointedReader, Consumption, Declaration, Transfer, Transformation

_SEEDS: Final = (3, 11)
_SIZE: Final = 220
_LOTS: Final = 6


class Made(NamedTuple):
    """The record that made a lot, the lots that it took, and who held the lot first."""

    digest: str
    issuer: str
    taken: tuple[str, ...]
    holder: str


class RandomNetwork(NamedTuple):
    callers: Callers
    opened: Inside
    everybody: Any
    lots: Mapping[str, Made]
    organizations: list[str]
    reader: str

    def get(self, caller: str | None, path: str, **parameters: str) -> httpx.Response:
        """The answer to a caller; to everybody, on an open ledger, without one."""
        if caller is not None:
            return self.callers.get(caller, path, parameters)

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.everybody)
            async with httpx.AsyncClient(transport=transport, base_url="http://ledger") as client:
                return await client.get(path, params=parameters)

        return self.opened.run(ask())

    def visible(self, caller: str, lot: str) -> tuple[set[str], set[str]]:
        """The lots of visible records upstream, and the boundary lots."""
        seen, boundary, waiting = set[str](), set[str](), [lot]
        while waiting:
            name = waiting.pop()
            if self.lots[name].issuer != caller:
                boundary.add(name)
            elif name not in seen:
                seen.add(name)
                waiting += self.lots[name].taken
        return seen, boundary


def _made(posted: list[Posted]) -> dict[str, Made]:
    lots: dict[str, Made] = {}
    for _, record in posted:
        digest = canonical.digest(canonical.encode(record)).hex()
        match record:
            case Transformation() | Consumption():
                taken, made = [flow.lot for flow in record.inputs], [output.lot for output in record.outputs]
            case Transfer():
                taken, made = [record.lot], [record.new_lot]
            case Declaration(lot=lot) if lot is not None:
                taken, made = [], [lot.lot]
            case _:
                continue
        holder = record.to if isinstance(record, Transfer) else record.issuer
        lots.update({name: Made(digest, record.issuer, tuple(taken), holder) for name in made})
    return lots


@pytest.fixture(scope="module", params=_SEEDS)
def network(request: pytest.FixtureRequest) -> Iterator[RandomNetwork]:
    seed = request.param
    with prepared_home() as home, inside(home, access="parties") as ledger, inside(home, access="open") as opened:
        new, enrolled = nonces(seed, "enrolments"), parties(seed, _SIZE)
        ledger.post([(ledger.registrar, enrolment(one, ledger.registrar, ledger.origin, next(new)))
                     for one in enrolled])
        posted = list(generate(seed, _SIZE))
        for start in range(0, len(posted), 150):
            ledger.post(posted[start : start + 150])
        reader = enrolled[0].id
        yield RandomNetwork(
            Callers(ledger), opened, create_app(opened.ledger), _made(posted), [one.id for one in enrolled], reader)


def _some(network: RandomNetwork, caller: str) -> list[str]:
    known = [name for name, made in network.lots.items() if caller in (made.issuer, made.holder)]
    return random.Random(caller).sample(known, min(_LOTS, len(known)))


def test_rows_add_up_to_the_stored_figure_for_every_caller(network: RandomNetwork) -> None:
    partly = 0
    for caller in network.organizations:
        for lot in _some(network, caller):
            stored = msgspec.json.decode(network.get(None, "/v1/contributions", lot=lot).content)
            for by in ("stage", "record", "organization"):
                response = network.get(caller, "/v1/contributions", lot=lot, by=by)
                assert response.status_code == 200, response.text
                answer = response.json()
                assert answer["figure"] == stored["figure"]
                rows = {(row["part"], row["key"]): row["amount"] for row in answer.get("rows", [])}
                assert abs(math.fsum(rows.values()) - stored["figure"]) <= 1e-9 * max(1.0, abs(stored["figure"]))
                scale = math.fsum(abs(amount) for amount in rows.values())
                assert abs(rows.get(("rest", "rest"), 0.0)) <= 1e-9 * max(1.0, scale)
                partly += "hidden" in answer
            gaps = network.get(caller, "/v1/gaps", lot=lot).json()
            assert gaps["explained"] == pytest.approx(gaps["absolute"], rel=1e-9, abs=1e-9)
    assert partly


def test_answers_hold_no_lot_record_or_organisation_behind_the_boundary(network: RandomNetwork) -> None:
    for caller in network.organizations:
        for lot in _some(network, caller):
            seen, boundary = network.visible(caller, lot)
            names = {network.lots[name].issuer for name in seen | boundary} | {caller}
            records = {network.lots[name].digest for name in seen}
            forbidden = {
                *(set(network.lots) - seen - boundary), *(set(network.organizations) - names - _holders(network, seen)),
                *({made.digest for made in network.lots.values()} - records)}
            for path, more in (("/v1/contributions", {"by": "record"}), ("/v1/contributions", {"by": "organization"}),
                               ("/v1/gaps", {}), ("/v1/chain", {})):
                text = network.get(caller, path, lot=lot, **more).text
                found = [name for name in forbidden if f'"{name}"' in text]
                assert not found, (caller, lot, path, found)


def _holders(network: RandomNetwork, lots: set[str]) -> set[str]:
    """Receivers of the caller's own transfers."""
    return {network.lots[name].holder for name in lots}


def test_nothing_changes_for_callers_who_see_everything(network: RandomNetwork) -> None:
    registrar, reader = network.callers.ledger.registrar, network.reader
    network.callers.ledger.post([(registrar, AppointedReader(
        issuer=registrar.id, nonce="A" * 22, organization=reader, purpose="audit"))])
    equal = 0
    for name, made in list(network.lots.items())[-40:]:
        seen, boundary = network.visible(made.issuer, name)
        for path in ("/v1/contributions", "/v1/gaps", "/v1/chain"):
            open_answer = network.get(None, path, lot=name).content
            assert network.get(reader, path, lot=name).content == open_answer
            if not boundary and path != "/v1/chain":
                equal += 1
                assert network.get(made.issuer, path, lot=name).content == open_answer
        assert seen or boundary
    assert equal
