"""Records and receipts for the parties that did not issue them: the body, and the leaves of their own lots, which
verify offline. A revision shows everybody the leaves of their own records."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from support.recipes import OF_MILL, Secrets, leaks, secrets
from support.revising import amend, change, digest_of
from support.sectors import Make
from support.server import Posted

from ledger.core.receipts.receipt import read_receipt, verify_receipt
from ledger.core.record import canonical


class Story(NamedTuple):
    chain: Secrets
    amended: str
    """The digest of the amendment by the mill, which revises the records of the forge too."""
    index: dict[str, int]

    def get(self, caller: str | None, path: str, **parameters: str | int) -> Any:
        return self.chain.callers.get(caller, path, {name: str(value) for name, value in parameters.items()})

    def receipt(self, caller: str | None, digest: str, **parameters: int) -> Any:
        answer = self.get(caller, f"/v1/records/{digest}/proof", **parameters)
        assert answer.status_code == 200, answer.text
        verify_receipt(read_receipt(answer.content), self.chain.inside.vkey)
        return answer

    def places(self, caller: str | None, digest: str, **parameters: int) -> list[int]:
        return [leaf["index"] for leaf in self.receipt(caller, digest, **parameters).json().get("leaves", [])]


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with secrets() as chain:
        steel = chain.posted["steel"]
        amendment = amend(chain.mill, change(steel, activity=Make(co2="88.5")))
        chain.inside.post([amendment])
        index = {name: chain.callers.get(chain.party(name), f"/v1/records/{digest}").json()["index"]
                 for name, digest in chain.digests.items()}
        yield Story(chain, digest_of(amendment), index)


def envelope(chain: Secrets, posted: Posted) -> bytes:
    return chain.inside.envelopes([posted])[0]


def test_the_receiver_sees_the_body_and_its_own_leaf(story: Story) -> None:
    chain = story.chain
    answer = story.get(chain.forge.id, f"/v1/records/{chain.digests['sent']}").json()
    _, record = chain.posted["sent"]
    assert canonical.encode(answer["body"]) == canonical.encode(record)
    assert answer["sight"] == "totals"
    assert [leaf["index"] for leaf in answer["leaves"]] == [1]
    assert {"questioned", "findings"}.isdisjoint(answer)
    assert [[leaf["index"] for leaf in one["leaves"]] for one in answer["revisions"]] == [[1]]
    mill = story.get(chain.mill.id, f"/v1/records/{chain.digests['sent']}").json()
    assert [leaf["index"] for leaf in mill["leaves"]] == [0, 1]
    assert "sight" not in mill


def test_a_receipt_with_some_leaves_verifies(story: Story) -> None:
    chain = story.chain
    for name, caller, places in (("sent", chain.forge, [1]), ("sent", chain.mill, [0, 1]),
                                 ("steel", chain.mill, [0, 1, 2])):
        assert story.places(caller.id, chain.digests[name]) == places
    shown = story.receipt(chain.forge.id, chain.digests["sent"])
    verified = verify_receipt(read_receipt(shown.content), chain.inside.vkey,
                              body=canonical.encode(chain.posted["sent"][1]))
    assert verified.assessment is None
    assert [lot.lot for lot in verified.lots] == [chain.steel]
    assert leaks(shown.content, OF_MILL) == []


@pytest.mark.parametrize("name", ["steel", "coal", "coal-sent"])
def test_records_upstream_are_as_unknown_as_others(story: Story, name: str) -> None:
    digest, unknown = story.chain.digests[name], "0" * 64
    for path in ("", "/proof", "/proof?revised=3"):
        answers = [story.get(story.chain.forge.id, f"/v1/records/{one}{path}") for one in (digest, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content.replace(digest.encode(), b"?") == answers[1].content.replace(unknown.encode(), b"?")


@pytest.mark.parametrize("caller", ["mill", "forge", "buyer", "rival", None])
def test_posting_again_shows_no_more_than_asking(story: Story, caller: str | None) -> None:
    """The parties to a record can build its envelope, since they see body and entry."""
    chain = story.chain
    who = None if caller is None else f"urn:example:{caller}"
    for media_type in ("application/json", "application/x-ndjson"):
        body = envelope(chain, chain.posted["sent"])
        answer = chain.callers.post(who, "/v1/records", body, media_type)
        assert answer.status_code == 200
        leaves = [leaf["index"] for leaf in answer.json()["leaves"]]
        assert leaves == {"mill": [0, 1], "forge": [1]}.get(caller or "", [])
        verify_receipt(read_receipt(answer.content), chain.inside.vkey)
    checked = chain.callers.post(who, "/v1/records/check", envelope(chain, chain.posted["sent"])).json()
    assert set(checked) == {"digest", "type", "onLedger"}


def test_a_revision_shows_the_leaves_of_own_records(story: Story) -> None:
    chain, amended = story.chain, story.amended
    revised = {leaf["leaf"]["index"] for leaf in story.receipt(chain.mill.id, amended).json()["leaves"][1:]}
    assert revised == {story.index["steel"], story.index["sent"]}
    assert story.places(chain.mill.id, amended)[0] == 0
    record = story.get(chain.mill.id, f"/v1/records/{amended}").json()
    assert len(record["leaves"]) == 3
    for name in ("sent", "gear", "shipped"):
        (leaf,) = story.receipt(chain.forge.id, amended, revised=story.index[name]).json()["leaves"]
        assert leaf["leaf"]["index"] == story.index[name]
    (leaf,) = story.receipt(chain.buyer.id, amended, revised=story.index["shipped"]).json()["leaves"]
    assert leaf["index"] > 0


def test_a_revision_of_others_is_as_unknown_as_none(story: Story) -> None:
    chain, unknown = story.chain, "0" * 64
    asked = [(chain.forge.id, "steel"), (chain.buyer.id, "gear"), (chain.rival.id, "sent"), (None, "gear")]
    for caller, name in asked:
        answers = [story.get(caller, f"/v1/records/{digest}/proof", revised=story.index[name])
                   for digest in (story.amended, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content.replace(story.amended.encode(), b"?") == answers[1].content.replace(
            unknown.encode(), b"?")
    # The mill sees the amendment, but not which records of others it revises.
    answers = [story.get(chain.mill.id, f"/v1/records/{story.amended}/proof", revised=revised)
               for revised in (story.index["gear"], story.index["coal"])]
    assert [answer.status_code for answer in answers] == [404, 404]
    first, second = [answer.json()["detail"].rpartition(" ")[0] for answer in answers]
    assert first == second
