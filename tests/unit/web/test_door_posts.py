"""The queue of posted records: so many run, so many wait, further ones are refused; small and large ones apart."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from ledger.errors import Overloaded
from ledger.web.door.answers import Headers
from ledger.web.door.posts import LARGE, LARGE_PLACES, ROOM_FOR_LARGE, ROOM_FOR_SMALL, SMALL_PLACES, PostQueue
from ledger.web.problems import error_response


def sized(size: int) -> Headers:
    return [(b"content-length", b"%d" % size)]


SMALL, BIG, UNKNOWN = sized(LARGE), sized(LARGE + 1), [(b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize(("headers", "places", "room", "others"), [
    (SMALL, SMALL_PLACES, ROOM_FOR_SMALL, BIG), (BIG, LARGE_PLACES, ROOM_FOR_LARGE, SMALL),
    (UNKNOWN, LARGE_PLACES, ROOM_FOR_LARGE, SMALL),
])
def test_what_does_not_fit_is_refused(headers: Headers, places: int, room: int, others: Headers) -> None:
    async def fill() -> None:
        queue = PostQueue()

        async def wait() -> None:
            async with queue.taken("a client", headers):
                pass

        async with AsyncExitStack() as stack:
            for _ in range(places):
                await stack.enter_async_context(queue.taken("a client", headers))
            waiting = [asyncio.create_task(wait()) for _ in range(room)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded, match=f"{places} requests with records run and {room} wait") as caught:
                await stack.enter_async_context(queue.taken("a client", headers))
            answer = error_response(caught.value)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
            await stack.enter_async_context(queue.taken("a client", others))
        await asyncio.gather(*waiting)
        async with queue.taken("a client", headers):
            pass

    asyncio.run(fill())


def test_a_client_that_fills_the_queue_makes_room_for_others() -> None:
    async def fill() -> None:
        queue = PostQueue()

        async def wait(client: str) -> None:
            async with queue.taken(client, BIG):
                pass

        async with AsyncExitStack() as stack:
            for _ in range(LARGE_PLACES):
                await stack.enter_async_context(queue.taken("greedy", BIG))
            greedy = [asyncio.create_task(wait("greedy")) for _ in range(ROOM_FOR_LARGE)]
            await asyncio.sleep(0)
            modest = asyncio.create_task(wait("modest"))
            await asyncio.sleep(0)
        await modest
        results = await asyncio.gather(*greedy, return_exceptions=True)
        assert [isinstance(result, Overloaded) for result in results].count(True) == 1

    asyncio.run(fill())
