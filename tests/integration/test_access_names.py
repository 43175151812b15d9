"""An answer is about exactly the lot that its caller was admitted to, whatever else has its name; and what a full grant
shows of the goods that the granted record took, whose supplier granted nothing."""

from collections.abc import Iterator
from typing import Final

import pytest
from msgspec.structs import replace
from support.recipes import OF_MILL, Secrets, leaks, secrets, taking
from support.revising import add, amend, change, digest_of, pool
from support.sectors import Make
from support.server import Posted
from support.workshop import EARLIER, Workshop

from ledger.core.record.kinds import Grant, GrantScope

UNTIL: Final = "2034-12-31T00:00:00Z"
MARCH: Final = {"start": "2025-03-01T00:00:00Z", "end": "2025-03-31T00:00:00Z"}
OF_PUMP: Final = (*OF_MILL, "40.71875", "13.28125")
BY_LOT: Final = (
    "/v1/lots", "/v1/footprint", "/v1/statement", "/v1/chain", "/v1/contributions", "/v1/gaps", "/v1/verification",
    "/v1/uncertainty", "/v1/footprint/method", "/v1/sensitivity",
)


@pytest.fixture
def chain() -> Iterator[Secrets]:
    with secrets() as found:
        yield found


def granted(shop: Workshop, to: Workshop, **scope: str) -> Posted:
    return shop.signed(Grant(issuer=shop.id, nonce=shop.nonce(), depth="full", until=UNTIL, purpose="audit",
                             grantee=to.id, scope=GrantScope(**scope)))


def forwarded(shop: Workshop, lot: str, to: Workshop, new_lot: str) -> Posted:
    """The transfer of a received lot, by its whole name."""
    party, record = shop.send("x", "12.5", to, new_lot)
    return party, replace(record, lot=lot)


@pytest.fixture(scope="module")
def pumped() -> Iterator[Secrets]:
    """The mill makes an item that has the id of its first lot; it passes to the forge, the buyer, the rival."""
    with secrets() as chain:
        pump(chain)
        yield chain


def pump(chain: Secrets) -> None:
    mill, forge, buyer, rival = chain.mill, chain.forge, chain.buyer, chain.rival
    made = mill.make({"pump": "12.5"}, {"x": "40.71875"}, route="bind", activity=Make(co2="13.28125"))
    chain.inside.post([as_item(taking(made, chain.pit.name("coal-sent")), mill.name("pump"))])
    chain.inside.post([mill.send("pump", "12.5", forge, "pump-sent")])
    chain.inside.post([forwarded(forge, mill.name("pump-sent"), buyer, "pump-2")])
    chain.inside.post([forwarded(buyer, forge.name("pump-2"), rival, "pump-3")])


def test_an_item_does_not_open_the_lot_that_has_its_id(pumped: Secrets) -> None:
    name = pumped.mill.name("pump")
    for holder in (pumped.forge, pumped.buyer, pumped.rival):
        for path in BY_LOT:
            answer = pumped.callers.get(holder.id, path, {"lot": name})
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), (holder.id, path, answer.text)
        both = {"lot": name, "direction": "downstream"}
        assert pumped.callers.get(holder.id, "/v1/chain", both).status_code == 404, holder.id


def test_the_maker_is_asked_by_the_id_of_the_lot(pumped: Secrets) -> None:
    name = pumped.mill.name("pump")
    for path in BY_LOT[:6]:
        answer = pumped.callers.get(pumped.mill.id, path, {"lot": name})
        assert answer.status_code == 200, answer.text
    figure = pumped.callers.get(pumped.mill.id, "/v1/footprint", {"lot": name}).json()
    assert (figure["lot"]["lot"], figure["sight"]) == (name, "part")


