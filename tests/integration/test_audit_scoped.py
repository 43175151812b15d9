"""Audits over HTTP by callers who may read only a part of the log: the checks, the limits that the report states, and
the lies of a server that are named; also where hidden records change visible ones."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from msgspec.structs import replace
from support.callers import Callers
from support.cli import run
from support.inside import inside
from support.parties import enrolment
from support.revising import change, digest_of
from support.scoped_audits import Lie, audited, found, rows_changed, sampled, scope_changed, seen
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.workshop import LATER, Workshop

from ledger.client.audit.source.interface import EntryRow
from ledger.core.record.kinds import Acceptance, Amendment, AppointedReader, Erasure, Grant, GrantRevocation, GrantScope
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
            "secret": rival.mine("secret", "777", co2="4242.4242"),
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
    assert set(scope.readable) == {trade["mill"].id, trade["auditor"].id}
    assert scope.given >= 1
    assert scope.visible + scope.party + scope.hidden == report.size == report.entries
    assert scope.hidden >= 15
    assert report.recomputed >= 1
    assert any("figures not" in note for note in report.notes)


def test_an_organisation_audits_its_own_records_and_its_purchases(trade: Trade) -> None:
    report = audited(trade.callers, trade["forge"].id, organization=trade["forge"].id)
    assert report.ok, report.findings
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
    assert (report.figures, report.balances, report.scope.party) == (0, 0, 0)
    assert report.signatures == report.size


def test_hidden_entries_are_faults_if_everything_is_required(trade: Trade) -> None:
    report = audited(trade.callers, trade["mill"].id, require_full=True)
    assert ("withheld", trade.at["secret"]) in found(report)
    assert audited(trade.callers, trade["office"].id, require_full=True).ok


def test_pages_hold_nothing_of_others(trade: Trade) -> None:
    everything = b"".join(seen(trade.callers, trade["office"].id).answers)
    assert trade["rival"].name("secret").encode() in everything
    assert b"4242.4242" in everything
    for caller in ("auditor", "mill", "forge", "mine", None):
        name = None if caller is None else trade[caller].id
        answers = b"".join(seen(trade.callers, name).answers)
        assert trade["rival"].name("secret").encode() not in answers
        assert b"4242.4242" not in answers
        # A transfer names the lot that it takes; its receiver sees the transfer.
        if caller not in ("mine", "mill"):
            assert (trade["mine"].name("ore") + '"').encode() not in answers


def halved(given: Any) -> Any:
    lot = msgspec.json.decode(given.lot)
    lot[23][0] = float(lot[23][0]) / 2
    return replace(given, lot=msgspec.json.encode(lot).decode())


def other_leaf(given: Any) -> Any:
    return replace(given, place=replace(given.place, leaf=given.place.leaf.replace(b"0", b"1")))


ROW_LIES: Final[dict[str, tuple[str, str, Callable[[EntryRow], EntryRow], str]]] = {
    # the caller; the record of whose row the server lies, and how; the rule that the audit names
    "a withheld record": ("auditor", "plate", lambda row: EntryRow(row.index, row.entry), "withheld"),
    "withheld results": ("auditor", "plate", lambda row: EntryRow(row.index, row.entry, row.body), "withheld"),
    "a wrong figure of a boundary lot": (
        "auditor", "plate", lambda row: replace(row, given=[halved(one) for one in row.given]), "given"),
    "a wrong leaf of a boundary lot": (
        "auditor", "plate", lambda row: replace(row, given=[other_leaf(one) for one in row.given]), "given"),
    "a missing boundary lot": ("auditor", "plate", lambda row: replace(row, given=[]), "given"),
    "a missing lot of a party": ("forge", "plate-sold", lambda row: replace(row, given=[]), "given"),
    "a wrong leaf of a visible record": ("auditor", "plate", lambda row: replace(row, leaf=b"{}"), "figures"),
}


@pytest.mark.parametrize("what", ROW_LIES)
def test_a_lie_about_a_row_is_named(trade: Trade, what: str) -> None:
    caller, record, lie, rule = ROW_LIES[what]
    index = trade.at[record]
    report = audited(trade.callers, trade[caller].id, rows_changed(lambda row: lie(row) if row.index == index else row))
    assert (rule, index) in found(report)
    told = any("which you may read, but the server shows no body" in one.message for one in report.findings)
    assert told == (what == "a withheld record")


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
    assert second.scope.visible == first.scope.visible + 1
    given = trade["forge"].signed(Grant(
        issuer=trade["forge"].id, nonce=trade["forge"].nonce(), depth="full", until=UNTIL, purpose="audit",
        grantee=name))
    trade.post(given)
    grown = audited(trade.callers, name, state=state)
    assert grown.ok, grown.findings
    assert grown.start == 0
    assert any("started from zero" in note for note in grown.notes)
    assert grown.scope.visible > second.scope.visible + 1
    forge = trade["forge"]
    trade.post(forge.signed(GrantRevocation(issuer=forge.id, nonce=forge.nonce(), grant=digest_of(given))))
    shrunk = audited(trade.callers, name, state=state)
    assert shrunk.ok, shrunk.findings
    assert shrunk.start == 0
    assert set(shrunk.scope.readable) == {name}


def test_a_grant_of_a_lot_shows_its_chain_in_full(trade: Trade) -> None:
    mill, rival = trade["mill"], trade["rival"]
    given = mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), depth="full", until=UNTIL, purpose="check",
                              grantee=rival.id, scope=GrantScope(lot=mill.name("plate"))))
    trade.post(given)
    report = audited(trade.callers, rival.id)
    assert report.ok, report.findings
    assert report.scope.given == 1
    # The site and the product of the lot are visible too, so that its figure is recomputed and not taken as committed.
    assert report.scope.adopted == 0
    trade.post(mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given))))
    after = audited(trade.callers, rival.id)
    assert after.ok, after.findings
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
        assert (required.code, required.out.count("rule withheld: the server shows no body of this entry")) == (1, 3)
        assert run("audit", server.url, "--public", "--require-full").code == 2


class Chain(NamedTuple):
    """The mine's ore goes to the mill, the mill's plate to the forge. The mine corrects its ore, which revises all of
    them; then the mill uses the rest of the ore. The mill corrects its plate. The auditor reads the mill and the forge.
    The mill belongs to the group."""

    callers: Callers
    shops: dict[str, Workshop]
    at: dict[str, int]


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = {name: Workshop(name) for name in ("group", "mine", "mill", "forge", "auditor")}
        for name, shop in shops.items():
            parent = shops["group"].id if name == "mill" else None
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce(), parent=parent)
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        _, mine, mill, forge, auditor = shops.values()
        ore = mine.mine("ore", "100", co2="37")
        plate = purchased(mill, mine, "ore-sold", "20", "plate")
        posted: dict[str, Posted] = {
            "ore": ore, "sold": mine.send("ore", "60", mill, "ore-sold"), "plate": plate,
            "plate-sold": mill.send("plate", "10", forge, "plate-sold"),
            "part": purchased(forge, mill, "plate-sold", "5", "part"),
            "ore-corrected": amended(mine, ore, activity=Make(co2="91")),
            "sheet": purchased(mill, mine, "ore-sold", "10", "sheet", **LATER),
            "plate-corrected": amended(mill, plate, activity=Make(co2="3")),
            "wire": purchased(forge, mill, "plate-sold", "2", "wire", **LATER),
            **{f"grant-{shop.id}": shop.signed(Grant(
                issuer=shop.id, nonce=shop.nonce(), depth="full", until=UNTIL, purpose="audit", grantee=auditor.id))
                for shop in (mill, forge)},
        }
        at = {name: ledger.post([one])[0].index for name, one in posted.items()}
        at["erasure"] = ledger.post([(ledger.registrar, Erasure(
            issuer=ledger.registrar.id, nonce=auditor.nonce(), record=digest_of(posted["sold"]),
            legal_basis="Article 17"))])[0].index
        yield Chain(Callers(ledger), shops, at)


def purchased(shop: Workshop, seller: Workshop, lot: str, kg: str, made: str, **fields: Any) -> Posted:
    party, record = shop.make({made: kg}, {"x": kg}, **fields)
    flow: Any = record
    return party, replace(flow, inputs=[replace(flow.inputs[0], lot=seller.name(lot))])


def amended(shop: Workshop, old: Posted, **fields: object) -> Posted:
    return shop.signed(Amendment(
        issuer=shop.id, nonce=shop.nonce(), reason="measured again", changes=[change(old, **fields)]))


@pytest.mark.parametrize("caller", ["group", "mine", "mill", "forge", "auditor"])
def test_an_honest_server_passes(chain: Chain, caller: str, tmp_path: Path) -> None:
    name = chain.shops[caller].id
    plain = audited(chain.callers, name)
    assert plain.ok, plain.findings
    assert any("balances were not compared" in note for note in plain.notes)
    spilling = audited(chain.callers, name, state=tmp_path / "state", lots_in_memory=1)
    assert spilling.ok, spilling.findings
    assert (spilling.scope, spilling.figures) == (plain.scope, plain.figures)
    again = audited(chain.callers, name, state=tmp_path / "state")
    assert again.ok, again.findings
    assert (again.start, again.scope) == (plain.size, plain.scope)


def test_a_parent_reads_its_subsidiary(chain: Chain) -> None:
    scope = audited(chain.callers, chain.shops["group"].id).scope
    assert set(scope.readable) == {chain.shops["group"].id, chain.shops["mill"].id}
    mill = audited(chain.callers, chain.shops["mill"].id).scope
    # The parent also reads its own site and product.
    assert scope.visible == mill.visible + 2


def test_a_party_sees_that_a_body_is_erased(chain: Chain) -> None:
    report = audited(chain.callers, chain.shops["mill"].id)
    assert (report.ok, report.erased) == (True, 1)


def test_a_hidden_revision_is_proved_for_later_uses(chain: Chain) -> None:
    index = chain.at["sheet"]

    def unproved(row: EntryRow) -> EntryRow:
        return replace(row, given=[replace(one, revision=None) for one in row.given]) if row.index == index else row

    name = chain.shops["auditor"].id
    assert ("given", index) in found(audited(chain.callers, name, rows_changed(unproved)))
    assert ("given", index) not in found(audited(chain.callers, name))


def revised_changed(change: Callable[[dict[str, Any]], object]) -> Lie:
    """A server that changes the rows of revised records."""
    def lie(path: str, content: bytes) -> bytes:
        if path != "/v1/audit/revised":
            return content
        rows = msgspec.json.decode(content)
        for row in rows:
            change(row)
        return msgspec.json.encode(rows)
    return lie


def test_results_of_a_hidden_revision_are_proved(chain: Chain) -> None:
    name, index = chain.shops["auditor"].id, chain.at["ore-corrected"]
    assert not any("without proof" in note for note in audited(chain.callers, name).notes)
    turned = revised_changed(lambda row: row.get("revision", {"path": []})["path"].reverse())
    assert ("outcome", index) in found(audited(chain.callers, name, turned))
    other = revised_changed(lambda row: row.update(outcome=base64.b64encode(bytes(32)).decode()))
    assert ("outcome", index) in found(audited(chain.callers, name, other))
    bare = audited(chain.callers, name, revised_changed(lambda row: row.pop("revision", None)))
    assert any("without proof" in note for note in bare.notes)


def test_pages_hold_no_bodies_of_hidden_revisions(chain: Chain) -> None:
    answers = b"".join(seen(chain.callers, chain.shops["auditor"].id).answers)
    assert b"measured again" in answers  # the mill's own
    assert b'"91"' not in answers
    assert chain.shops["mine"].name("ore-sold").encode() in answers


def test_a_grant_lists_no_revisions_beyond_it_and_its_reading_is_noted() -> None:
    """The mill grants the rival two of its lots: one of which no goods of others are a part, and one with the mine's
    ore. A correction of the ore is listed after the second grant, and the mill's access log says who read that."""
    with prepared_home() as home, inside(home, access="parties") as ledger:
        mine, mill, rival, authority = shops = [Workshop(name) for name in ("mine", "mill", "rival", "authority")]
        for shop in shops:
            ledger.post([(ledger.registrar, enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce()))])
            ledger.post(shop.opening())
        ore = mine.mine("ore", "100")
        for one in (ore, mine.send("ore", "60", mill, "ore-sold"), purchased(mill, mine, "ore-sold", "20", "plate"),
                    mill.mine("solo", "10")):
            ledger.post([one])
        callers = Callers(ledger)

        def granted(lot: str) -> None:
            ledger.post([mill.signed(Grant(
                issuer=mill.id, nonce=mill.nonce(), depth="full", until=UNTIL, purpose="check", grantee=rival.id,
                scope=GrantScope(lot=mill.name(lot))))])

        def listed() -> list[int]:
            answer = callers.get(rival.id, "/v1/audit/revisions").json()
            assert answer["counted"] == len(answer["versions"])
            return [one["record"] for one in answer["versions"]]

        def noted() -> list[str]:
            rows = callers.get(mill.id, "/v1/accesses", {"organization": mill.id}).json()["accesses"]
            return [listed["row"]["route"] for listed in rows]

        granted("solo")
        corrected = ledger.post([amended(mine, ore, activity=Make(co2="91"))])[0].index
        assert (listed(), noted()) == ([], [])
        granted("plate")
        assert (listed(), noted()) == ([corrected], ["/v1/audit/revisions"])
        assert audited(callers, rival.id).ok
        before = len(noted())
        ledger.post([(ledger.registrar, AppointedReader(
            issuer=ledger.registrar.id, nonce=mill.nonce(), organization=authority.id, purpose="supervision"))])
        assert callers.get(authority.id, "/v1/audit/revisions").json()["counted"] == 1
        assert noted()[:-before] == ["/v1/audit/revisions"]
