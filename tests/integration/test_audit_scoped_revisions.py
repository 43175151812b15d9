"""Scoped audits of a log with revisions, a group and an erasure: hidden records that change visible ones."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from msgspec.structs import replace
from support.callers import Callers
from support.inside import inside
from support.parties import enrolment
from support.revising import change, digest_of
from support.scoped_audits import Lie, audited, found, rows_changed, seen
from support.sectors import Make
from support.server import Posted, prepared_home
from support.workshop import LATER, Workshop

from ledger.client.audit.source.interface import EntryRow
from ledger.core.record.kinds import Amendment, AppointedReader, Erasure, Grant, GrantScope

UNTIL: Final = "2034-12-31T00:00:00Z"


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
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            if name == "mill":
                entered = replace(entered, parent=shops["group"].id)
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        _, mine, mill, forge, auditor = shops.values()
        ore = mine.mine("ore", "100", co2="37")
        plate = bought(mill, mine, "ore-sold", "20", "plate")
        posted: dict[str, Posted] = {
            "ore": ore, "sold": mine.send("ore", "60", mill, "ore-sold"), "plate": plate,
            "plate-sold": mill.send("plate", "10", forge, "plate-sold"),
            "part": bought(forge, mill, "plate-sold", "5", "part"),
            "ore-corrected": amended(mine, ore, activity=Make(co2="91")),
            "sheet": bought(mill, mine, "ore-sold", "10", "sheet", **LATER),
            "plate-corrected": amended(mill, plate, activity=Make(co2="3")),
            "wire": bought(forge, mill, "plate-sold", "2", "wire", **LATER),
            **{f"grant-{shop.id}": shop.signed(Grant(
                issuer=shop.id, nonce=shop.nonce(), depth="full", until=UNTIL, purpose="audit", grantee=auditor.id))
                for shop in (mill, forge)},
        }
        at = {name: ledger.post([one])[0].index for name, one in posted.items()}
        at["erasure"] = ledger.post([(ledger.registrar, Erasure(
            issuer=ledger.registrar.id, nonce=auditor.nonce(), record=digest_of(posted["sold"]),
            legal_basis="Article 17"))])[0].index
        yield Chain(Callers(ledger), shops, at)


def bought(shop: Workshop, seller: Workshop, lot: str, kg: str, made: str, **fields: Any) -> Posted:
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
    assert scope is not None
    assert set(scope.readable) == {chain.shops["group"].id, chain.shops["mill"].id}
    mill = audited(chain.callers, chain.shops["mill"].id).scope
    assert mill is not None
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
        for one in (ore, mine.send("ore", "60", mill, "ore-sold"), bought(mill, mine, "ore-sold", "20", "plate"),
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
        assert listed() == []
        assert noted() == []
        granted("plate")
        assert listed() == [corrected]
        assert noted() == ["/v1/audit/revisions"]
        assert audited(callers, rival.id).ok
        before = len(noted())
        ledger.post([(ledger.registrar, AppointedReader(
            issuer=ledger.registrar.id, nonce=mill.nonce(), organization=authority.id, purpose="supervision"))])
        assert callers.get(authority.id, "/v1/audit/revisions").json()["counted"] == 1
        assert noted()[:-before] == ["/v1/audit/revisions"]
