"""What a log makes of each answer of a witness."""

import asyncio
from contextvars import copy_context
from pathlib import Path

import pytest
from support.floods import flooding
from support.liars import LIES, MUCH_LARGER, lying
from support.witnesses import MemoryLog, WitnessProcess

from ledger.client.login import KeyLogin, Session, find_sessions_by
from ledger.core.log.add_checkpoint import AddCheckpoint
from ledger.core.log.cosignature import cosigned_at, parse_cosigner_vkey
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.policy import Witness
from ledger.host.files.key_files import new_key
from ledger.service.witnesses.witness_client import Answer, Conflict, Differs, Failed, WitnessClient, WitnessCosignature

LOG = MemoryLog("log.example/one", 40)

FAILURES = {
    "silent": "did not complete its answer", "forged": "invalid signature", "other-root": "invalid signature",
    "other-time": "from ours", "future": "from ours", "other-name": "no signature by the witness's key",
    "endless": "more than", "garbage": "not made of signature lines", "empty": "not made of signature lines",
    "bad-request": "answers 400", "forbidden": "answers 403", "unknown": "answers 404", "broken": "answers 500",
    "busy": "answers 503", "redirect": "answers 302",
}


def asked(vkey: str, url: str, request: AddCheckpoint, timeout: float = 0.5) -> Answer:
    async def ask() -> Answer:
        client = WitnessClient(Witness("w", parse_cosigner_vkey(vkey), url), timeout)
        try:
            return await client.add_checkpoint(request)
        finally:
            await client.close()

    return asyncio.run(ask())


def request(old: int = 0, size: int = 9) -> AddCheckpoint:
    return AddCheckpoint(old, LOG.proof(old, size), LOG.note(size))


@pytest.mark.parametrize("name", LIES)
def test_no_lie_counts_as_a_cosignature(name: str) -> None:
    with lying(name) as (liar,):
        answer = asked(liar.vkey, liar.url, request())
    match name:
        case "ahead":
            assert answer == Conflict(MUCH_LARGER)
        case "behind":
            assert isinstance(answer, Conflict)
            assert answer.size < 2
        case "conflict" | "unprocessable":
            assert isinstance(answer, Differs)
        case _:
            assert isinstance(answer, Failed)
            assert FAILURES[name] in answer.why


def test_a_witness_is_asked_without_a_session_of_the_user() -> None:
    """Who runs the server may have logged in at this address when another program listened there."""
    sought: list[str] = []

    def find(url: str) -> Session | None:
        sought.append(url)
        return Session(KeyLogin(new_key()))

    own = copy_context()
    own.run(find_sessions_by, find)
    with lying("honest") as (honest,):
        answer = own.run(asked, honest.vkey, honest.url, request())
        assert isinstance(answer, WitnessCosignature), answer
        assert honest.asked == 1
    assert sought == []


@pytest.mark.parametrize("lie", ["gzip of zeros", "gzip of an error", "endless", "drip", "headers"])
def test_an_answer_that_costs_much_is_cut_off(lie: str) -> None:
    with lying("honest") as (liar,), flooding(lie) as url:
        answer = asked(liar.vkey, url, request(), 0.5 if lie == "drip" else 60)
    assert isinstance(answer, Failed)
    assert len(answer.why) < 400


def test_an_honest_answer_counts() -> None:
    with lying("honest") as (one,):
        answer = asked(one.vkey, one.url, request())
    assert isinstance(answer, WitnessCosignature)
    assert cosigned_at(LOG.note(9) + answer.line, [parse_cosigner_vkey(one.vkey)])


def test_nobody_at_the_address() -> None:
    with lying("honest") as (one,):
        pass
    answer = asked(one.vkey, one.url, request())
    assert isinstance(answer, Failed)
    assert "does not answer" in answer.why


def test_a_real_witness(tmp_path: Path) -> None:
    with WitnessProcess(tmp_path / "w", [LOG.vkey]) as witness:

        async def talk() -> None:
            client = WitnessClient(Witness("w", witness.verifier, witness.url + "/"))
            assert await client.shown(LogKeys(LOG.vkey)) is None
            assert isinstance(await client.add_checkpoint(request(0, 9)), WitnessCosignature)
            assert await client.add_checkpoint(request(0, 12)) == Conflict(9)
            assert isinstance(await client.add_checkpoint(request(9, 12)), WitnessCosignature)
            fork = LOG.fork(3)
            assert isinstance(await client.add_checkpoint(AddCheckpoint(12, (), fork.note(12))), Differs)
            forked = AddCheckpoint(12, fork.proof(12, 20), fork.note(20))
            assert isinstance(await client.add_checkpoint(forked), Differs)
            assert await client.shown(LogKeys(LOG.vkey)) == LOG.checkpoint(12)
            for other in (MemoryLog(LOG.signer.name, 1, seed=9), MemoryLog("another.example/log", 1)):
                assert await client.shown(LogKeys(other.vkey)) is None
            await client.close()

        asyncio.run(talk())