def test_an_item_is_its_visible_lots(pumped: Secrets) -> None:
    """Each holder sees the lots that it sent and received, and on the item's page the newest of them."""
    name = pumped.mill.name("pump")
    mill, forge, buyer, rival = pumped.mill, pumped.forge, pumped.buyer, pumped.rival
    of_mill, of_forge = [name, mill.name("pump-sent")], [mill.name("pump-sent"), forge.name("pump-2")]
    of_buyer, of_rival = [forge.name("pump-2"), buyer.name("pump-3")], [buyer.name("pump-3")]
    for holder, seen in ((mill, of_mill), (forge, of_forge), (buyer, of_buyer), (rival, of_rival)):
        lots = pumped.callers.get(holder.id, "/v1/lots", {"item": name})
        assert [lot["lot"] for lot in lots.json()] == seen, holder.id
        page = pumped.callers.get(holder.id, "/v1/show", {"name": name})
        kind, shown = ("lot", name) if holder is mill else ("item", seen[-1])
        assert (page.json()["kind"], page.json()["lot"]["lot"]) == (kind, shown), holder.id
        if holder is not mill:
            assert not leaks(lots.content + page.content, OF_PUMP), holder.id
    assert pumped.callers.get(pumped.pit.id, "/v1/lots", {"item": name}).status_code == 404


def test_an_input_with_the_id_of_an_item_stays_hidden(chain: Secrets) -> None:
    """The forge holds a lot of the item; it was granted the record that took the item's first lot, of March alone."""
    mill, forge = chain.mill, chain.forge
    chain.inside.post([as_item(mill.mine("pump", "12.5", co2="77.8125", **EARLIER), mill.name("pump"))])
    chain.inside.post([as_item(mill.make({"engine": "12"}, {"pump": "12.5"}), mill.name("pump"))])
    chain.inside.post([mill.send("engine", "12", forge, "engine-sent")])
    chain.inside.post([granted(mill, forge, lot=mill.name("engine"), **MARCH)])
    seen = [lot["lot"] for lot in chain.callers.get(forge.id, "/v1/lots", {"item": mill.name("pump")}).json()]
    assert seen == [mill.name("engine"), mill.name("engine-sent")]
    assert chain.callers.get(forge.id, "/v1/lots", {"lot": mill.name("pump")}).status_code == 404
    figure = chain.callers.get(forge.id, "/v1/footprint", {"lot": mill.name("engine")}).json()
    assert (figure["sight"], figure.get("inputs", [])) == ("totals", [])
    proof = chain.callers.get(forge.id, "/v1/statement", {"lot": mill.name("engine")}).json()
    assert (proof.get("inputs", []), "share" in proof) == ([], False)


def test_a_pool_shows_the_generation_that_was_granted(chain: Secrets) -> None:
    """Its chain starts at the newest generation of the tree upstream, and at the oldest downstream."""
    mill, rival = chain.mill, chain.rival
    chain.inside.post([pool(mill, "heap"), mill.mine("o1", "70.5", co2="40.71875", **EARLIER), mill.mine("o2", "30")])
    party, first = add(mill, "heap", {"o1": "70.5"})
    (receipt,) = chain.inside.post([(party, replace(first, time=EARLIER["end"]))])
    size = str(receipt.index + 1)
    chain.inside.post([add(mill, "heap", {"o2": "30"})])
    chain.inside.post([granted(mill, rival, lot=mill.name("heap:2"), **MARCH)])

    def asked(who: Workshop, **query: str) -> tuple[int, bytes]:
        answer = chain.callers.get(who.id, "/v1/chain", {"lot": mill.name("heap"), **query})
        return answer.status_code, answer.content

    up = asked(rival)
    assert up[0] == 200
    assert mill.name("o2").encode() in up[1]
    assert not leaks(up[1], (mill.name("o1"), "40.71875"))
    for query in ({"direction": "downstream"}, {"at": size}, {"at": size, "direction": "downstream"}):
        assert asked(rival, **query)[0] == 404, query
        assert asked(mill, **query)[0] == 200, query
    # The oldest generation alone is granted: the same pool downstream, or in the earlier tree.
    chain.inside.post([granted(mill, chain.buyer, lot=mill.name("heap:1"))])
    assert [asked(chain.buyer, **query)[0] for query in ({}, {"direction": "downstream"}, {"at": size})] == [
        404, 200, 200]


