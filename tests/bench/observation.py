"""The cost of the metrics of posts: processor time of the instruments of a chunk, of a batch and of a request.

    python tests/bench/observation.py

It calls what the pipeline calls, as often as the pipeline calls it: the stopwatch at each step, the recorder at the
end. An A/B measurement of whole servers cannot resolve so little.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ledger.service.observation.recorder import Recorder
from ledger.service.observation.steps import Lap, Step, Stopwatch
from ledger.web.observation.requests import HttpCounts, Observed, Routed

ROUNDS: Final = 20_000
RECORDS: Final = 1_000
OF_CHUNK: Final = (Step.DECODE, Step.READ, Step.VERIFY, Step.QUOTA, Step.DRAFT, Step.ASSESS, Step.COMPLETE, Step.ANSWER)
OF_BATCH: Final = (Step.CHECK, Step.LOCK, Step.LOAD, Step.SEQUENCE, Step.WRITE, Step.COMMIT, Step.SIGN)


def chunk(recorder: Recorder, answers: list[object]) -> None:
    watch = Stopwatch()
    for step in OF_CHUNK:
        watch.lap(step)
    recorder.timed(watch.laps)
    recorder.answered(len(answers), 0, [str(one) for one in (*answers, *answers) if isinstance(one, Exception)])


def batch(recorder: Recorder) -> None:
    watch = Stopwatch()
    for step in OF_BATCH:
        watch.lap(step)
    recorder.batches.add(RECORDS)
    recorder.timed(watch.laps)
    recorder.timed([Lap(Step.WAIT, watch.start, watch.start)])


def microseconds(function: Callable[[], object]) -> float:
    """The best of five, for each call."""
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(ROUNDS):
            function()
        best = min(best, time.process_time() - started)
    return best / ROUNDS * 1e6


async def requests(layers: int) -> float:
    """Microseconds of a request through an application that does nothing, with or without the layers."""
    async def nothing(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def send(_: Any) -> None:
        """Takes the answer."""

    app: Any = Observed(Routed(nothing), HttpCounts()) if layers else nothing
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(ROUNDS):
            await app({"type": "http", "method": "POST", "path": "/", "headers": [], "client": None}, None, send)
        best = min(best, time.process_time() - started)
    return best / ROUNDS * 1e6


def main() -> None:
    recorder, many, one = Recorder(), [object()] * RECORDS, [object()]
    costs = {
        f"chunk of {RECORDS} records": microseconds(lambda: chunk(recorder, many)),
        "chunk of one record": microseconds(lambda: chunk(recorder, one)),
        "batch": microseconds(lambda: batch(recorder)),
        "request": asyncio.run(requests(1)) - asyncio.run(requests(0)),
    }
    for name, cost in costs.items():
        print(f"{name:24} {cost:8.1f} us")


if __name__ == "__main__":
    main()
