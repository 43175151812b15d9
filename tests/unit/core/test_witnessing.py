import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised
from support.witnesses import MemoryLog

from ledger.core.log.add_checkpoint import (
    MAX_PROOF,
    AddCheckpoint,
    Declined,
    encode_request,
    judge,
    parse_request,
    parse_size,
    stated,
)
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.log.note import NoteSigner, sign_note
from ledger.errors import InvalidNote

LOG = MemoryLog("log.example/one", 70)
OTHER = MemoryLog("log.example/one", 70, seed=2)
LOGS = {"log.example/one": [LOG.signer.verifier]}
PUBLISHED = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""  # noqa: E501 - https://c2sp.org/tlog-witness, example request body


def judged(text: str, latest: Checkpoint | None = None) -> Checkpoint | Declined:
    request = parse_request(text.encode())
    return judge(request, stated(request.note), LOGS, latest)


def status(text: str, latest: Checkpoint | None = None) -> int:
    found = judged(text, latest)
    return found.status if isinstance(found, Declined) else 200


def test_the_published_request_reads_and_writes_back() -> None:
    request = parse_request(PUBLISHED.encode())
    assert (request.old, len(request.proof)) == (20852014, 4)
    assert (stated(request.note)[:2], encode_request(request)) == (("example.com/behind-the-sofa", 20852163), PUBLISHED)


def test_every_step_of_a_log_is_cosigned() -> None:
    for old in range(71):
        latest = LOG.checkpoint(old) if old else None
        for size in range(old, 71):
            assert judged(LOG.request(old, size), latest) == LOG.checkpoint(size)


@pytest.mark.parametrize("leaf", [0, 1, 31, 32, 63])
def test_no_step_of_a_fork_is_cosigned(leaf: int) -> None:
    fork = LOG.fork(leaf)
    for size in range(max(1, leaf + 1), 71):
        assert status(fork.request(64, size), LOG.checkpoint(64)) == (400 if size < 64 else 422)


def test_an_unknown_origin_is_404_whatever_else_is_wrong() -> None:
    assert status(MemoryLog("log.example/two", 9, seed=9).request(5, 9)) == 404


def test_a_signature_of_no_trusted_key_is_403() -> None:
    assert status(OTHER.request(0, 9)) == 403
    note = LOG.note(9).replace(LOG.note(9).split()[-1], OTHER.note(9).split()[-1])
    assert status(encode_request(AddCheckpoint(0, (), note))) == 403


def test_a_trusted_key_whose_signature_fails_is_403_beside_one_that_holds() -> None:
    second = NoteSigner("log.example/one", OTHER.signer._key)
    note = LOG.note(9) + LOG.note(8).splitlines(keepends=True)[-1]
    assert status(encode_request(AddCheckpoint(0, (), note))) == 403
    both = sign_note(LOG.checkpoint(9).text(), [LOG.signer, second])
    assert status(encode_request(AddCheckpoint(0, (), both))) == 200


def test_an_old_size_above_the_checkpoint_is_400_before_it_is_409() -> None:
    assert status(LOG.request(10, 9), LOG.checkpoint(3)) == 400


def test_another_old_size_is_409_with_the_size() -> None:
    assert judged(LOG.request(0, 9), LOG.checkpoint(3)) == Declined(409, "the latest checkpoint here has size 3", 3)
    assert judged(LOG.request(2, 9), LOG.checkpoint(3)) == Declined(409, "the latest checkpoint here has size 3", 3)
    found = judged(LOG.request(2, 9))
    assert isinstance(found, Declined)
    assert (found.status, found.size) == (409, 0)


def test_two_roots_of_one_size_are_422_and_one_is_cosigned_again() -> None:
    assert judged(LOG.request(9, 9), LOG.checkpoint(9)) == LOG.checkpoint(9)
    assert status(LOG.fork(4).request(9, 9), LOG.checkpoint(9)) == 422


