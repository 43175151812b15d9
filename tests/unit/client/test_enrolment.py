"""Requests for enrolment: a prefix that no registrar can enrol is refused before the request is sent."""

from pathlib import Path

import pytest
from support.cli import run
from support.raising import raised

from ledger.client.enrolment import request_enrolment
from ledger.errors import InvalidInput, LedgerError, Refused
from ledger.host.files.key_files import new_key, write_key

ORIGIN = "carbon-ledger/test"
MILL = "urn:example:mill"


@pytest.mark.parametrize("prefix", [
    "urn:example:mill:", "https://mill.example/", "https://id.gs1.org/414/4000001000005/", "urn:epc:id:sgtin:4000001.",
])
def test_a_prefix_of_its_own(prefix: str) -> None:
    assert request_enrolment(new_key(), ORIGIN, MILL, prefixes=[prefix]).prefixes == [prefix]


@pytest.mark.parametrize(("prefix", "kind", "code"), [
    ("urn:nordalu:", Refused, "name-shared"), ("https://id.gs1.org/414/", Refused, "name-shared"),
    ("urn:carbon-ledger:mill:", Refused, "name-shared"), ("javascript:mill:", Refused, "name-scheme"),
    ("urn:example:mill", InvalidInput, None), ("mill:", InvalidInput, None), ("", InvalidInput, None),
])
def test_a_prefix_that_cannot_be_enrolled(prefix: str, kind: type[LedgerError], code: str | None) -> None:
    with pytest.raises(LedgerError) as caught:
        request_enrolment(new_key(), ORIGIN, MILL, prefixes=["urn:example:mill:", prefix])
    error = caught.value
    assert isinstance(error, kind)
    assert (error.field, error.value or "") == ("prefixes[1]", prefix)
    assert error.rule
    assert code is None or error.code == code


def test_the_id_of_a_new_organisation_is_its_own_too() -> None:
    error = raised(Refused, request_enrolment, new_key(), ORIGIN, "urn:nordalu:", prefixes=["urn:nordalu:mill:"])
    assert (error.field, error.code) == ("organization", "name-shared")
    # A further key of an organisation that an old log has: nothing is enrolled anew.
    assert request_enrolment(new_key(), ORIGIN, "urn:nordalu:").organization == "urn:nordalu:"


def test_the_command_says_which_prefix(tmp_path: Path) -> None:
    key = tmp_path / "mill.pem"
    write_key(key, new_key(), None)
    done = run("key", "request", key, "--organization", MILL, "--prefix", "urn:nordalu:", "--origin", ORIGIN)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
    for part in ("prefixes[0]", "urn:nordalu:", "a URN with something after its namespace"):
        assert part in done.err
    done = run("key", "request", key, "--organization", MILL)
    assert done.code == 2
    for part in ("--origin", "CARBON_LEDGER_ORIGIN", "vkey"):
        assert part in done.err
