"""Small requests that come at the same time are read for together: nobody gets another's answer, or another's error."""

import asyncio
from collections.abc import Sequence

import httpx
from msgspec.structs import replace
from support.server import Server
from support.workshop import Workshop

from ledger.core.receipts.receipt import read_receipt, verify_receipt
from ledger.core.record import canonical

_ROUNDS = 3
_AT_ONCE = 40


async def post_all(url: str, envelopes: Sequence[bytes]) -> list[httpx.Response]:
    """Each in a request of its own, all at once."""
    limits = httpx.Limits(max_connections=_AT_ONCE)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        return list(await asyncio.gather(*[
            client.post(f"{url}/v1/records", content=one, headers={"Content-Type": "application/json"})
            for one in envelopes
        ]))


def test_each_gets_its_own_answer(server: Server, shop: Workshop) -> None:
    """Among them a name that cannot be, a lot that is not there, and a signature that is another's."""
    for turn in range(_ROUNDS):
        sound = [shop.make({f"lot-{turn}-{i}": "1"}, {"pot": "1"}) for i in range(_AT_ONCE)]
        party, record = shop.use({"pot": "1"})
        (flow,) = record.inputs
        poisoned = (party, replace(record, inputs=[replace(flow, lot=f"{flow.lot}\0")]))
        unknown = shop.use({f"nothing-{turn}": "1"})
        stranger = (Workshop(f"stranger-{turn}").party, shop.use({"pot": "1"})[1])
        posted = [*sound[:20], poisoned, unknown, stranger, *sound[20:]]
        answers = asyncio.run(post_all(server.url, server.envelopes(posted)))
        told = [answer.status_code for answer in answers]
        assert told == [201] * 20 + [400, 422, 422] + [201] * 20, [answer.text for answer in answers[20:23]]
        assert [answers[20 + i].json()["code"] for i in range(3)] == ["invalid-field", "unknown-lot", "unknown-key"]
        for (_, record), answer in zip(sound, [*answers[:20], *answers[23:]], strict=True):
            receipt = read_receipt(answer.content)
            assert receipt.digest == canonical.digest(canonical.encode(record)).hex()
            assert verify_receipt(receipt, server.vkey).lots[0].lot == record.outputs[0].lot


def test_a_request_that_goes_away_takes_no_other_with_it(server: Server, shop: Workshop) -> None:
    """Clients give up while their names are read; those of others are read all the same."""
    for turn in range(_ROUNDS):
        envelopes = server.envelopes([shop.make({f"gone-{turn}-{i}": "1"}, {"pot": "1"}) for i in range(_AT_ONCE)])
        answers = asyncio.run(_half_given_up(server.url, envelopes))
        assert [answer.status_code for answer in answers] == [201] * (_AT_ONCE // 2)
        assert all(answer.status_code in (200, 201) for answer in asyncio.run(post_all(server.url, envelopes)))


async def _half_given_up(url: str, envelopes: Sequence[bytes]) -> list[httpx.Response]:
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=_AT_ONCE)) as client:
        tasks = [
            asyncio.create_task(
                client.post(f"{url}/v1/records", content=one, headers={"Content-Type": "application/json"})
            ) for one in envelopes
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=0.001)
        for task in tasks[::2]:
            task.cancel()
        return list(await asyncio.gather(*tasks[1::2]))
