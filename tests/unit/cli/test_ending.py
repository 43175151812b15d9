"""SIGTERM ends a command between two steps of its event loop."""

import asyncio
import signal

import pytest

from ledger.cli.ending import ending_at_sigterm


async def _work(done: list[str]) -> None:
    try:
        signal.raise_signal(signal.SIGTERM)
        done.append("the step")
        await asyncio.get_running_loop().create_future()
    finally:
        await asyncio.to_thread(done.append, "the end")


def test_in_an_event_loop_the_step_and_the_clean_up_complete() -> None:
    done: list[str] = []
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as caught, ending_at_sigterm():
        asyncio.run(_work(done))
    assert caught.value.code == 128 + signal.SIGTERM
    assert done == ["the step", "the end"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_without_an_event_loop_the_command_ends_at_once() -> None:
    with pytest.raises(SystemExit) as caught, ending_at_sigterm():
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 128 + signal.SIGTERM
