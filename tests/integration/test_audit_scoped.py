"""Audits over HTTP by callers who may read only a part of the log: the checks, the limits that the report states, and
the lies of a server that are named."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from msgspec.structs import replace
from support.callers import Callers
from support.cli import run
from support.inside import inside
from support.parties import enrolment
from support.revising import digest_of
from support.scoped_audits import audited, found, rows_changed, sampled, scope_changed, seen
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop

from ledger.client.audit.source.interface import EntryRow
from ledger.core.record.kinds import Acceptance, AppointedReader, Grant, GrantRevocation, GrantScope
from ledger.errors import NotFound

UNTIL: Final = "2034-12-31T00:00:00Z"


class Trade(NamedTuple):
    """The mine sells ore to the mill, the mill sells to the forge, the forge to the maker. The auditor has a full grant
    of the mill. The rival has nothing to do with it."""

    callers: Callers
    shops: dict[str, Workshop]
    at: dict[str, int]
    """Log indexes of records by short name."""

    def __getitem__(self, name: str) -> Workshop:
        return self.shops[name]

    def post(self, posted: Posted) -> int:
        return self.callers.ledger.post([posted])[0].index


@pytest.fixture(scope="module")
def trade() -> Iterator[Trade]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = {name: Workshop(name) for name in ("mine", "mill", "forge", "maker", "rival", "auditor", "office")}
        for shop in shops.values():
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        mine, mill, forge, maker, rival, auditor, office = shops.values()
        sold = mine.send("ore", "60", mill, "ore-sold")
        posted: dict[str, Posted] = {
            "grant": mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), depth="full", until=UNTIL,
                                       purpose="audit", grantee=auditor.id)),
            "ore": mine.mine("ore", "100", co2="37"),
            "sold": sold,
            "accepted": mill.signed(Acceptance(issuer=mill.id, nonce=mill.nonce(), transfer=digest_of(sold))),
            "plate": bought(mill, mine, "ore-sold", "50", "plate"),
            "plate-sold": mill.send("plate", "30", forge, "plate-sold"),
            "part": bought(forge, mill, "plate-sold", "20", "part"),
            "part-sold": forge.send("part", "10", maker, "part-sold"),
            "secret": rival.mine("secret", "777", co2="4242"),
            "reader": (ledger.registrar, AppointedReader(
                issuer=ledger.registrar.id, nonce=auditor.nonce(), organization=office.id, purpose="supervision")),
        }
        at = {name: ledger.post([one])[0].index for name, one in posted.items()}
        yield Trade(Callers(ledger), shops, at)


def bought(shop: Workshop, seller: Workshop, lot: str, kg: str, made: str) -> Posted:
    """The shop makes `made` from a lot that it has from the seller."""
    party, record = shop.make({made: kg}, {"x": kg})
    flow: Any = record
    return party, replace(flow, inputs=[replace(flow.inputs[0], lot=seller.name(lot))])


def test_an_auditor_with_a_grant_recomputes_that_organisation(trade: Trade) -> None:
    report = audited(trade.callers, trade["auditor"].id)
    assert report.ok, report.findings
    scope = report.scope
    assert scope is not None
    assert set(scope.readable) == {trade["mill"].id, trade["auditor"].id}
    assert scope.given >= 1
    assert scope.visible + scope.party + scope.hidden == report.size == report.entries
    assert scope.hidden >= 15
    assert report.recomputed >= 1
    assert any("figures not" in note for note in report.notes)


def test_an_organisation_audits_its_own_records_and_its_purchases(trade: Trade) -> None:
    report = audited(trade.callers, trade["forge"].id, organization=trade["forge"].id)
    assert report.ok, report.findings
    assert report.scope is not None
    assert (report.scope.adopted, report.scope.party, report.scope.given) == (0, 1, 1)
    assert report.balances >= 2


def test_a_reader_audits_everything(trade: Trade) -> None:
    report = audited(trade.callers, trade["office"].id)
    assert report.ok, report.findings
    assert report.scope is None
    assert report.figures == 6 + 1


def test_nobody_audits_the_public_part(trade: Trade) -> None:
    report = audited(trade.callers, None)
    assert report.ok, report.findings
    assert report.scope is not None
    assert (report.figures, report.balances, report.scope.party) == (0, 0, 0)
    assert report.signatures == report.size


def test_hidden_entries_are_faults_if_everything_is_required(trade: Trade) -> None:
    report = audited(trade.callers, trade["mill"].id, require_full=True)
    assert ("withheld", trade.at["secret"]) in found(report)
    assert audited(trade.callers, trade["office"].id, require_full=True).ok


def test_pages_hold_nothing_of_others(trade: Trade) -> None:
    everything = b"".join(seen(trade.callers, trade["office"].id).answers)
    assert trade["rival"].name("secret").encode() in everything
    for caller in ("auditor", "mill", "forge", "mine", None):
        name = None if caller is None else trade[caller].id
        answers = b"".join(seen(trade.callers, name).answers)
        assert trade["rival"].name("secret").encode() not in answers
        assert b"4242" not in answers
        # A transfer names the lot that it takes; its receiver sees the transfer.
        if caller not in ("mine", "mill"):
            assert (trade["mine"].name("ore") + '"').encode() not in answers


def withhold(index: int) -> Any:
    return rows_changed(lambda row: EntryRow(row.index, row.entry) if row.index == index else row)


def test_a_withheld_record_is_named(trade: Trade) -> None:
    index = trade.at["plate"]
    report = audited(trade.callers, trade["auditor"].id, withhold(index))
    assert ("withheld", index) in found(report)
    assert any("which you may read, but the server shows no body" in one.message for one in report.findings)


def test_withheld_results_are_named(trade: Trade) -> None:
    index = trade.at["plate"]
    lie = rows_changed(lambda row: EntryRow(row.index, row.entry, row.body) if row.index == index else row)
    assert ("withheld", index) in found(audited(trade.callers, trade["auditor"].id, lie))


def changed_given(row: EntryRow, change: Any) -> EntryRow:
    return replace(row, given=[change(one) for one in row.given])


def test_a_wrong_figure_of_a_boundary_lot_is_named(trade: Trade) -> None:
    index = trade.at["plate"]

    def change(given: Any) -> Any:
        lot = msgspec.json.decode(given.lot)
        lot[23][0] = float(lot[23][0]) / 2
        return replace(given, lot=msgspec.json.encode(lot).decode())

    lie = rows_changed(lambda row: changed_given(row, change) if row.index == index else row)
    assert ("given", index) in found(audited(trade.callers, trade["auditor"].id, lie))


def test_a_wrong_leaf_of_a_boundary_lot_is_named(trade: Trade) -> None:
    index = trade.at["plate"]

    def change(given: Any) -> Any:
        return replace(given, place=replace(given.place, leaf=given.place.leaf.replace(b"0", b"1")))

    lie = rows_changed(lambda row: changed_given(row, change) if row.index == index else row)
    assert ("given", index) in found(audited(trade.callers, trade["auditor"].id, lie))


def test_a_missing_boundary_lot_is_named(trade: Trade) -> None:
    index = trade.at["plate"]
    lie = rows_changed(lambda row: replace(row, given=[]) if row.index == index else row)
    assert ("given", index) in found(audited(trade.callers, trade["auditor"].id, lie))


def test_a_missing_lot_of_a_party_is_named(trade: Trade) -> None:
    index = trade.at["plate-sold"]
    lie = rows_changed(lambda row: replace(row, given=[]) if row.index == index else row)
    assert ("given", index) in found(audited(trade.callers, trade["forge"].id, lie))


def test_a_wrong_leaf_of_a_visible_record_is_named(trade: Trade) -> None:
    index = trade.at["plate"]
    lie = rows_changed(lambda row: replace(row, leaf=b"{}") if row.index == index else row)
    assert ("figures", index) in found(audited(trade.callers, trade["auditor"].id, lie))


@pytest.mark.parametrize("caller", ["auditor", "office"])
def test_a_smaller_scope_is_named(trade: Trade, caller: str) -> None:
    lie = scope_changed(lambda _: {
        "everything": False, "organization": trade[caller].id, "own": [trade[caller].id], "grants": []})
    report = audited(trade.callers, trade[caller].id, lie)
    assert ("scope", trade.at["grant" if caller == "auditor" else "reader"]) in found(report)


def test_a_scope_of_another_caller_is_named(trade: Trade) -> None:
    lie = scope_changed(lambda _: {"everything": False, "own": [], "grants": []})
    report = audited(trade.callers, trade["auditor"].id, lie, organization=trade["auditor"].id)
    assert ("scope", None) in found(report)


def test_a_state_goes_on_and_starts_again_when_the_scope_changes(trade: Trade, tmp_path: Path) -> None:
    state, name = tmp_path / "state", trade["maker"].id
    first = audited(trade.callers, name, state=state)
    assert first.ok, first.findings
    trade.post(bought(trade["maker"], trade["forge"], "part-sold", "5", "product"))
    second = audited(trade.callers, name, state=state)
    assert second.ok, second.findings
    assert second.start == first.size
    assert second.scope is not None
    assert first.scope is not None
    assert second.scope.visible == first.scope.visible + 1
    given = trade["forge"].signed(Grant(
        issuer=trade["forge"].id, nonce=trade["forge"].nonce(), depth="full", until=UNTIL, purpose="audit",
        grantee=name))
    trade.post(given)
    grown = audited(trade.callers, name, state=state)
    assert grown.ok, grown.findings
    assert grown.start == 0
    assert any("started from zero" in note for note in grown.notes)
    assert grown.scope is not None
    assert grown.scope.visible > second.scope.visible + 1
    forge = trade["forge"]
    trade.post(forge.signed(GrantRevocation(issuer=forge.id, nonce=forge.nonce(), grant=digest_of(given))))
    shrunk = audited(trade.callers, name, state=state)
    assert shrunk.ok, shrunk.findings
    assert shrunk.start == 0
    assert shrunk.scope is not None
    assert set(shrunk.scope.readable) == {name}


def test_a_grant_of_a_lot_shows_its_chain_in_full(trade: Trade) -> None:
    mill, rival = trade["mill"], trade["rival"]
    given = mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), depth="full", until=UNTIL, purpose="check",
                              grantee=rival.id, scope=GrantScope(lot=mill.name("plate"))))
    trade.post(given)
    report = audited(trade.callers, rival.id)
    assert report.ok, report.findings
    assert report.scope is not None
    assert report.scope.given == 1
    # The site and the product of the lot are visible too, so that its figure is recomputed and not taken as committed.
    assert report.scope.adopted == 0
    trade.post(mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given))))
    after = audited(trade.callers, rival.id)
    assert after.ok, after.findings
    assert after.scope is not None
    assert after.scope.given == 0


def test_a_sample_is_drawn_from_the_visible_records(trade: Trade) -> None:
    mill = trade["mill"]
    drawn = sampled(trade.callers, trade["auditor"].id, mill.name("site"))
    assert [record.index for record in drawn.records] == [trade.at["plate"]]
    assert any("only an audit finds withheld records" in note for note in drawn.notes)
    with pytest.raises(NotFound):
        sampled(trade.callers, trade["forge"].id, mill.name("site"))


def test_the_command_says_how_much_it_could_read() -> None:
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as server:
        mill = Workshop("mill")
        server.post([mill.enrolment(server)])
        server.post([*mill.opening(), mill.mine("pot", "10")])
        done = run("audit", server.url, "--vkey", server.vkey)
        assert done.code == 0, done.out + done.err
        assert "read as     nobody, who may read public records" in done.out
        assert "hidden      3 entries: bytes, signature, keys checked; figures not" in done.out
        assert "everything that could be checked holds" in done.out
        report = json.loads(run("audit", server.url, "--vkey", server.vkey, "--json").out)
        assert report["scope"]["hidden"] == 3
        required = run("audit", server.url, "--vkey", server.vkey, "--require-full")
        assert required.code == 1
        assert required.out.count("rule withheld: the server shows no body of this entry") == 3
        assert run("audit", server.url, "--public", "--require-full").code == 2
