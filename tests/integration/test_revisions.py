"""Amendments and closings on a real server: what they come to, by hand and as if nothing else had gone on beside them.

Whatever a test posts, afterwards the log is run again in memory, and every figure at every size of the tree compared.
"""

from collections.abc import Iterator

import httpx
import msgspec
import pytest
from support.databases import Database
from support.parties import party
from support.revising import (
    CO2E,
    add,
    amend,
    change,
    check_replay,
    close,
    co2e,
    digest_of,
    flows,
    gas,
    outputs,
    pool,
    problem,
    reopen,
    revised_by,
    stock,
)
from support.sectors import Make
from support.server import Posted, Server
from support.workshop import EARLIER, END, LATER, START, Workshop, kilograms, workshop

from ledger.core.receipts.receipt import Receipt, verify_receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import Acceptance, Declaration
from ledger.core.record.values import Output, Supply
from ledger.core.signatures.signing import load_spki
from ledger.store.embedded import attach

pytestmark = pytest.mark.usefixtures("audited_server")


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """Afterwards everything is as a replay in memory says."""
    with Database(attach(server.home).owner_url) as found:
        yield found
        check_replay(found, server.origin)


def posted(server: Server, records: list[Posted], *, together: bool) -> list[Receipt]:
    """In one request, or each in its own."""
    return server.post(records) if together else [server.post([record])[0] for record in records]


def ore(amount: str) -> Supply:
    return Supply(material="ore", quantity=kilograms(amount), origin="nature")


# --- what comes of them ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False])
def test_an_amended_activity(server: Server, database: Database, shop: Workshop, together: bool) -> None:
    """a: 50 kg; b and b2 share (50 * 80/100 + 1) = 41 by 60:20; c: 30.75 * 30/60 + 1.

    With 90 kg instead of 50: (90 * 80/100 + 1) = 73, and 54.75 * 30/60 + 1.
    """
    a = shop.mine("a", "100", co2="50")
    b = shop.make({"b": "60", "b2": "20"}, {"a": "80"})
    c = shop.make({"c": "30"}, {"b": "30"})
    receipts = posted(server, [a, b, c, amend(shop, change(a, activity=Make(co2="90")))], together=together)
    assert co2e(server, shop, "a", "b", "b2", "c") == pytest.approx([90, 54.75, 18.25, 28.375], rel=1e-12)
    # What was given out stays true of the tree that it was of.
    lots = [leaf for receipt in receipts[:3] for leaf in verify_receipt(receipt, server.vkey).lots]
    assert [float(leaf.burdens[CO2E]) for leaf in lots] == pytest.approx([50, 30.75, 10.25, 16.375], rel=1e-12)
    first = receipts[0].index
    assert [receipt.index for receipt in receipts] == list(range(first, first + 4))
    assert [(leaf.index, leaf.record) for leaf in revised_by(receipts[3])] == [
        (first + i, digest_of(record)) for i, record in enumerate((a, b, c))
    ]


def test_a_receipt_of_a_revision(server: Server, database: Database, shop: Workshop) -> None:
    """It verifies offline, with body and key, and shows the new outcome of each record that was revised."""
    a, b = shop.mine("a", "100", co2="50"), shop.make({"b": "60"}, {"a": "80"})
    amendment = amend(shop, change(a, activity=Make(co2="90")))
    envelopes = server.envelopes([a, b, amendment])
    answers = server.submit(envelopes)
    receipt = answers[2]
    assert isinstance(receipt, Receipt)
    verified = verify_receipt(
        receipt, server.vkey, body=canonical.encode(amendment[1]), key=load_spki(shop.party.key.spki)
    )
    assert (verified.index, verified.lots) == (receipt.index, ())
    assert verified.assessment is not None
    (_, revision) = check_replay(database, server.origin).revisions[-1]
    assert [(one.index, one.outcome) for one in revised_by(receipt)] == [
        (one.index, one.root.hex()) for one in revision.revised
    ]
    # Posted again, alone or beside others, it is the same receipt, byte for byte; so it is when it is asked for.
    assert server.submit(envelopes) == answers
    proof = httpx.get(f"{server.url}/v1/records/{receipt.digest}/proof", timeout=60).content
    assert proof == msgspec.json.encode(receipt) == msgspec.json.encode(server.submit(envelopes[2:])[0])