def test_a_proof_that_does_not_verify_is_422() -> None:
    latest = LOG.checkpoint(5)
    good = LOG.proof(5, 9)
    for proof in ((), good[:-1], (*good, bytes(32)), (bytes(32), *good[1:])):
        assert status(encode_request(AddCheckpoint(5, proof, LOG.note(9))), latest) == 422
    assert status(encode_request(AddCheckpoint(0, (bytes(32),), LOG.note(9)))) == 422


def test_a_root_of_size_zero_is_that_of_the_empty_tree() -> None:
    assert judged(LOG.request(0, 0)) == LOG.checkpoint(0)
    wrong = LOG.checkpoint(0).text().replace(
        base64.b64encode(EMPTY_ROOT).decode(), base64.b64encode(bytes(32)).decode()
    )
    assert status(encode_request(AddCheckpoint(0, (), sign_note(wrong, [LOG.signer])))) == 422


def test_extension_lines_are_taken_from_other_logs() -> None:
    note = sign_note(LOG.checkpoint(9).text() + "extension\n", [LOG.signer])
    assert judged(encode_request(AddCheckpoint(0, (), note))) == LOG.checkpoint(9)


HASH = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize("text", [
    "", "old 0\n", "old 0\n\n", f"old 00\n\n{LOG.note(3)}", f"old -1\n\n{LOG.note(3)}", f"old +1\n\n{LOG.note(3)}",
    f"old 9223372036854775808\n\n{LOG.note(3)}", f"old  1\n\n{LOG.note(3)}", f"OLD 1\n\n{LOG.note(3)}",
    f"old 1\n{HASH[:-4]}\n\n{LOG.note(3)}", f"old 1\n{HASH[:-1]}\n\n{LOG.note(3)}", f"old 1\r\n\n{LOG.note(3)}",
    "old 1\n" + f"{HASH}\n" * (MAX_PROOF + 1) + f"\n{LOG.note(3)}", f"old 1\n\n{LOG.note(3)[:-1]}",
    f"old 1\n\n{LOG.checkpoint(3).text()}", "old 1\n\n" + LOG.note(3).replace("\n3\n", "\n03\n"),
    "old 1\n\n" + LOG.note(3).replace("\n3\n", "\n3\n\n"),
])
def test_other_requests_are_malformed(text: str) -> None:
    raised(InvalidNote, judged, text)


def test_bytes_that_are_no_text_are_malformed() -> None:
    raised(InvalidNote, parse_request, b"old 0\n\n\xff")


@pytest.mark.parametrize(("data", "kind", "size"), [
    (b"0\n", "text/x.tlog.size", 0), (b"50\n", "text/x.tlog.size", 50),
    (b"51\n", "text/x.tlog.size; charset=utf-8", 51),
    (b"50", "text/x.tlog.size", None), (b"050\n", "text/x.tlog.size", None), (b"", "text/x.tlog.size", None),
    (b"50\n", "text/plain", None), (b"-5\n", "text/x.tlog.size", None), (b"\xff\n", "text/x.tlog.size", None),
    (b"9223372036854775808\n", "text/x.tlog.size", None), (b"5\n5\n", "text/x.tlog.size", None),
])
def test_sizes_in_answers(data: bytes, kind: str, size: int | None) -> None:
    assert parse_size(data, kind) == size


@given(st.binary(max_size=400) | st.tuples(st.integers(0, 12), st.integers(0, 12), st.binary(max_size=4)).map(
    lambda parts: LOG.request(min(parts[:2]), max(parts[:2])).encode()[: -len(parts[2]) or None] + parts[2]
))
def test_any_bytes_are_judged_or_malformed(data: bytes) -> None:
    with suppress(InvalidNote):
        request = parse_request(data)
        found = judge(request, stated(request.note), LOGS, LOG.checkpoint(4))
        assert isinstance(found, Checkpoint) or found.status in (400, 403, 404, 409, 422)
