"""What whoever received a lot sees of it: the committed figure with its quality, and nothing of how it is made. Each
answer is searched for the secrets of the supplier."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.asking import route_of
from support.recipes import OF_MILL, Secrets, leaks, secrets

from ledger.core.record.kinds import KeyChange
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.service.queries.doubts import DOUBTED


@pytest.fixture(scope="module")
def chain() -> Iterator[Secrets]:
    with secrets() as made:
        yield made


def ask(chain: Secrets, caller: str, path: str, **parameters: str) -> Any:
    answer = chain.callers.get(caller, path, parameters)
    assert answer.status_code == 200, answer.text
    return answer


def test_the_secrets_are_in_the_answers_of_their_owner(chain: Secrets) -> None:
    """Otherwise the searches of this file find nothing by mistake."""
    pages = b"".join([
        ask(chain, chain.mill.id, "/v1/footprint", lot=chain.mill.name("steel"), findings="all").content,
        ask(chain, chain.mill.id, f"/v1/records/{chain.digests['steel']}").content,
        ask(chain, chain.pit.id, f"/v1/records/{chain.digests['coal']}").content,
    ])
    assert set(leaks(pages, OF_MILL)) == set(OF_MILL)


def test_the_receiver_sees_the_committed_figure(chain: Secrets) -> None:
    answer = ask(chain, chain.forge.id, "/v1/footprint", lot=chain.steel, findings="all", averages="true")
    shown = answer.json()
    assert leaks(answer.content, OF_MILL) == []
    assert shown["sight"] == "totals"
    assert {"direct", "share", "inputs", "factors", "indicators", "averages"}.isdisjoint(shown)
    assert shown["footprint"] > 0
    assert shown["burdens"]
    assert shown["completeness"]
    assert shown["title"]
    assert shown["lot"]["remaining"] == "0.5"
    assert shown["lot"]["sender"] == chain.mill.id
    assert {"facility", "process"}.isdisjoint(shown["lot"])
    assert shown["study"]["geographyCountry"] == "CN"
    full = ask(chain, chain.mill.id, "/v1/footprint", lot=chain.steel).json()
    assert shown["burdens"] == full["burdens"]
    assert shown["contents"] == full["contents"]
    assert "sight" not in full or full["sight"] == "part"


def test_the_sender_does_not_see_the_stock_of_the_receiver(chain: Secrets) -> None:
    answer = ask(chain, chain.mill.id, "/v1/footprint", lot=chain.steel).json()
    assert "remaining" not in answer["lot"]
    assert answer["lot"]["quantity"]["value"] == "10"
    (lot,) = ask(chain, chain.mill.id, "/v1/lots", lot=chain.steel).json()
    assert "remaining" not in lot
    assert lot["facility"] == chain.mill.name("site")


def test_the_maker_sees_its_inputs_as_far_as_its_supplier_shows_them(chain: Secrets) -> None:
    answer = ask(chain, chain.forge.id, "/v1/footprint", lot=chain.forge.name("gear"), findings="all", averages="true")
    shown = answer.json()
    assert leaks(answer.content, OF_MILL) == []
    assert shown["sight"] == "part"
    assert [one["lot"] for one in shown["inputs"]] == [chain.steel]
    assert shown["direct"]["lines"]
    assert "averages" in shown


def test_two_hops_are_hidden(chain: Secrets) -> None:
    answer = ask(chain, chain.buyer.id, "/v1/footprint", lot=chain.gear, findings="all")
    assert leaks(answer.content, (*OF_MILL, chain.mill.id, chain.forge.name("gear"), "2.25", "9.5")) == []
    for lot in (chain.steel, chain.mill.name("steel"), chain.forge.name("gear")):
        assert chain.callers.get(chain.buyer.id, "/v1/footprint", {"lot": lot}).status_code == 404


@pytest.mark.parametrize("parameters", [{"gwp": "AR5"}, {"allocation": "mass"}, {"method": "works.other/1"}])
def test_other_methods_need_the_whole_chain(chain: Secrets, parameters: dict[str, str]) -> None:
    answer = chain.callers.get(chain.forge.id, route_of(parameters), {"lot": chain.steel, **parameters})
    assert (answer.status_code, answer.json()["code"]) == (403, "hidden-parts")


def test_the_receiver_sees_the_lot(chain: Secrets) -> None:
    answer = ask(chain, chain.forge.id, "/v1/lots", lot=chain.steel)
    (lot,) = answer.json()
    assert leaks(answer.content, OF_MILL) == []
    assert lot["remaining"] == "0.5"
    assert lot["sight"] == "totals"


def test_doubts_about_hidden_records_name_nobody() -> None:
    """The figure does not look better for that: the answers and the statement say that there are doubts."""
    with secrets() as chain:
        pit = chain.pit
        since = ask(chain, pit.id, f"/v1/records/{chain.digests['coal']}").json()["index"]
        new = SigningKey.from_seed(b"\x42" * 32)
        chain.inside.post([pit.signed(KeyChange(
            issuer=pit.id, nonce=pit.nonce(), organization=pit.id,
            added=[public_key(new, chain.inside.origin, pit.id)], revoked=[pit.party.key.keyid.hex()],
            compromised_since=since,
        ))])
        asked = [(chain.mill, "steel"), (chain.forge, "gear")]
        for caller, lot in [(shop, shop.name(short)) for shop, short in asked] + [(chain.forge, chain.steel)]:
            answer = ask(chain, caller.id, "/v1/footprint", lot=lot)
            assert answer.json()["limitations"] == [DOUBTED]
            assert "inDoubt" not in answer.json()
            assert pit.party.key.keyid.hex() not in answer.text
            claims = ask(chain, caller.id, "/v1/statement", lot=lot).json()["claims"]
            assert claims["limitations"] == [DOUBTED]
        received = ask(chain, chain.mill.id, "/v1/footprint", lot=pit.name("coal-sent")).json()
        assert [doubt["issuer"] for doubt in received["inDoubt"]] == [pit.id]
        assert len(received["limitations"]) == 2
        whole = ask(chain, pit.id, "/v1/footprint", lot=pit.name("coal-sent")).json()
        assert len(whole["inDoubt"]) == 2
        assert DOUBTED not in whole["limitations"]