def test_two_directions_open_no_other_generation(chain: Secrets) -> None:
    mill = chain.mill
    chain.inside.post([pool(mill, "heap"), mill.mine("o1", "70.5", co2="40.71875"), mill.mine("o2", "30")])
    chain.inside.post([add(mill, "heap", {"o1": "70.5"})])
    chain.inside.post([add(mill, "heap", {"o2": "30"})])
    chain.inside.post([mill.send("heap", "10", chain.rival, "heap-sent")])
    for directions in (("upstream", "downstream"), ("downstream", "upstream")):
        asked = [("lot", mill.name("heap")), *[("direction", one) for one in directions]]
        answer = chain.callers.get(chain.rival.id, "/v1/chain", asked)
        assert answer.status_code in {400, 404}
        assert not leaks(answer.content, ("o1", "40.71875"))


def test_a_period_limits_the_grant_of_a_lot(chain: Secrets) -> None:
    """The mill's own records behind the lot count only if the times that they state lie in the period."""
    mill, rival = chain.mill, chain.rival
    old, raw = mill.mine("old", "333.25", co2="40.71875", **EARLIER), mill.mine("raw", "20")
    mid = mill.make({"mid": "15"}, {"old": "20", "raw": "5"})
    new = mill.make({"new": "10"}, {"mid": "12"})
    for record in (old, raw, mid, new):
        chain.inside.post([record])
    chain.inside.post([granted(mill, rival, lot=mill.name("new"), **MARCH)])
    assert seen_of(chain, rival, [old, raw, mid, new]) == [False, True, True, True]
    answer = chain.callers.get(rival.id, "/v1/chain", {"lot": mill.name("new")})
    assert mill.name("raw").encode() in answer.content
    assert not leaks(answer.content, ("333.25", "40.71875", digest_of(old)))
    assert chain.callers.get(rival.id, "/v1/footprint/method", {"lot": mill.name("new")}).json()["code"] == (
        "hidden-parts")
    # A second grant of the same lot, of another time, adds the records of that time, and those alone.
    chain.inside.post([granted(mill, rival, lot=mill.name("new"), start=EARLIER["start"], end=EARLIER["end"])])
    assert seen_of(chain, rival, [old]) == [False]
    # A grant of an inner lot counts by its own scope.
    chain.inside.post([granted(mill, rival, lot=mill.name("mid"))])
    assert seen_of(chain, rival, [old, raw, mid, new]) == [True, True, True, True]


def test_a_period_limits_the_stored_figures_of_a_grant(chain: Secrets) -> None:
    """The row of a figure has no times of its record, so a grant of a period has them read."""
    mill, rival = chain.mill, chain.rival
    old, new = mill.mine("old", "333.25", co2="40.71875", **EARLIER), mill.make({"new": "10"}, {"old": "20"})
    for record in (old, new):
        chain.inside.post([record])
    for name in ("old", "new"):
        chain.inside.post([granted(mill, rival, lot=mill.name(name), **MARCH)])
    answers = [chain.callers.get(rival.id, "/v1/footprint", {"lot": mill.name(name)}) for name in ("old", "new")]
    assert [answer.status_code for answer in answers] == [404, 200]
    assert not leaks(answers[0].content, ("333.25", "40.71875", digest_of(old)))


def test_a_whole_grant_beside_one_of_a_period_stands(chain: Secrets) -> None:
    mill, rival = chain.mill, chain.rival
    old, new = mill.mine("old", "333.25", **EARLIER), mill.make({"new": "10"}, {"old": "20"})
    for record in (old, new):
        chain.inside.post([record])
    for scope in ({}, MARCH):
        chain.inside.post([granted(mill, rival, lot=mill.name("new"), **scope)])
    assert seen_of(chain, rival, [old, new]) == [True, True]


