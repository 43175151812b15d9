"""A server's database with priced supplies, closings and newer sets: figures, audits and inventories agree."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Literal
from weakref import WeakKeyDictionary

import pytest
from msgspec.structs import replace
from rich.table import Table
from support import factor_sets
from support.inside import Inside
from support.parties import enrolment
from support.revising import add, amend, change, close, digest_of, pool, reopen
from support.sectors import Make
from support.server import Posted, prepared_home
from support.site import supply
from support.workshop import EARLIER, LATER, Workshop

from ledger.answers.sites import SiteReconciliationAnswer
from ledger.cli.buyer.inventory import inventory_report, site_report
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.core.receipts.receipt import Receipt
from ledger.core.receipts.statement import SiteClaim
from ledger.core.record.kinds import Activation, Amendment, Erasure, Transformation
from ledger.core.record.revisions import Change
from ledger.core.record.values import Factor, Money, Supply
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError
from ledger.footprint.derived.findings import stated_in
from ledger.footprint.stored.burdens import footprint
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.erasure.erase import carry_out
from ledger.service.ledger import open_ledger
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.inventory.read import read_inventory
from ledger.service.queries.inventory.reconcile import OperatedSites, reconcile_sites
from ledger.service.queries.inventory.rows import year_span
from ledger.service.queries.inventory.site_report import read_site_report
from ledger.service.queries.statement import site
from ledger.service.queries.statement.site import site_claim
from ledger.service.queries.tree_size import NOW
from ledger.service.settings import Settings
from ledger.store.database import DatabasePool
from ledger.store.embedded import attach

OLD, NEW = factor_sets.version("1"), factor_sets.changed("2", steel="CO2e 9")
REGISTRY = factor_sets.registry(OLD, NEW)


class Priced:
    """A ledger in this process, on which version 1 of the set is in force, and a workshop."""

    def __init__(self, inside: Inside, name: str = "mill") -> None:
        self.inside = inside
        self.shop = Workshop(name)
        entry = enrolment(self.shop.party, inside.registrar, inside.origin, self.shop.nonce())
        inside.post([(inside.registrar, entry), *self.shop.opening()])

    def activate(self, plugin: str, version: str, digest: str, **fields: Any) -> None:
        registrar = self.inside.registrar
        self.inside.post([(registrar, Activation(
            issuer=registrar.id, nonce=self.shop.nonce(), plugin=plugin, version=version, digest=digest, **fields))])

    def figures(self, *lots: str) -> list[float]:
        rows = self.inside.run(self._rows([self.shop.name(lot) for lot in lots]))
        return [round(footprint(rows[self.shop.name(lot)]), 9) for lot in lots]

    async def _rows(self, lots: list[str]) -> dict[str, list[float]]:
        found = await self.inside.ledger.pool.fetch(
            "SELECT DISTINCT ON (l.id) l.id, f.burdens FROM figure f JOIN lot l ON l.number = f.lot "
            "WHERE l.id = ANY($1) ORDER BY l.id, f.version DESC", lots)
        return {row["id"]: row["burdens"] for row in found}

    def erase(self) -> None:
        self.inside.run(carry_out(attach(self.inside.ledger.settings.home).owner_url))

    def audited(self, registry: Registry = REGISTRY) -> AuditReport:
        source = DatabaseSource(self.inside.ledger.pool, self.inside.ledger.identity)
        return self.inside.run(audit(source, registry, AuditOptions(vkey=self.inside.vkey)))


@contextmanager
def opened() -> Iterator[Priced]:
    """Audited at its end."""
    with prepared_home() as home, asyncio.Runner() as runner:
        opening = open_ledger(Settings(home=home, access="open"), registry=REGISTRY)
        ledger = runner.run(opening.__aenter__())
        try:
            found = Priced(Inside(runner, ledger))
            found.activate(OLD.name, OLD.version, OLD.digest, precedence=1)
            yield found
            report = found.audited()
            assert report.ok, report.findings
            assert [note for note in report.notes if "not recomputed:" in note and "erased" not in note] == []
        finally:
            runner.run(opening.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def shared() -> Iterator[Priced]:
    with opened() as found:
        yield found


_numbers = count(1)


@pytest.fixture
def priced(shared: Priced) -> Priced:
    """A workshop on the ledger of the module."""
    return Priced(shared.inside, f"mill-{next(_numbers)}")


@pytest.fixture
def alone() -> Iterator[Priced]:
    """A workshop on a ledger of its own, for what concerns the whole log."""
    with opened() as found:
        yield found


def run(
    shop: Workshop, lot: str, *supplies: Supply, value: str = "1",
    basis: Literal["provisional", "final"] = "provisional",
) -> Posted:
    """100 kg of a part, provisional, without emissions of its own."""
    party, record = shop.make({lot: "100"}, ore="100", supplies=supplies, basis=basis, activity=Make())
    assert isinstance(record, Transformation)
    output = replace(record.outputs[0], value=Money(value=value, currency="CNY"))
    return party, replace(record, outputs=[output])


OWN = Factor(value="1", unit="KGM", source="supplier", year=2025, boundary="cradleToGate")


def test_a_month_closed_twice(priced: Priced) -> None:
    """30 kg of steel: 10 were stated at 1, of the other 20 each gets 10 at 3. 100 kWh by value, 1 to 3: 15 and 45. So
    10 + 30 + 15 = 55, and 30 + 45 = 75. Before, the first closing had spread 40 kWh by mass."""
    shop = priced.shop
    first = close(shop, supply("steel", "30 KGM"), overheads=[supply("electricity", "40 KWH")], spread_overheads="mass")
    priced.inside.post([run(shop, "a", supply("steel", "10 KGM", factor=OWN)), run(shop, "b", value="3"), first])
    assert priced.figures("a", "b") == [52.0, 42.0]
    priced.inside.post([reopen(shop, first), close(
        shop, supply("steel", "30 KGM"), overheads=[supply("electricity", "100 KWH")], spread_overheads="value")])
    assert priced.figures("a", "b") == [55.0, 75.0]


def test_newer_sets_and_amendments(alone: Priced) -> None:
    """10 kg of steel at 3. By version 2 at 9, once an amendment asks for it; 10.001 kg before that are 30.003."""
    shop = alone.shop
    one = run(shop, "a", supply("steel", "10 KGM"))
    alone.inside.post([one])
    alone.activate(NEW.name, NEW.version, NEW.digest, precedence=1)
    assert alone.figures("a") == [30.0]
    ore, steel = supply("ore", "100 KGM", origin="nature"), supply("steel", "10.001 KGM")
    alone.inside.post([amend(shop, change(one, supplies=[ore, steel]))])
    assert alone.figures("a") == [30.003]
    with pytest.raises(LedgerError) as caught:
        alone.inside.post([shop.signed(Amendment(
            issuer=shop.id, nonce=shop.nonce(), reason="news", changes=[Change(record=digest_of(one))]))])
    assert (caught.value.code, caught.value.field) == ("amendment-form", "changes[0]")
    alone.inside.post([shop.signed(Amendment(
        issuer=shop.id, nonce=shop.nonce(), reason="news", changes=[Change(record=digest_of(one))],
        versions="newest"))])
    assert alone.figures("a") == [90.009]


def test_the_inventory_names_its_gaps(priced: Priced) -> None:
    """2 kg of a superalloy at 5 are left out; 10 kg of oil, burnt and well to tank 42.5, stay with the closing."""
    shop = priced.shop
    priced.inside.post([
        run(shop, "a", supply("superalloy", "2 KGM", unknown=True)),
        close(shop, overheads=[supply("oil", "10 KGM")])])
    pool = priced.inside.ledger.pool
    answer = priced.inside.run(read_inventory(pool, shop.id, 2025))
    report = priced.inside.run(read_site_report(pool, shop.name("site"), 2025))
    for left_out in (answer.left_out, report.left_out):
        (alloy,) = left_out.omissions
        assert (alloy.what, alloy.facility, alloy.quantity, alloy.unit, alloy.estimate) == (
            "superalloy", shop.name("site"), "2", "KGM", 10.0)
        (oil,) = left_out.overheads
        assert (oil.material, oil.quantity, oil.unit, oil.emissions) == ("oil", "10", "KGM", 42.5)
        assert left_out.without_energy == {"works.make": 1}
    for printed in (inventory_report(answer), site_report(report)):
        parts = list(printed)
        lines = [part for part in parts if isinstance(part, str)]
        heads = [str(part.columns[0].header) for part in parts if isinstance(part, Table)]
        assert {"left out", "overheads that no product carries"} <= set(heads)
        assert "0.010 t are estimated for these, outside all scopes" in lines
        assert "records of works.make that use no energy: 1" in lines
    assert answer.scopes.scope1 == 40.0
    assert {one.carrier: one.megajoules for one in answer.energy.used} == {"oil": 400.0}


def test_an_erased_record_keeps_its_overheads(alone: Priced) -> None:
    """100 kWh by hours over two records are 30 kg each. The first is erased, and the month closed anew with 150 kWh:
    the first keeps its 50 kWh, the other takes 100, 60."""
    shop = alone.shop
    erased = run(shop, "a")
    first = close(shop, overheads=[supply("electricity", "100 KWH")], spread_overheads="hours")
    alone.inside.post([erased, run(shop, "b"), first])
    assert alone.figures("a", "b") == [30.0, 30.0]
    registrar = alone.inside.registrar
    alone.inside.post([(registrar, Erasure(
        issuer=registrar.id, nonce=shop.nonce(), record=digest_of(erased), legal_basis="GDPR"))])
    alone.erase()
    report = alone.audited()
    assert (report.ok, report.erased) == (True, 1), report.findings
    alone.inside.post([reopen(shop, first), close(
        shop, overheads=[supply("electricity", "150 KWH")], spread_overheads="hours")])
    assert alone.figures("a", "b") == [30.0, 60.0]


def test_what_falls_on_final_records_stays_with_the_closing(priced: Priced) -> None:
    """50 kg of steel at 3 over two lots of 100 kg. The final one stated 5 of its share of 25, so 20 of the other 45 kg
    stay, 60 kg CO2e, and 75 reach the provisional lot. 30 kg of oil as overheads: 15 stay, burnt 63.75."""
    shop = priced.shop
    final = run(shop, "a", supply("steel", "5 KGM"), basis="final")
    closing = close(shop, supply("steel", "50 KGM"), overheads=[supply("oil", "30 KGM")], spread_overheads="mass")
    receipts = priced.inside.post([final, run(shop, "b"), closing])
    assert priced.figures("a", "b") == [15.0, 75.0 + 63.75]
    told = {one.supply: one for one in stated_in(receipts[-1].index, [leaf(receipts[-1])])
            if one.code == "total-on-final-records"}
    assert [(told[i].value, told[i].unit, told[i].amount) for i in (0, 1)] == [
        (15.0, "KGM", 63.75), (20.0, "KGM", 60.0)]
    pool = priced.inside.ledger.pool
    answer = priced.inside.run(read_inventory(pool, shop.id, 2025))
    report = priced.inside.run(read_site_report(pool, shop.name("site"), 2025))
    for said in (answer, report):
        stays = {one.material: one for one in said.left_out.on_final_records}
        assert [(stays[name].quantity, stays[name].emissions) for name in ("oil", "steel")] == [
            ("15", 63.75), ("20", 60.0)]
        assert said.left_out.overheads == []
        # The scopes hold both parts, so they are not too low by them.
        assert said.questioned == sum(one.amount or 0.0 for one in said.findings if one.code == "figure-below-range")
        assert {one.code for one in said.findings} >= {"total-on-final-records", "final-records-counted"}
    whole = answer.scopes
    assert whole.scope1 + whole.scope2.location + whole.scope3 == pytest.approx(15 + 75 + 60 + 2 * 63.75)
    assert any(str(part.columns[0].header).startswith("measured for final records")
               for part in inventory_report(answer) if isinstance(part, Table))


def test_closed_anew_with_an_erased_final_record(priced: Priced) -> None:
    """The final record is erased, its body too; the month is closed anew, and an audit agrees (at the end)."""
    shop = priced.shop
    final = run(shop, "a", supply("steel", "5 KGM"), basis="final")
    first = close(shop, supply("steel", "50 KGM"))
    priced.inside.post([final, run(shop, "b"), first])
    registrar = priced.inside.registrar
    priced.inside.post([(registrar, Erasure(
        issuer=registrar.id, nonce=shop.nonce(), record=digest_of(final), legal_basis="GDPR"))])
    priced.erase()
    second = close(shop, supply("steel", "110 KGM"))
    priced.inside.post([reopen(shop, first), second])
    # Shares of 55: 50 kg stay, 55 reach the lot.
    assert priced.figures("a", "b") == [15.0, 165.0]
    priced.inside.post([(registrar, Erasure(
        issuer=registrar.id, nonce=shop.nonce(), record=digest_of(second), legal_basis="GDPR"))])
    priced.erase()


def test_an_amended_final_record_counts_as_it_reads(priced: Priced) -> None:
    """It stated 5 kg of steel, then 25, its share: nothing stays. What another month and a withdrawn record stated
    does not count."""
    shop = priced.shop
    final, gone = (run(shop, lot, supply("steel", "5 KGM"), basis="final") for lot in ("a", "c"))
    priced.inside.post([final, gone, run(shop, "b")])
    ore, steel = supply("ore", "100 KGM", origin="nature"), supply("steel", "25 KGM")
    priced.inside.post([amend(shop, change(final, supplies=[ore, steel])), amend(shop, change(gone))])
    (receipt,) = priced.inside.post([close(shop, supply("steel", "50 KGM"))])
    assert priced.figures("b") == [75.0]
    assert {one.code for one in stated_in(receipt.index, [leaf(receipt)])} == {"final-records-counted"}


def test_a_final_record_of_a_generation_of_an_own_blend(priced: Priced) -> None:
    """The pool blends lots of two processes, so its generation has no single maker. The final record names it and adds
    nothing to these 100 kg: all 50 kg of steel reach the provisional lot."""
    shop = priced.shop
    water = supply("water", "50 KGM", origin="nature")
    final = shop.make({"c": "100"}, {"heap:1": "100"}, activity=Make(), basis="final")
    priced.inside.post([
        shop.make({"a": "50"}, ore="50", activity=Make(), **EARLIER),
        shop.make({"b": "50"}, supplies=[water], route="bind", activity=Make(), **EARLIER),
        pool(shop, "heap"), add(shop, "heap", {"a": "50", "b": "50"}), final, run(shop, "d"),
        close(shop, supply("steel", "50 KGM")),
    ])
    assert priced.figures("d") == [150.0]


@pytest.mark.parametrize("spread_overheads", ["mass", None])
def test_audited_without_the_factor_set(alone: Priced, spread_overheads: Literal["mass"] | None) -> None:
    """The committed assessments are taken, those of the closings too: with the parts that stay, and with overheads that
    no key spreads. Later records follow, and the report says what was not recomputed."""
    shop = alone.shop
    first = close(
        shop, supply("steel", "50 KGM"), overheads=[supply("oil", "30 KGM")], spread_overheads=spread_overheads)
    alone.inside.post([
        run(shop, "a", supply("steel", "5 KGM"), basis="final"), run(shop, "b"), first, reopen(shop, first),
        close(shop, supply("steel", "60 KGM")), shop.make({"c": "100"}, {"b": "100"}, activity=Make(), **LATER),
    ])
    report = alone.audited(Registry(REGISTRY.sectors.values()))
    assert (report.findings, report.not_recomputed) == ([], {"factor set round": 5})
    assert "not recomputed: 5 records of factor set round, whose version is not installed" in "; ".join(report.notes)


def test_an_operator_with_too_many_records_is_not_reconciled(priced: Priced) -> None:
    """It says so, and for which periods there would be a figure."""
    shop = priced.shop
    priced.inside.post([run(shop, "a"), run(shop, "b"), close(shop)])
    sites, pool = OperatedSites(shop.id, [shop.name("site")], [shop.name("site")]), priced.inside.ledger.pool
    for most, closed in ((1, 0), (2, 1)):
        answers = priced.inside.run(reconcile_sites(pool, sites, year_span(2025), NOW, most))
        (answer,) = answers.values()
        assert len(answer.closed) == closed
        assert (answer.unread, len(answer.open)) == (None if closed else "the operator has more than 1 records", 2)


def test_a_claim_is_remembered_until_something_changes(priced: Priced, monkeypatch: pytest.MonkeyPatch) -> None:
    """The final record states 5 of 50 kg of steel. Its site is reconciled again after a new record of the operator and
    a new closing; not for another lot of the same period, nor after an erasure, which does not change the claim."""
    shop, pool, asked = priced.shop, priced.inside.ledger.pool, list[OperatedSites]()

    async def counted(*args: Any) -> dict[str, SiteReconciliationAnswer]:
        asked.append(args[1])
        return await reconcile_sites(*args)

    def claim(posted: Posted) -> SiteClaim:
        """Is what the report says."""
        found = priced.inside.run(site_claim(pool, posted[1], [], priced.inside.run(pinned(pool, NOW))))
        assert found is not None
        reconciled = priced.inside.run(reconcile_sites(
            pool, OperatedSites(shop.id, [shop.name("site")], [shop.name("site")]), year_span(2025), NOW))
        (closed,) = reconciled[shop.name("site")].closed
        assert (found.closings, found.emissions) == (closed.closings, repr(closed.emissions))
        return found

    monkeypatch.setattr(site, "reconcile_sites", counted)
    final, first = run(shop, "a", supply("steel", "5 KGM"), basis="final"), close(shop, supply("steel", "50 KGM"))
    other = run(shop, "b", supply("steel", "1 KGM"))
    priced.inside.post([final, other, first])
    before = claim(final)
    assert (claim(final), claim(other), len(asked)) == (before, before, 1)
    priced.inside.post([shop.mine("later", "1", **LATER)])
    assert (claim(final), len(asked)) == (before, 2)
    priced.inside.post([reopen(shop, first), close(shop, supply("steel", "80 KGM"))])
    anew = claim(final)
    assert (anew.emissions != before.emissions, claim(other) == anew, len(asked)) == (True, True, 3)
    registrar = priced.inside.registrar
    priced.inside.post([(registrar, Erasure(
        issuer=registrar.id, nonce=shop.nonce(), record=digest_of(final), legal_basis="GDPR"))])
    priced.erase()
    assert (claim(other), len(asked)) == (anew, 3)
    forgotten = WeakKeyDictionary[DatabasePool, OrderedDict[site.ClaimKey, SiteClaim]]()
    monkeypatch.setattr(site, "_remembered", forgotten)
    assert (claim(other), len(asked)) == (anew, 4)
    monkeypatch.setattr(site, "MAX_RECORDS", 2)
    unread = priced.inside.run(site_claim(pool, other[1], [], priced.inside.run(pinned(pool, NOW))))
    assert unread is not None
    assert (unread.closings, unread.unread) == (
        [], "the operator has more than 2 records; its inventory reconciles up to 50,000")


def leaf(receipt: Receipt) -> bytes:
    """Leaf 0 of a record."""
    return bytes(receipt.leaves[0].leaf)
