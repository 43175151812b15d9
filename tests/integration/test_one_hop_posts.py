"""Answers to posts and checks: a record that names a thing of another organisation is refused with the same bytes as
one that names nothing; and a revision shows its issuer own records alone."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from support.recipes import OF_MILL, Secrets, leaks, secrets, taking
from support.revising import amend, change, digest_of
from support.sectors import Make
from support.server import Posted
from support.workshop import END, Workshop, kilograms

from ledger.core.record.kinds import Acceptance, Addition
from ledger.core.record.values import Flow, Output

Named = Callable[[Workshop, str], Posted]


@pytest.fixture(scope="module")
def chain() -> Iterator[Secrets]:
    with secrets() as made:
        yield made


def check(chain: Secrets, posted: Posted, path: str = "/v1/records/check") -> bytes:
    answer = chain.callers.post(None, path, chain.inside.envelopes([posted])[0])
    assert answer.status_code == 422, answer.text
    return answer.content


def _uses(shop: Workshop, name: str) -> Posted:
    return taking(shop.make({"new": "1"}, {"x": "1"}), name)


def _makes(shop: Workshop, **fields: Any) -> Posted:
    party, record = shop.make({"new": "1"}, ore="1")
    return party, replace(record, **fields)


def _output(shop: Workshop, product: str) -> Posted:
    return _makes(shop, outputs=[Output(
        lot=shop.name("new"), product=product, quantity=kilograms("1"), role="product")])


def _sends(shop: Workshop, name: str) -> Posted:
    party, record = shop.send("x", "1", Workshop("buyer"), "new")
    return party, replace(record, lot=name)


def _consumes(shop: Workshop, name: str) -> Posted:
    party, record = shop.use({"x": "1"})
    return party, replace(record, inputs=[Flow(lot=name, quantity=kilograms("1"))])


def _accepts(shop: Workshop, name: str) -> Posted:
    return shop.signed(Acceptance(issuer=shop.id, nonce=shop.nonce(), transfer=name))


def _amends(shop: Workshop, name: str) -> Posted:
    return amend(shop, change(name, end=END))


def _adds(shop: Workshop, name: str) -> Posted:
    return shop.signed(Addition(
        issuer=shop.id, nonce=shop.nonce(), pool=name, time=END,
        inputs=[Flow(lot=shop.name("new"), quantity=kilograms("1"))]))


NAMING: dict[str, tuple[str, Callable[[Workshop, str], Posted]]] = {
    "used lot": ("steel", _uses), "delivered lot": ("delivered", _uses), "sent lot": ("steel", _sends),
    "consumed lot": ("steel", _consumes), "product as a lot": ("part", _uses), "facility as a lot": ("site", _uses),
    "facility": ("site", lambda shop, name: _makes(shop, facility=name)), "product": ("part", _output),
    "pool": ("part", _adds),
}


@pytest.mark.parametrize("case", NAMING)
@pytest.mark.parametrize("path", ["/v1/records/check", "/v1/records"])
def test_a_thing_of_others_is_as_unknown_as_none(chain: Secrets, case: str, path: str) -> None:
    short, naming = NAMING[case]
    names = [chain.mill.name(short), chain.mill.name(f"n{short[1:]}")]
    first, second = [check(chain, naming(chain.rival, name), path).replace(name.encode(), b"?") for name in names]
    assert (first, leaks(first, OF_MILL)) == (second, [])


@pytest.mark.parametrize("naming", [_accepts, _amends])
@pytest.mark.parametrize("name", ["sent", "steel", "coal-sent"])
def test_a_record_of_others_is_as_unknown_as_none(chain: Secrets, naming: Named, name: str) -> None:
    digests = [chain.digests[name], "0" * 64]
    first, second = [check(chain, naming(chain.rival, digest)).replace(digest.encode(), b"?") for digest in digests]
    assert first == second


def test_a_revision_shows_its_issuer_own_records(chain: Secrets) -> None:
    """The figures of the forge and the buyer change too."""
    amendment = amend(chain.mill, change(chain.posted["steel"], activity=Make(co2="88.5")))
    envelope = chain.inside.envelopes([amendment])[0]
    foreseen = chain.callers.post(None, "/v1/records/check", envelope)
    restatement = foreseen.json()["restatement"]
    assert restatement["records"] == 2
    assert {lot["lot"] for lot in restatement["lots"]} == {
        chain.mill.name("steel"), chain.mill.name("slab"), chain.steel}
    assert "leftOff" not in restatement
    assert leaks(foreseen.content, (chain.forge.name(""), chain.buyer.id)) == []
    posted = chain.callers.post(None, "/v1/records", envelope)
    assert posted.status_code == 201
    revised = {leaf["leaf"].get("record") for leaf in posted.json()["leaves"]} - {None}
    assert revised == {chain.digests["steel"], chain.digests["sent"]}
    assert digest_of(amendment) == posted.json()["digest"]
    again = chain.callers.post(None, "/v1/records", envelope)
    assert (again.status_code, again.json()["leaves"]) == (200, [])


def test_a_sender_does_not_learn_how_much_was_used(chain: Secrets) -> None:
    """The forge has used 9.5 kg of the 10 kg that it received."""
    amendment = amend(chain.mill, change(chain.posted["sent"], quantity=kilograms("1")))
    assert leaks(check(chain, amendment), ("8.5", "9.5")) == []


def test_a_record_on_two_lines_has_its_leaves_on_both(chain: Secrets) -> None:
    """Whoever posts it has it from its issuer. A record that somebody posts again shows nothing."""
    (new, old) = chain.inside.envelopes([chain.pit.mine("twice", "3"), chain.posted["coal"]])
    answer = chain.callers.post(None, "/v1/records", b"\n".join([new, old, new]) + b"\n", "application/x-ndjson")
    assert answer.status_code == 200, answer.text
    receipts = [json.loads(line) for line in answer.content.splitlines()]
    assert [[leaf["index"] for leaf in one.get("leaves", [])] for one in receipts] == [[0, 1], [], [0, 1]]
