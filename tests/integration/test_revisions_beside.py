"""What else goes on while a revision is prepared: it comes to the same as if that had been posted before it.

A ledger in this process lets a test decide what happens between two steps of a revision; another server has the same
database open all the while. Whatever a test posts, afterwards the log is run again in memory and compared.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Final

import httpx
import pytest
from msgspec.structs import replace
from support.databases import Database
from support.inside import Inside, inside
from support.revising import (
    add,
    amend,
    change,
    check_replay,
    close,
    co2e,
    digest_of,
    everything,
    flows,
    gas,
    outputs,
    pool,
    revised_by,
    stock,
)
from support.sectors import Make
from support.server import Posted, Server
from support.waiting import until
from support.workshop import END, ISSUED, LATER, START, Workshop, kilograms, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Acceptance, Activation, Consumption, Declaration, Product
from ledger.core.record.values import Flow, Output, PreviousLife, Quantity
from ledger.errors import LedgerError, Unavailable
from ledger.service.posting.pending import Answer, PendingRequest
from ledger.service.posting.revision import loading, reviser
from ledger.service.posting.revision import offload as aside
from ledger.service.posting.revision import transaction as work
from ledger.store import batches
from ledger.store.batches import lock_head
from ledger.store.embedded import attach
from ledger.store.revisions import head_now

pytestmark = pytest.mark.usefixtures("audited_server")

LOCK: Final = "SELECT pg_advisory_lock(x'7265766973'::bigint)"
UNLOCK: Final = "SELECT pg_advisory_unlock(x'7265766973'::bigint)"
"""What orders the revisions of all servers."""
HERE: Final = "SELECT state_change FROM pg_stat_activity WHERE state = 'idle in transaction'"

Work = Callable[[], Coroutine[Any, Any, object]]
Hook = Callable[[pytest.MonkeyPatch, Work], None]


@pytest.fixture(scope="module")
def inner(serving: Server) -> Iterator[Inside]:
    with inside(serving.home) as found:
        yield found


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """Afterwards everything is as a replay in memory says."""
    with Database(attach(server.home).owner_url) as found:
        yield found
        check_replay(found, server.origin)


@pytest.fixture
def nothing_changes(database: Database) -> Iterator[Callable[[], None]]:
    """To be called once all is posted that counts; nothing has changed since then when the test ends."""
    before: list[object] = []
    yield lambda: before.extend(everything(database))
    assert list(everything(database)) == before


def before_the_lock(patch: pytest.MonkeyPatch, do: Work, times: int = 1) -> None:
    """Does something right before a revision locks the head, when all is prepared, so many times."""
    left = [None] * times

    async def hooked(connection: Any) -> batches.Head:
        if left:
            left.pop()
            await do()
        return await lock_head(connection)

    patch.setattr(reviser, "lock_head", hooked)


def ahead_of_the_lock(patch: pytest.MonkeyPatch, do: Work) -> None:
    """Does something when all is prepared, and there is time to catch up ahead of the lock. Once."""
    done: list[bool] = []

    async def hooked(connection: Any) -> tuple[int, int]:
        if not done:
            done.append(True)
            await do()
        return await head_now(connection)

    patch.setattr(work, "head_now", hooked)
    patch.setattr(work, "_NEAR", 1)


def posting(inner: Inside, *records: Posted) -> Work:
    return lambda: inner.must(records)


def refusal(inner: Inside, record: Posted) -> tuple[str, str | None]:
    """Code and field by which one record is refused."""
    (answer,) = inner.run(inner.submit([record]))
    assert isinstance(answer, LedgerError), answer
    return answer.code, answer.field


# --- appends ---------------------------------------------------------------------------------------------------------


def test_takers_that_come_in_between(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 90 kg instead of 50 in 100 kg of a: b takes half, c half of b, d a tenth of a, e all of d. b was there before,
    c and d come ahead of the lock, e and one more taker of c right before it. Each adds 1 kg itself."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a, shop.make({"b": "50"}, {"a": "50"})])
    between = [shop.make({"c": "25"}, {"b": "25"}), shop.make({"d": "10"}, {"a": "10"})]
    late = [shop.make({"e": "10"}, {"d": "10"}), shop.make({"f": "5"}, {"c": "5"})]
    ahead_of_the_lock(monkeypatch, posting(inner, *between))
    before_the_lock(monkeypatch, posting(inner, *late))
    (receipt,) = inner.post([amend(shop, change(a, activity=Make(co2="90")))])
    assert co2e(server, shop, "a", "b", "c", "d", "e", "f") == pytest.approx([90, 46, 24, 10, 11, 5.8], rel=1e-12)
    assert [one.record for one in revised_by(receipt)][2:] == [digest_of(one) for one in (*between, *late)]
    # The takers' own entries speak of what they took then.
    assert database.one(
        "SELECT burdens[1] FROM figure JOIN lot ON number = lot WHERE id = $1 AND version = 0", shop.name("d")
    ) == 6.0


def test_many_takers_ahead_of_the_lock(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one part of what is read and written at once; a chain through all of it."""
    monkeypatch.setattr(loading, "_CHUNK", 3)
    monkeypatch.setattr(work, "_CHUNK", 4)
    chain = [shop.make({f"c{i}": "10"}, {f"c{i - 1}": "10"}) for i in range(1, 40)]
    first = shop.mine("c0", "10", co2="5")
    inner.post([first, *chain[:13]])
    ahead_of_the_lock(monkeypatch, posting(inner, *chain[13:26]))
    before_the_lock(monkeypatch, posting(inner, *chain[26:]))
    (receipt,) = inner.post([amend(shop, change(first, activity=Make(co2="7")))])
    assert [one.record for one in revised_by(receipt)] == [digest_of(one) for one in (first, *chain)]
    assert co2e(server, shop, "c0", "c39") == pytest.approx([7, 46], rel=1e-12)