def as_item(posted: Posted, item: str) -> Posted:
    """The transformation with an output that is this item."""
    party, record = posted
    return party, replace(record, outputs=[replace(record.outputs[0], item=item)])


def seen_of(chain: Secrets, who: Workshop, records: list[Posted]) -> list[bool]:
    """Whether the caller is answered the records by their digests, and sees them in the chain of the mill's `new`."""
    shown = chain.callers.get(who.id, "/v1/chain", {"lot": chain.mill.name("new")}).content
    by_digest = [chain.callers.get(who.id, f"/v1/records/{digest_of(one)}").status_code == 200 for one in records]
    assert [digest_of(one).encode() in shown for one in records] == by_digest
    return by_digest


ABOUT_LOTS: Final = (*BY_LOT[:6], "/v1/show")


def grant_full(chain: Secrets, scope: GrantScope | None) -> None:
    forge = chain.forge
    chain.inside.post([forge.signed(Grant(
        issuer=forge.id, nonce=forge.nonce(), depth="full", until="2034-12-31T00:00:00Z", purpose="audit",
        grantee=chain.rival.id, scope=scope))])


@pytest.mark.parametrize("whole", [False, True])
def test_answers_about_a_granted_lot_merge_its_inputs(whole: bool) -> None:
    """The record itself shows what the grantor emitted, so that its inputs together can be told by subtraction. An
    audit shows them one by one, since without them the grantee could not check the grantor's figure; and whoever was
    granted everything reads the grantor's list of received goods."""
    with secrets() as chain:
        forge, rival = chain.forge, chain.rival
        figures = [figure_of(chain, chain.steel), input_of(chain)]
        grant_full(chain, None if whole else GrantScope(lot=forge.name("gear")))
        for path in ABOUT_LOTS:
            name = "name" if path == "/v1/show" else "lot"
            answer = chain.callers.get(rival.id, path, {name: forge.name("gear")})
            assert answer.status_code == 200, (path, answer.text)
            assert not [figure for figure in figures if figure in answer.text], path
            assert chain.callers.get(rival.id, path, {name: chain.steel}).status_code == 404
        record = chain.callers.get(rival.id, f"/v1/records/{chain.digests['gear']}").json()
        assert [leaf["index"] for leaf in record["leaves"]] == [0, 1]
        audited = chain.callers.get(rival.id, "/v1/audit/entries", {"from": "0", "to": "1000"})
        assert figures[0] in audited.text
        received = chain.callers.get(rival.id, "/v1/received", {"organization": forge.id})
        assert (received.status_code == 200 and figures[0] in received.text) == whole


def figure_of(chain: Secrets, lot: str) -> str:
    return repr(chain.callers.get(chain.forge.id, "/v1/footprint", {"lot": lot}).json()["footprint"])


def input_of(chain: Secrets) -> str:
    """The part of the gear's figure that came with the steel."""
    answer = chain.callers.get(chain.forge.id, "/v1/footprint", {"lot": chain.forge.name("gear")}).json()
    return repr(answer["inputs"][0]["footprint"])


def test_the_kind_of_a_record_that_revised_ones_own_stays_hidden() -> None:
    """The public entry names it, as it names the new figure's time; only its issuer sees that it is an amendment."""
    with secrets() as chain:
        chain.inside.post([amend(chain.mill, change(chain.posted["steel"], activity=Make(co2="78.5")))])
        for who, record, kind in ((chain.mill, "steel", "amendment"), (chain.mill, "sent", "amendment"),
                                  (chain.forge, "sent", ""), (chain.forge, "gear", ""), (chain.buyer, "shipped", "")):
            answer = chain.callers.get(who.id, f"/v1/records/{chain.digests[record]}")
            (revision,) = answer.json()["revisions"]
            assert (revision["type"], "amendment" in answer.text) == (kind, bool(kind)), (who.id, record)