def test_amended_supplies(server: Server, database: Database, shop: Workshop) -> None:
    """x: 5 + 10 * 2.75 = 32.5, y: 32.5/2 + 1 = 17.25. With 20 kg of gas: 5 + 55 = 60, and 31."""
    x = shop.make({"x": "100"}, supplies=[gas("10")], ore="100", activity=Make(co2="5"))
    server.post([x, shop.make({"y": "50"}, {"x": "50"})])
    assert co2e(server, shop, "x", "y") == pytest.approx([32.5, 17.25], rel=1e-12)
    server.post([amend(shop, change(x, supplies=[gas("20"), ore("100")]))])
    assert co2e(server, shop, "x", "y") == pytest.approx([60, 31], rel=1e-12)


def test_amended_quantities(server: Server, database: Database, shop: Workshop) -> None:
    """y takes 50 kg of x. Of 100 kg with 60 kg CO2e that is 30 + 1; of 80 kg 37.5 + 1. Then y took 64: 48 + 1."""
    x, y = shop.mine("x", "100", co2="60"), shop.make({"y": "50"}, {"x": "50"})
    server.post([x, y])
    assert co2e(server, shop, "y") == pytest.approx([31], rel=1e-12)
    server.post([amend(shop, change(x, outputs=outputs(shop, {"x": "80"}), supplies=[ore("80")]))])
    assert co2e(server, shop, "x", "y") == pytest.approx([60, 38.5], rel=1e-12)
    assert stock(server, shop, "x", "y") == [("80", "30"), ("50", "50")]
    server.post([amend(shop, change(y, inputs=flows(shop, {"x": "64"})))])
    assert (co2e(server, shop, "y"), stock(server, shop, "x")) == (pytest.approx([49], rel=1e-12), [("80", "16")])


def test_what_was_amended_is_amended_again(server: Server, database: Database, shop: Workshop) -> None:
    """The newest reading counts: 60 kg of 100 are taken, then 70; the activity of the first amendment stays."""
    x, y = shop.mine("x", "100", co2="60"), shop.make({"y": "50"}, {"x": "50"})
    server.post([x, y, amend(shop, change(y, activity=Make(co2="7"), inputs=flows(shop, {"x": "60"})))])
    server.post([amend(shop, change(y, inputs=flows(shop, {"x": "70"})))])
    assert co2e(server, shop, "y") == pytest.approx([0.7 * 60 + 7], rel=1e-12)
    assert stock(server, shop, "x") == [("100", "30")]


def test_a_withdrawal(server: Server, database: Database, shop: Workshop) -> None:
    """What it took is there again, what it made is gone; and withdrawn it does not change any more."""
    x, y = shop.mine("x", "100", co2="60"), shop.make({"y": "50"}, {"x": "50"})
    (_, _, receipt) = server.post([x, y, amend(shop, change(y))])
    assert stock(server, shop, "x", "y") == [("100", "100"), ("50", "0")]
    assert [one.outcome for one in revised_by(receipt)] == [canonical.digest(b"").hex()]
    assert problem(server, amend(shop, change(y)))["code"] == "not-amendable"
    assert problem(server, shop.make({"z": "1"}, {"y": "1"}))["code"] == "over-consumption"
    # The lot's name is used up; the quantity is not.
    server.post([shop.make({"y2": "100"}, {"x": "100"})])