@pytest.mark.parametrize("left", ["enough", "too little"])
def test_what_is_taken_of_a_lot_that_becomes_less(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    """Of x, 100 kg, 30 are taken; while it is said to be 60, 25 or 35 more."""
    x = shop.mine("x", "100", co2="60")
    inner.post([x, shop.make({"y": "30"}, {"x": "30"})])
    taken = "25" if left == "enough" else "35"
    taker = shop.make({"z": taken}, {"x": taken})
    ahead_of_the_lock(monkeypatch, posting(inner, shop.make({"w": "3"}, {"x": "3"})))
    before_the_lock(monkeypatch, posting(inner, taker))
    less = amend(shop, change(x, outputs=outputs(shop, {"x": "60"})))
    if left == "enough":
        inner.post([less])
        # 1 kg CO2e a kg now, and 1 of each record
        assert co2e(server, shop, "y", "z", "w") == pytest.approx([31, 26, 4], rel=1e-12)
        assert stock(server, shop, "x") == [("60", "2")]
    else:
        assert refusal(inner, less) == ("over-consumption", "changes")
        assert co2e(server, shop, "y") == pytest.approx([19], rel=1e-12)
        assert stock(server, shop, "x") == [("100", "32")]


def test_an_addition_that_takes_what_is_left(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """heap:1 is 50 kg of x, 0.6 kg CO2e each; u took 5 of them, not 10. Meanwhile what is left, 40 kg, becomes heap:2
    with 50 kg of y, 0.2 each: with 45 it is 95 kg and 27 + 10. Of its 40, v takes 19 and heap:3 21."""
    u = shop.make({"u": "5"}, {"heap": "10"})
    inner.post([
        shop.mine("x", "50", co2="30"), shop.mine("y", "50", co2="10"), pool(shop, "heap"),
        add(shop, "heap", {"x": "50"}), u,
    ])
    before_the_lock(monkeypatch, posting(
        inner, add(shop, "heap", {"y": "50"}), shop.make({"v": "19"}, {"heap": "19"}), add(shop, "heap", {"pot": "1"}),
    ))
    inner.post([amend(shop, change(u, inputs=flows(shop, {"heap": "5"})))])
    assert co2e(server, shop, "u", "heap:2", "v") == pytest.approx([4, 37, 37 / 5 + 1], rel=1e-12)
    assert stock(server, shop, "heap:1", "heap:2", "heap:3") == [("50", "0"), ("95", "0"), ("77", "77")]


def test_an_addition_to_a_pool_that_was_empty(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was left, so the new addition took nothing of it; after the amendment there were 10 kg, 10 kg CO2e."""
    u = shop.make({"u": "50"}, {"heap": "50"})
    inner.post([shop.mine("x", "50", co2="50"), pool(shop, "heap"), add(shop, "heap", {"x": "50"}), u])
    before_the_lock(monkeypatch, posting(inner, shop.mine("y", "40", co2="0"), add(shop, "heap", {"y": "40"})))
    inner.post([amend(shop, change(u, inputs=flows(shop, {"heap": "40"}), outputs=outputs(shop, {"u": "40"})))])
    assert co2e(server, shop, "heap:2") == pytest.approx([10], rel=1e-12)
    assert stock(server, shop, "heap:1", "heap:2") == [("50", "0"), ("50", "50")]


# --- what takes the ground from under a revision ---------------------------------------------------------------------


def test_a_withdrawal_of_what_is_taken_meanwhile(
    inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = shop.make({"x": "10"}, {"pot": "10"})
    inner.post([x])
    before_the_lock(monkeypatch, posting(inner, shop.make({"y": "1"}, {"x": "1"})))
    assert refusal(inner, amend(shop, change(x))) == ("used", "changes[0]")


def test_a_withdrawal_of_a_delivery_that_is_accepted_meanwhile(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The acceptance takes nothing of the lot."""
    other = workshop(server, f"{shop.id.rpartition(':')[2]}-smith")
    sent = shop.send("pot", "5", other, "sent")
    inner.post([sent])
    accepted = other.signed(Acceptance(issuer=other.id, nonce=other.nonce(), transfer=digest_of(sent)))
    before_the_lock(monkeypatch, posting(inner, accepted))
    assert refusal(inner, amend(shop, change(sent))) == ("accepted", "changes[0]")


def test_a_lot_that_is_disputed_meanwhile(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is amended to be taken of a lot is taken when the amendment is sequenced."""
    smith = workshop(server, f"{shop.id.rpartition(':')[2]}-smith", own="10")
    sent = shop.send("pot", "5", smith, "sent")
    made = smith.make({"made": "1"}, {"own": "1"})
    inner.post([sent, made])
    disputed = smith.signed(Acceptance(
        issuer=smith.id, nonce=smith.nonce(), transfer=digest_of(sent), disputed=True, reason="wet",
    ))
    before_the_lock(monkeypatch, posting(inner, disputed))
    taken = [Flow(lot=shop.name("sent"), quantity=kilograms("1"))]
    assert refusal(inner, amend(smith, change(made, inputs=taken))) == ("disputed", "changes")


def test_an_item_that_is_found_meanwhile(
    inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its use is to be withdrawn, so the lot has a balance again; but meanwhile it came back as another lot."""
    one = Quantity(value="1", unit="C62")
    machine = shop.signed(Product(
        issuer=shop.id, nonce=shop.nonce(), id=shop.name("machine"), sector="works", unit="C62",
        mass_per_unit=kilograms("10"),
    ))
    signer, made = shop.make({"m1": "10"}, {"pot": "10"})
    made = replace(made, outputs=[Output(
        lot=shop.name("m1"), product=shop.name("machine"), quantity=one, role="product", item=shop.name("serial"),
    )])
    used = shop.signed(Consumption(
        issuer=shop.id, nonce=shop.nonce(), time=END, purpose="finalUse",
        inputs=[Flow(lot=shop.name("m1"), quantity=one)], evidence=ISSUED,
    ))
    inner.post([machine, (signer, made), used])
    found = shop.signed(Declaration(
        issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="study", boundary="none",
        lot=Output(
            lot=shop.name("m2"), product=shop.name("machine"), quantity=one, role="core", item=shop.name("serial"),
            previous_life=PreviousLife(estimated_years="5"),
        ),
    ))
    before_the_lock(monkeypatch, posting(inner, found))
    assert refusal(inner, amend(shop, change(used))) == ("item-taken", "changes")


@pytest.mark.parametrize("times", [1, 99])
def test_a_period_that_grows_while_it_is_closed(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """40 kg of gas over what was made: 10 kg at first, and 10 kg more each time that all is prepared. It begins anew;
    but not for ever: the fourth time it holds the lock from the beginning, and nothing can come in between.

    Each heat of 10 kg has 1 + 40/n * 2.75 kg CO2e, and what 10 kg of the pot have, 0.01.
    """
    made = [shop.make({"p0": "10"}, {"pot": "10"}, basis="provisional")]
    inner.post(made)

    async def another() -> None:
        made.append(shop.make({f"p{len(made)}": "10"}, {"pot": "10"}, basis="provisional"))
        await inner.must(made[-1:])

    before_the_lock(monkeypatch, another, times)
    (receipt,) = inner.post([close(shop, gas("40"))])
    assert len(made) == 1 + min(times, 4)
    assert [one.record for one in revised_by(receipt)] == [digest_of(one) for one in made]
    expected = 1.01 + 40 / len(made) * 2.75
    assert co2e(server, shop, *[f"p{i}" for i in range(len(made))]) == pytest.approx([expected] * len(made), rel=1e-9)


@pytest.mark.parametrize("hook", [before_the_lock, ahead_of_the_lock])
def test_a_final_record_that_comes_while_its_period_is_closed(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch, hook: Hook
) -> None:
    """40 kg of gas over 10 kg that were provisional. Meanwhile a final record of 30 kg comes: 30 kg of gas are its part
    and stay with the closing, 10 kg reach the other. A record of another month changes nothing."""
    inner.post([shop.make({"p": "10"}, {"pot": "10"}, basis="provisional")])
    hook(monkeypatch, posting(inner, *[shop.mine("f", "30"), shop.mine("g", "30", **LATER)]))
    (receipt,) = inner.post([close(shop, gas("40"))])
    assert co2e(server, shop, "p", "f") == pytest.approx([0.01 + 1 + 27.5, 1], rel=1e-9)
    answer = httpx.get(f"{server.url}/v1/records/{receipt.digest}", timeout=60).json()
    (stays,) = [one for one in answer["findings"] if one["code"] == "total-on-final-records"]
    assert (stays["value"], stays["unit"], stays["amount"]) == (30.0, "KGM", 82.5)


def test_a_period_whose_pool_grows_while_it_is_closed(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Averaged over the period: 10 kg of x with 30 kg CO2e and, added meanwhile, 10 kg of y with 10: 2 kg each. u took
    5 kg before the second came: 10 + 1."""
    def within(posted: Posted) -> Posted:
        return posted[0], replace(posted[1], time=START)

    inner.post([
        shop.mine("x", "10", co2="30"), shop.mine("y", "10", co2="10"), pool(shop, "heap", averaging="period"),
        within(add(shop, "heap", {"x": "10"})), shop.make({"u": "5"}, {"heap": "5"}),
    ])
    before_the_lock(monkeypatch, posting(inner, within(add(shop, "heap", {"y": "10"}))))
    inner.post([close(shop)])
    assert co2e(server, shop, "u", "heap:2") == pytest.approx([11, 30], rel=1e-9)


def test_a_plugin_that_comes_into_force_meanwhile(
    inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An amendment that asks for the newest versions is assessed by those in force when it is sequenced, and the newest
    is not installed. An amendment that keeps the record's versions is admitted."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a])
    (active,) = database.fetch("SELECT version, digest FROM activation WHERE plugin = 'works'")

    def activation(version: str, digest: str) -> Posted:
        return inner.registrar, Activation(
            issuer=inner.registrar.id, nonce=shop.nonce(), plugin="works", version=version, digest=digest,
        )

    before_the_lock(monkeypatch, posting(inner, activation("2.0.0", "0" * 64)))
    party, amendment = amend(shop, change(a, activity=Make(co2="90")))
    _, asked = amend(shop, change(a, activity=Make(co2="95")))
    asking = party, replace(asked, versions="newest")
    (answer,) = inner.run(inner.submit([asking]))
    assert isinstance(answer, Unavailable)
    assert answer.code == "plugin-version"
    inner.post([(party, amendment), activation(active["version"], active["digest"]), asking])


# --- one at a time ---------------------------------------------------------------------------------------------------


def test_two_amendments_at_once(server: Server, inner: Inside, database: Database, shop: Workshop) -> None:
    """At two servers on one database, eight of them, with appends beside: what the last one in the log says counts."""
    a, b = shop.mine("a", "1000", co2="1000"), shop.make({"b": "100"}, {"a": "100"})
    inner.post([a, b])
    amendments = {str(co2): amend(shop, change(a, activity=Make(co2=str(co2)))) for co2 in range(2_000, 2_008)}

    async def both() -> list[Receipt]:
        tasks: list[Awaitable[list[Receipt]]] = []
        for i, one in enumerate(amendments.values()):
            tasks.append(asyncio.to_thread(server.post, [one]) if i % 2 else inner.must([one]))
            taker = shop.make({f"t{i}": "10"}, {"a": "10"})
            tasks.append(inner.must([taker]) if i % 2 else asyncio.to_thread(server.post, [taker]))
        return [receipt for found in await asyncio.gather(*tasks) for receipt in found]

    at = {receipt.digest: receipt.index for receipt in inner.run(both())}
    last = int(max(amendments, key=lambda co2: at[digest_of(amendments[co2])]))
    assert co2e(server, shop, "a", "b", *[f"t{i}" for i in range(8)]) == pytest.approx(
        [last, last / 10 + 1, *[last / 100 + 1] * 8], rel=1e-12
    )


def test_the_same_amendment_at_once(server: Server, inner: Inside, database: Database, shop: Workshop) -> None:
    """It is on the log once, and everyone gets the same receipt."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a])
    amendment = amend(shop, change(a, activity=Make(co2="90")))

    async def both() -> list[Receipt]:
        found = await asyncio.gather(*[
            inner.must([amendment]) if i % 2 else asyncio.to_thread(server.post, [amendment]) for i in range(6)
        ])
        return [receipt for one in found for receipt in one]

    receipts = inner.run(both())
    assert all(receipt == receipts[0] for receipt in receipts)
    assert database.one("SELECT count(*) FROM record WHERE digest = $1", bytes.fromhex(digest_of(amendment))) == 1


def test_a_revision_that_others_keep_waiting(
    inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server's revision takes longer than a session waits for a lock: this one goes on waiting, and appends go
    on beside. One that has waited long enough is told so."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a])
    monkeypatch.setitem(batches.SETTINGS, "lock_timeout", "200ms")
    waited: list[str] = []
    real = reviser.begin_revision

    async def begin(connection: Any) -> tuple[int, int]:
        try:
            return await real(connection)
        except Unavailable as error:
            waited.append(error.code)
            if len(waited) == 2:
                await inner.must([shop.make({"b": "1"}, {"a": "1"})])
                await asyncio.to_thread(database.execute, UNLOCK)
            raise

    monkeypatch.setattr(reviser, "begin_revision", begin)
    database.execute(LOCK)
    inner.post([amend(shop, change(a, activity=Make(co2="90")))])
    assert waited == ["revising"] * 2
    database.execute(LOCK)
    monkeypatch.setattr(inner.ledger.submitter._writer.reviser, "_patience", 0.0)
    with pytest.raises(Unavailable) as caught:
        inner.post([amend(shop, change(a, activity=Make(co2="95")))])
    assert caught.value.code == "revising"
    database.execute(UNLOCK)


def test_a_revision_that_waits_for_its_turn_here(
    inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits on no session, and where it has waited long enough it is told so; the one before it is not harmed."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a])
    other = amend(shop, change(a, activity=Make(co2="95")))
    codes: list[str] = []

    async def impatient() -> None:
        monkeypatch.setattr(inner.ledger.submitter._writer.reviser, "_patience", 0.0)
        with pytest.raises(Unavailable) as caught:
            await inner.must([other])
        codes.append(caught.value.code)

    before_the_lock(monkeypatch, impatient)
    inner.post([amend(shop, change(a, activity=Make(co2="90")))])
    assert codes == ["revising"]
    monkeypatch.undo()
    inner.post([other])


def test_a_revision_that_is_given_up(
    inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever asked has gone when all was written but the commit: nothing is left of it, and the next one is not kept
    waiting."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a, shop.make({"b": "1"}, {"a": "1"})])
    before = list(everything(database))
    amendment = amend(shop, change(a, activity=Make(co2="90")))

    async def give_up() -> None:
        task = asyncio.create_task(inner.must([amendment]))

        async def cancel() -> None:
            task.cancel()
            await asyncio.sleep(0)

        before_the_lock(monkeypatch, cancel)
        with pytest.raises(asyncio.CancelledError):
            await task

    inner.run(give_up())
    assert list(everything(database)) == before
    monkeypatch.undo()
    inner.post([amendment])


# --- batches that were prepared before -------------------------------------------------------------------------------


def between_preparing_and_sequencing(inner: Inside, patch: pytest.MonkeyPatch, do: Work) -> None:
    """Does something after a request was prepared and before it is sequenced. Once."""
    real = inner.ledger.sequencer.append
    done: list[bool] = []

    async def hooked(unit: PendingRequest) -> list[Answer]:
        if not done:
            done.append(True)
            await do()
        return await real(unit)

    patch.setattr(inner.ledger.sequencer, "append", hooked)


@pytest.mark.parametrize("where", ["here", "at another server"])
def test_a_batch_that_was_prepared_before_a_revision(
    server: Server, inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """It is sequenced with the figures of now: 90/2 + 1, and half of that + 1."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a])
    amendment = amend(shop, change(a, activity=Make(co2="90")))
    between_preparing_and_sequencing(
        inner, monkeypatch,
        posting(inner, amendment) if where == "here" else lambda: asyncio.to_thread(server.post, [amendment]),
    )
    inner.post([shop.make({"b": "50"}, {"a": "50"}), shop.make({"c": "25"}, {"b": "25"})])
    assert co2e(server, shop, "b", "c") == pytest.approx([46, 24], rel=1e-12)
    last = database.one("SELECT max(record) FROM revision")
    assert database.one("SELECT count(*) FROM revised WHERE record > $1", last) == 0


def test_a_batch_that_was_prepared_before_a_lot_was_withdrawn(
    inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = shop.mine("a", "100", co2="50")
    inner.post([a])
    between_preparing_and_sequencing(inner, monkeypatch, posting(inner, amend(shop, change(a))))
    assert refusal(inner, shop.make({"b": "50"}, {"a": "50"})) == ("over-consumption", "inputs[0].quantity")


def test_what_rests_on_an_amendment_of_the_same_request(
    server: Server, inner: Inside, database: Database, shop: Workshop
) -> None:
    """The piece weighs 8 kg, not 4; only then can 7 kg be made of it. Alone it would be refused."""
    pieces = Quantity(value="1", unit="C62")
    thing = shop.signed(Product(
        issuer=shop.id, nonce=shop.nonce(), id=shop.name("thing"), sector="works", unit="C62",
    ))

    def made(mass: str) -> list[Output]:
        return [Output(lot=shop.name("t"), product=shop.name("thing"), quantity=pieces, role="product",
                       mass=kilograms(mass))]

    signer, record = shop.make({"t": "4"}, {"pot": "8"})
    first = signer, replace(record, outputs=made("4"))
    signer, record = shop.make({"w": "7"}, {})
    second = signer, replace(record, inputs=[Flow(lot=shop.name("t"), quantity=pieces)])
    inner.post([thing, first])
    assert refusal(inner, second) == ("mass-balance", "outputs")
    third = shop.make({"after": "7"}, {"w": "7"})
    server.post([amend(shop, change(first, outputs=made("8"))), second, third])
    assert co2e(server, shop, "after") == pytest.approx([0.008 + 3], rel=1e-9)


# --- what a revision may not cost ------------------------------------------------------------------------------------


def test_what_may_not_be_is_refused_before_descendants_are_read(
    server: Server, inner: Inside, shop: Workshop, monkeypatch: pytest.MonkeyPatch,
    nothing_changes: Callable[[], None],
) -> None:
    """Another's record, a field that does not change, a withdrawal of what is used, an open period, a sum that is too
    small: none of it costs more than looking at what is named."""
    other = workshop(server, f"{shop.id.rpartition(':')[2]}-other")
    a = shop.make({"a": "100"}, {"pot": "100"}, basis="provisional", supplies=[gas("10")])
    a2 = shop.make({"a2": "100"}, {"pot": "100"}, basis="provisional", supplies=[gas("1")])
    inner.post([a, a2, shop.make({"b": "50"}, {"a": "50"})])
    nothing_changes()

    async def descendants(*_: object, **__: object) -> list[int]:
        raise AssertionError("descendants were read")

    monkeypatch.setattr(loading, "descendants", descendants)
    cases = {
        ("unknown-record", "changes[0].record"): amend(other, change(a, activity=Make(co2="9"))),
        ("not-amendable", "changes[0].fields.facility"): amend(shop, change(a, facility=shop.name("elsewhere"))),
        ("used", "changes[0]"): amend(shop, change(a)),
        ("unknown-facility", "facility"): other.signed(replace(close(other)[1], facility=shop.name("site"))),
        ("nothing-to-close", "measured"): close(shop, gas("4"), start=END, end="2025-03-03T00:00:00Z"),
        # 9 kg less than stated, half of them from a2, which stated 1
        ("negative-share", "measured[0].quantity"): close(shop, gas("2"), spread="hours"),
    }
    assert {refusal(inner, record): record for record in cases.values()} == cases


@pytest.mark.parametrize(("limit", "found"), [("MAX_RECORDS", 3), ("MAX_BYTES", 1_000)])
def test_a_revision_of_too_much(
    inner: Inside, shop: Workshop, monkeypatch: pytest.MonkeyPatch, nothing_changes: Callable[[], None], limit: str,
    found: int,
) -> None:
    """More than a server can hold is refused, not tried."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a, *[shop.make({f"b{i}": "1"}, {"a": "1"}) for i in range(3)]])
    nothing_changes()
    monkeypatch.setattr(loading, limit, found)
    assert refusal(inner, amend(shop, change(a, activity=Make(co2="90")))) == ("revision-too-large", "changes")


def test_rows_that_the_database_refuses(
    inner: Inside, shop: Workshop, monkeypatch: pytest.MonkeyPatch, nothing_changes: Callable[[], None],
) -> None:
    """As with other records: it is refused with a code, and nothing is left of it."""
    a = shop.mine("a", "100", co2="50")
    inner.post([a])
    nothing_changes()
    real = work.RevisionTransaction._balances
    monkeypatch.setattr(work.RevisionTransaction, "_balances", lambda self: [
        (lot, remaining - 1_000, quantity) for lot, remaining, quantity in real(self)
    ])
    assert refusal(inner, amend(shop, change(a, outputs=outputs(shop, {"a": "90"})))) == ("not-writable", None)


def test_long_work_keeps_the_session(
    inner: Inside, database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that idles in a transaction is ended by the database; one whose server computes says it is here, again
    and again, three times as often as it has to."""
    assert int(batches.SETTINGS["idle_in_transaction_session_timeout"].rstrip("s")) >= 3 * aside.BEAT_SECONDS
    monkeypatch.setattr(aside, "BEAT_SECONDS", 0.02)
    a = shop.mine("a", "100", co2="50")
    inner.post([a])
    calls: list[set[object]] = []
    real = work.revise

    def said() -> int:
        """How often so far any session has said it, while the revision computes."""
        calls[-1] |= {row["state_change"] for row in database.fetch(HERE)}
        return len(calls[-1])

    def slow(*args: Any) -> Any:
        calls.append(set())
        until(lambda: said() > 5, "the session says nothing")
        return real(*args)

    monkeypatch.setattr(work, "revise", slow)
    inner.post([amend(shop, change(a, activity=Make(co2="90")))])
    assert len(calls) == 1, "the session was lost, and all of it done again"