def test_a_group_changes_together(server: Server, database: Database, shop: Workshop) -> None:
    """y gives back what z takes: neither order of two amendments could be admitted."""
    x = shop.mine("x", "100", co2="60")
    y, z = shop.make({"y": "10"}, {"x": "80"}), shop.make({"z": "10"}, {"x": "20"})
    server.post([x, y, z])
    more = change(z, inputs=flows(shop, {"x": "80"}))
    assert problem(server, amend(shop, more))["code"] == "over-consumption"
    server.post([amend(shop, more, change(y, inputs=flows(shop, {"x": "20"})))])
    assert co2e(server, shop, "y", "z") == pytest.approx([13, 49], rel=1e-12)
    assert stock(server, shop, "x") == [("100", "0")]


def test_a_closing(server: Server, database: Database, shop: Workshop) -> None:
    """40 kg of gas over 10 and 30 kg made: 10 and 30 kg of it, 2.75 each; q takes half of p2."""
    heats = [
        shop.mine("src", "100", co2="0", **EARLIER),
        shop.make({"p1": "10"}, {"src": "10"}, activity=Make(co2="2"), basis="provisional"),
        shop.make({"p2": "30"}, {"src": "30"}, activity=Make(co2="6"), basis="provisional"),
        shop.make({"q": "15"}, {"p2": "15"}, **LATER),
    ]
    *_, receipt = server.post([*heats, close(shop, gas("40"))])
    assert co2e(server, shop, "p1", "p2", "q") == pytest.approx([2 + 27.5, 6 + 82.5, 44.25 + 1], rel=1e-12)
    assert [one.record for one in revised_by(receipt)] == [digest_of(heat) for heat in heats[1:]]


def test_a_closing_that_is_opened_again(server: Server, database: Database, shop: Workshop) -> None:
    """A late heat of 40 kg, another reading of the first, and 80 kg of gas now: by 10:30:40 kg made they are 10, 30 and
    40, as if the period had been closed once. All in one request, since records are sequenced in its order."""
    first = close(shop, gas("40"))
    heat = shop.make({"p1": "10"}, {"src": "10"}, activity=Make(co2="2"), basis="provisional")
    server.post([
        shop.mine("src", "100", co2="0", **EARLIER), heat,
        shop.make({"p2": "30"}, {"src": "30"}, activity=Make(co2="6"), basis="provisional"),
        first, reopen(shop, first), amend(shop, change(heat, activity=Make(co2="4"))),
        shop.make({"p3": "40"}, {"src": "40"}, activity=Make(co2="0"), basis="provisional"),
        close(shop, gas("80")),
    ])
    assert co2e(server, shop, "p1", "p2", "p3") == pytest.approx(
        [4 + 10 * 2.75, 6 + 30 * 2.75, 40 * 2.75], rel=1e-12
    )


def test_a_heat_that_is_moved_to_another_month_and_back(server: Server, database: Database, shop: Workshop) -> None:
    """A closing finds it in the month that it has by then, once, however often it was moved."""
    april = {"start": "2025-04-01T00:00:00Z", "end": "2025-04-02T00:00:00Z"}
    heat = shop.make({"p1": "10"}, {"pot": "10"}, activity=Make(co2="2"), basis="provisional")
    server.post([heat, shop.make({"p2": "30"}, {"pot": "30"}, activity=Make(co2="6"), basis="provisional")])
    for period in (april, {"start": START, "end": END}, april, {"start": START, "end": END}):
        server.post([amend(shop, change(heat, **period))])
    (nothing, closing) = server.post([close(shop, **april), close(shop, gas("40"))])
    assert [len(revised_by(receipt)) for receipt in (nothing, closing)] == [0, 2]
    # By 10:30 kg made, and of the pot 1/1000 kg CO2e a kg.
    assert co2e(server, shop, "p1", "p2") == pytest.approx([0.01 + 2 + 27.5, 0.03 + 6 + 82.5], rel=1e-12)
    assert database.one("SELECT count(*) FROM provisional WHERE record = ("
                        f"SELECT index FROM record WHERE digest = '\\x{digest_of(heat)}')") == 2


def test_what_a_closing_retires(server: Server, database: Database, shop: Workshop) -> None:
    """Its own lots are taken as by any record; a later amendment of their maker is felt by the closing too."""
    early = {"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z"}
    party_, made = shop.mine("cert", "100", co2="40")
    cert = party_, msgspec.structs.replace(made, **early)
    closing = close(shop, gas("4"), retired=flows(shop, {"cert": "25"}))
    server.post([
        cert, shop.make({"p": "10"}, {"pot": "10"}, basis="provisional"), closing,
    ])
    assert stock(server, shop, "cert") == [("100", "75")]
    (receipt,) = server.post([amend(shop, change(cert, activity=Make(co2="80")))])
    assert [one.record for one in revised_by(receipt)] == [digest_of(cert), digest_of(closing)]


def test_a_pool_hands_on_what_is_left(server: Server, database: Database, shop: Workshop) -> None:
    """heap:1 is 50 kg of x (0.6 kg CO2e each), of which u takes 10; heap:2 is the other 40 and 50 kg of y (0.2 each).

    u took only 5: then heap:2 is 45 and 50 kg, 27 + 10 = 37 kg CO2e in 95 kg, and v, of 19 kg, has 37/5 + 1.
    """
    x, y = shop.mine("x", "50", co2="30"), shop.mine("y", "50", co2="10")
    u = shop.make({"u": "5"}, {"heap": "10"})
    v = shop.make({"v": "19"}, {"heap": "19"})
    server.post([
        x, y, pool(shop, "heap"), add(shop, "heap", {"x": "50"}), u, add(shop, "heap", {"y": "50"}), v,
    ])
    assert stock(server, shop, "heap:2") == [("90", "71")]
    server.post([amend(shop, change(u, inputs=flows(shop, {"heap": "5"})))])
    assert stock(server, shop, "heap:1", "heap:2") == [("50", "0"), ("95", "76")]
    assert co2e(server, shop, "u", "heap:2", "v") == pytest.approx([4, 37, 37 / 5 + 1], rel=1e-12)


@pytest.mark.parametrize("amended", ["the addition", "the lot that was added", "a record that named no pool"])
def test_a_generation_that_had_nothing_left(
    server: Server, database: Database, shop: Workshop, amended: str
) -> None:
    """heap:1 was used up before heap:2 was made of 40 kg of y, so no flow leads from one to the other. Then there is
    more of heap:1 by 10 kg, or less, and the next generation has it."""
    x = shop.mine("x", "60", co2="60")
    addition = add(shop, "heap", {"x": "50"})
    u = shop.make({"u": "50"}, {"heap": "50"})
    other = shop.make({"w": "10"}, {"pot": "10"})
    server.post([
        x, shop.mine("y", "40", co2="0"), pool(shop, "heap"), addition, u, other, add(shop, "heap", {"y": "40"}),
        shop.make({"v": "20"}, {"heap": "20"}),
    ])
    match amended:
        case "the addition":
            server.post([amend(shop, change(addition, inputs=flows(shop, {"x": "60"})))])
            # 10 kg of x with 10 kg CO2e, in 50 kg
            assert co2e(server, shop, "heap:2", "v") == pytest.approx([10, 5], rel=1e-12)
            assert stock(server, shop, "heap:1", "heap:2") == [("60", "0"), ("50", "30")]
        case "the lot that was added":
            server.post([amend(
                shop, change(x, outputs=outputs(shop, {"x": "50"}), supplies=[ore("60")]),
                change(addition, inputs=flows(shop, {"x": "45"})), change(u, inputs=flows(shop, {"heap": "40"}),
                                                                         outputs=outputs(shop, {"u": "40"})),
            )])
            # x is 1.2 kg CO2e a kg now; 5 kg of it are left for heap:2
            assert co2e(server, shop, "heap:2") == pytest.approx([6], rel=1e-12)
            assert stock(server, shop, "heap:1", "heap:2") == [("45", "0"), ("45", "25")]
        case _:
            server.post([amend(
                shop, change(u, inputs=flows(shop, {"heap": "30"}), outputs=outputs(shop, {"u": "30"})),
                change(other, inputs=flows(shop, {"heap": "15"})),
            )])
            # 5 kg of heap:1, 1 kg CO2e each; `other` is 15 + 1
            assert co2e(server, shop, "heap:2", "w") == pytest.approx([5, 16], rel=1e-12)
            assert stock(server, shop, "heap:1", "heap:2") == [("50", "0"), ("45", "25")]


def test_a_pool_whose_later_stock_would_have_been_used(server: Server, database: Database, shop: Workshop) -> None:
    """What heap:2 hands on must have been there when it was handed on."""
    u = shop.make({"u": "5"}, {"heap": "5"})
    server.post([
        pool(shop, "heap"), add(shop, "heap", {"pot": "10"}), u, add(shop, "heap", {"pot": "50"}),
    ])
    assert problem(server, amend(shop, change(u, inputs=flows(shop, {"heap": "12"}))))["code"] == "over-consumption"


def test_only_the_amendment_names_it(server: Server, database: Database, shop: Workshop) -> None:
    """Lots, organisations and declarations that the record did not name before."""
    other = workshop(server, f"{shop.id.rpartition(':')[2]}-other")
    used, made = shop.use({"pot": "1"}), shop.make({"m": "5"}, {"pot": "5"})
    server.post([shop.mine("old", "5"), used, made, shop.mine("late", "5")])
    server.post([amend(shop, change(used, onBehalfOf=other.id))])
    server.post([amend(shop, change(made, inputs=flows(shop, {"pot": "3", "old": "2"})))])
    assert stock(server, shop, "old", "pot") == [("5", "3"), ("1000", "996")]
    nobody = party(1, "nobody").id
    assert problem(server, amend(shop, change(used, onBehalfOf=nobody)))["code"] == "unknown-organization"
    assert problem(server, amend(shop, change(made, inputs=flows(shop, {"late": "5"}))))["code"] == "younger-lot"


@pytest.mark.parametrize("together", [True, False])
def test_what_is_withdrawn_makes_room(server: Server, database: Database, shop: Workshop, together: bool) -> None:
    """Opening stock may be declared anew; a delivery that was taken back is not accepted any more."""
    def opening(lot: str) -> Posted:
        return shop.signed(Declaration(
            issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="opening", boundary="none",
            facility=shop.name("site"), lot=Output(
                lot=shop.name(lot), product=shop.name("part"), quantity=kilograms("5"), role="product"),
        ))

    smith = workshop(server, shop.id.rpartition(":")[2] + "-smith")
    first, sent = opening("old"), shop.send("pot", "5", smith, "sent")
    posted(server, [first, sent, amend(shop, change(first), change(sent)), opening("new")], together=together)
    acceptance = smith.signed(Acceptance(issuer=smith.id, nonce=smith.nonce(), transfer=digest_of(sent)))
    assert problem(server, acceptance)["code"] == "unknown-transfer"
    assert problem(server, opening("more"))["code"] == "opening-taken"


def test_a_closing_takes_the_place_of_the_one_that_was_opened(
    server: Server, database: Database, shop: Workshop
) -> None:
    """Its overheads are those of the month, not those of both."""
    heat = shop.make({"heat": "10"}, {"pot": "10"}, activity=Make(), basis="provisional")
    first = close(shop, gas("10"), overheads=[gas("4")])
    second = close(shop, gas("10"), overheads=[gas("6")])
    receipts = server.post([heat, first, reopen(shop, first), second])
    assert [one.index for one in revised_by(receipts[-1])] == [receipts[1].index]
    # 6 kg of gas with 2.75 kg CO2e a kg stay with the second; the first has no results any more.
    answer = httpx.get(f"{server.url}/v1/records/{digest_of(first)}", timeout=60).json()
    assert [one.get("withdrawn") for one in answer["revisions"]] == [True]
    assert co2e(server, shop, "heat") == pytest.approx([0.01 + 27.5], rel=1e-9)
