"""What whoever received a lot sees of it: the committed figure with its quality, and nothing of how it is made, in
figures, lists, statements, records and receipts; and what a grant of each depth adds. Each answer is searched for
the secrets of the supplier."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from click.testing import CliRunner
from rich.console import Console
from support.asking import route_of
from support.recipes import OF_MILL, OF_PIT, Secrets, leaks, secrets
from support.revising import amend, change, digest_of
from support.sectors import Make
from support.server import Posted

from ledger.answers.lists import LotListAnswer, ShownAnswer, TransferListAnswer
from ledger.answers.stored import FootprintAnswer, LotAnswer
from ledger.cli.buyer.footprint import footprint_report
from ledger.cli.buyer.summary.report import summary_report
from ledger.cli.lookup.lots import _CSV, _TABLE
from ledger.cli.lookup.show import shown_report
from ledger.cli.root import cli
from ledger.client.verify.bundle import TOTALS
from ledger.core.receipts.bundle import TAG, Bundle
from ledger.core.receipts.receipt import read_receipt, verify_receipt
from ledger.core.receipts.statement import Claims, read_statement, sign_statement
from ledger.core.receipts.statement_steps import Proven
from ledger.core.record import canonical
from ledger.core.record.kinds import Grant, GrantRevocation, GrantScope, KeyChange, Product
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.errors import VerificationError
from ledger.footprint.derived.statements import check_statement
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
    assert (leaks(answer.content, OF_MILL), shown["sight"]) == ([], "totals")
    assert {"direct", "share", "inputs", "factors", "indicators", "averages"}.isdisjoint(shown)
    assert shown["footprint"] > 0
    assert shown["burdens"]
    assert shown["completeness"]
    assert shown["title"]
    assert (shown["lot"]["remaining"], shown["lot"]["sender"]) == ("0.5", chain.mill.id)
    assert {"facility", "process"}.isdisjoint(shown["lot"])
    assert shown["study"]["geographyCountry"] == "CN"
    full = ask(chain, chain.mill.id, "/v1/footprint", lot=chain.steel).json()
    assert (shown["burdens"], shown["contents"]) == (full["burdens"], full["contents"])
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
    assert (leaks(answer.content, OF_MILL), shown["sight"]) == ([], "part")
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
    assert (leaks(answer.content, OF_MILL), lot["remaining"], lot["sight"]) == ([], "0.5", "totals")


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
        assert ([doubt["issuer"] for doubt in received["inDoubt"]], len(received["limitations"])) == ([pit.id], 2)
        whole = ask(chain, pit.id, "/v1/footprint", lot=pit.name("coal-sent")).json()
        assert len(whole["inDoubt"]) == 2
        assert DOUBTED not in whole["limitations"]


def printed(parts: Sequence[Any]) -> str:
    console = Console(file=io.StringIO(), width=200)
    for part in parts:
        console.print(part)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_stock_has_no_data_of_the_suppliers(chain: Secrets) -> None:
    answer = ask(chain, chain.forge.id, "/v1/lot-list", holder=chain.forge.id)
    assert leaks(answer.content, OF_MILL) == []
    lots = {lot.lot: lot for lot in msgspec.json.decode(answer.content, type=LotListAnswer).lots}
    assert (lots[chain.steel].sight, lots[chain.steel].remaining) == ("totals", "0.5")
    assert lots[chain.steel].facility is None
    own = lots[chain.forge.name("gear")]
    assert (own.sight, own.facility) == (None, chain.forge.name("site"))
    for columns in (_TABLE, _CSV):
        assert [column.value(lots[chain.steel]) for column in columns]


def test_a_filter_finds_no_hidden_facility(chain: Secrets) -> None:
    """Otherwise guesses would show where goods were made."""
    answers = [ask(chain, chain.forge.id, "/v1/lot-list", holder=chain.forge.id, facility=facility).json()
               for facility in (chain.mill.name("site"), chain.mill.name("no-site"))]
    assert (answers[0], answers[0]["lots"]) == (answers[1], [])
    own = ask(chain, chain.forge.id, "/v1/lot-list", holder=chain.forge.id, facility=chain.forge.name("site")).json()
    assert [lot["lot"] for lot in own["lots"]] == [chain.forge.name("gear")]


def test_received_goods_have_their_committed_figures(chain: Secrets) -> None:
    answer = ask(chain, chain.forge.id, "/v1/received", organization=chain.forge.id)
    assert leaks(answer.content, OF_MILL) == []
    (transfer,) = msgspec.json.decode(answer.content, type=TransferListAnswer).transfers
    assert (transfer.lot, transfer.sender, transfer.state) == (chain.steel, chain.mill.id, "used")


def test_a_sender_does_not_see_the_use_of_its_goods(chain: Secrets) -> None:
    (transfer,) = ask(chain, chain.mill.id, "/v1/delivered", organization=chain.mill.id).json()["transfers"]
    assert transfer["state"] == "open"


def test_records_are_of_their_issuer(chain: Secrets) -> None:
    answer = ask(chain, chain.forge.id, "/v1/record-list", issuer=chain.forge.id)
    assert leaks(answer.content, OF_MILL) == []
    assert {record["issuer"] for record in answer.json()["records"]} == {chain.forge.id}


def test_the_page_of_a_received_lot(chain: Secrets) -> None:
    answer = ask(chain, chain.forge.id, "/v1/show", name=chain.steel)
    assert leaks(answer.content, OF_MILL) == []
    shown = msgspec.json.decode(answer.content, type=ShownAnswer)
    assert shown.sight == "totals"
    assert shown.lot is not None
    assert shown.lot.facility is None
    assert (shown.entered.facility, shown.entered.process, shown.entered.lots) == (None, None, 0)
    assert "you see the figure, not how it is made" in printed(list(shown_report(shown)))
    sender = ask(chain, chain.mill.id, "/v1/show", name=chain.steel)
    assert "remaining" not in sender.json()["lot"]
    assert "None left" not in printed(list(shown_report(msgspec.json.decode(sender.content, type=ShownAnswer))))


@pytest.mark.parametrize("by", ["digest", "index"])
def test_the_page_of_a_record_shows_its_body_to_the_parties(chain: Secrets, by: str) -> None:
    digest = chain.digests["sent"]
    index = chain.callers.get(chain.mill.id, f"/v1/records/{digest}").json()["index"]
    name = digest if by == "digest" else str(index)
    receiver = ask(chain, chain.forge.id, "/v1/show", name=name).json()
    assert (receiver["body"]["lot"], receiver["sight"]) == (chain.mill.name("steel"), "totals")
    assert "sight" not in ask(chain, chain.mill.id, "/v1/show", name=name).json()
    unknown = "0" * 64 if by == "digest" else "99999"
    answers = [chain.callers.get(chain.rival.id, "/v1/show", {"name": one}) for one in (name, unknown)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content.replace(name.encode(), b"?") == answers[1].content.replace(unknown.encode(), b"?")


@pytest.mark.parametrize("short", ["site", "part", "steel", "slab"])
def test_things_of_the_supplier_are_as_unknown_as_others(chain: Secrets, short: str) -> None:
    names = (chain.mill.name(short), chain.mill.name(f"no-{short}"))
    answers = [chain.callers.get(chain.forge.id, "/v1/show", {"name": name}) for name in names]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content.replace(names[0].encode(), b"?") == answers[1].content.replace(names[1].encode(), b"?")


def test_the_commands_say_what_is_left_out(chain: Secrets) -> None:
    parameters = {"lot": chain.steel, "findings": "all", "averages": "true"}
    content = ask(chain, chain.forge.id, "/v1/footprint", **parameters).content
    answer = msgspec.json.decode(content, type=FootprintAnswer)

    def asked(lot: str) -> FootprintAnswer:
        content = ask(chain, chain.forge.id, "/v1/footprint", lot=lot).content
        return msgspec.json.decode(content, type=FootprintAnswer)

    for report in (summary_report(answer, asked), footprint_report(answer)):
        text = printed(list(report))
        assert "you see the figure, not how it is made" in text
        assert leaks(text.encode(), OF_MILL) == []
        assert "None" not in text
    own = printed(list(summary_report(asked(chain.forge.name("gear")), asked)))
    assert "hidden records upstream are left out" in own
    assert chain.steel in own


def test_lots_can_be_read_by_clients(chain: Secrets) -> None:
    content = ask(chain, chain.forge.id, "/v1/lots", lot=chain.steel).content
    assert msgspec.json.decode(content, type=list[LotAnswer])[0].process is None


UNTIL: Final = "2034-12-31T00:00:00Z"
SIZES: Final = ("5432.5", "urn:example:mill:steel")
"""Of the granted lot, which its grantee may know."""
HIDDEN: Final = tuple([secret for secret in OF_MILL if secret not in SIZES])


@pytest.fixture(params=["totals", "stages", "suppliers"])
def granted(request: pytest.FixtureRequest, chain: Secrets) -> Iterator[Secrets]:
    """The rival may see the figure of the steel."""
    given = grant(chain, request.param)
    chain.inside.post([given])
    yield chain
    revoke(chain, given)


def grant(chain: Secrets, depth: str, scope: GrantScope | None = None) -> Posted:
    mill = chain.mill
    return mill.signed(Grant(
        issuer=mill.id, nonce=mill.nonce(), grantee=chain.rival.id, depth=depth,
        scope=scope or GrantScope(lot=mill.name("steel")), until=UNTIL, purpose="tender"))


def revoke(chain: Secrets, given: Posted) -> None:
    mill = chain.mill
    chain.inside.post([mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))])


def ask_rival(chain: Secrets, path: str, **parameters: str) -> Any:
    return ask(chain, chain.rival.id, path, **parameters)


def test_a_grant_of_a_figure_shows_no_recipe(granted: Secrets) -> None:
    steel, digest = granted.mill.name("steel"), granted.digests["steel"]
    figure = ask_rival(granted, "/v1/footprint", lot=steel, findings="all", averages="true")
    lots = ask_rival(granted, "/v1/lots", lot=steel)
    page = ask_rival(granted, "/v1/show", name=steel)
    record = ask_rival(granted, f"/v1/records/{digest}")
    receipt = ask_rival(granted, f"/v1/records/{digest}/proof")
    stated = ask_rival(granted, "/v1/statement", lot=steel)
    for answer in (figure, lots, page, record, receipt, stated):
        assert leaks(answer.content, HIDDEN) == [], answer.url
    assert figure.json()["sight"] == lots.json()[0]["sight"] == page.json()["sight"] == "totals"
    assert "remaining" not in lots.json()[0]
    assert "body" not in record.json()
    assert [leaf["index"] for leaf in record.json()["leaves"]] == [1]
    verify_receipt(read_receipt(receipt.content), granted.inside.vkey)
    assert check_statement(read_statement(stated.content), granted.inside.vkey).assessment is None


@pytest.mark.parametrize(("depth", "status"), [("totals", 404), ("stages", 404), ("suppliers", 200)])
def test_the_figures_of_a_product_or_period_name_no_customer(chain: Secrets, depth: str, status: int) -> None:
    mill, questions = chain.mill, [
        (f"/v1/records/{chain.digests['sent']}", {}), (f"/v1/records/{chain.digests['sent']}/proof", {}),
        ("/v1/show", {"name": chain.steel}), ("/v1/lots", {"lot": chain.steel})]
    for scope in (GrantScope(product=mill.name("part")), GrantScope(start="2025-01-01T00:00:00Z")):
        given = grant(chain, depth, scope)
        chain.inside.post([given])
        try:
            answers = [chain.callers.get(chain.rival.id, path, parameters) for path, parameters in questions]
            assert [answer.status_code for answer in answers] == [status] * 4
            assert ask_rival(chain, "/v1/lots", lot=mill.name("steel")).json()[0]["holder"] == mill.id
            assert ask_rival(chain, f"/v1/records/{chain.digests['steel']}").json()["leaves"]
        finally:
            revoke(chain, given)


def test_other_lots_of_the_record_stay_hidden(granted: Secrets) -> None:
    for path, parameter in (("/v1/footprint", "lot"), ("/v1/lots", "lot"), ("/v1/statement", "lot"),
                            ("/v1/show", "name")):
        for lot in ("slab", "delivered"):
            answer = granted.callers.get(granted.rival.id, path, {parameter: granted.mill.name(lot)})
            assert answer.status_code == 404, (path, lot)


def test_a_full_grant_shows_the_record_and_nothing_of_its_suppliers(chain: Secrets) -> None:
    given = grant(chain, "full")
    chain.inside.post([given])
    record = ask_rival(chain, f"/v1/records/{chain.digests['steel']}").json()
    assert [leaf["index"] for leaf in record["leaves"]] == [0, 1, 2]
    assert record["body"]["facility"] == chain.mill.name("site")
    figure = ask_rival(chain, "/v1/footprint", lot=chain.mill.name("steel"), findings="all")
    assert leaks(figure.content, OF_PIT[1:]) == []
    stated = ask_rival(chain, "/v1/statement", lot=chain.mill.name("steel"))
    assert leaks(stated.content, OF_PIT) == []
    check_statement(read_statement(stated.content), chain.inside.vkey)
    revoke(chain, given)


@pytest.mark.parametrize("scope", ["lot", "product"])
def test_a_full_grant_shows_the_site_and_the_product_of_its_records(chain: Secrets, scope: str) -> None:
    mill, forge = chain.mill, chain.forge
    named = GrantScope(lot=mill.name("steel")) if scope == "lot" else GrantScope(product=mill.name("part"))
    given = mill.signed(Grant(issuer=mill.id, nonce=mill.nonce(), grantee=chain.rival.id, depth="full", scope=named,
                              until=UNTIL, purpose="audit"))
    other = mill.signed(Product(
        issuer=mill.id, nonce=mill.nonce(), id=mill.name(f"other-{scope}"), sector="works", unit="KGM"))
    chain.inside.post([given, other])
    masters = {one: entered(chain, mill.name(one), mill.id) for one in ("site", "part", f"other-{scope}")}
    masters["site of the forge"] = entered(chain, forge.name("site"), forge.id)
    seen = [one for one, digest in masters.items()
            if chain.callers.get(chain.rival.id, f"/v1/records/{digest}").status_code == 200]
    assert seen == ["site", "part"]
    body = ask_rival(chain, f"/v1/records/{masters['site']}").json()["body"]
    assert body["id"] == mill.name("site")
    revoke(chain, given)
    assert chain.callers.get(chain.rival.id, f"/v1/records/{masters['site']}").status_code == 404


def entered(chain: Secrets, name: str, owner: str) -> str:
    """The digest of the record that entered a facility or product."""
    digest: str = chain.callers.get(owner, "/v1/show", {"name": name}).json()["entered"]["record"]
    return digest


@pytest.mark.parametrize(("start", "end", "seen"), [
    ("2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z", True), ("2025-03-01T00:00:00Z", "2025-03-01T12:00:00Z", False),
    ("2025-03-01T12:00:00Z", "2025-04-01T00:00:00Z", False)])
def test_a_grant_of_a_period_shows_the_records_that_lie_in_it(
    chain: Secrets, start: str, end: str, seen: bool
) -> None:
    """The steel was made from 1 to 2 March."""
    mill = chain.mill
    given = mill.signed(Grant(
        issuer=mill.id, nonce=mill.nonce(), grantee=chain.rival.id, depth="full", until=UNTIL, purpose="audit",
        scope=GrantScope(start=start, end=end)))
    chain.inside.post([given])
    answers = [chain.callers.get(chain.rival.id, f"/v1/records/{chain.digests['steel']}"),
               chain.callers.get(chain.rival.id, "/v1/lots", {"lot": mill.name("steel")})]
    assert [answer.status_code for answer in answers] == [200 if seen else 404] * 2
    revoke(chain, given)


def test_a_smaller_grant_shows_neither_site_nor_product(granted: Secrets) -> None:
    for name in ("site", "part"):
        digest = entered(granted, granted.mill.name(name), granted.mill.id)
        assert granted.callers.get(granted.rival.id, f"/v1/records/{digest}").status_code == 404


def test_a_revocation_acts_at_once(chain: Secrets) -> None:
    given = grant(chain, "totals")
    steel = {"lot": chain.mill.name("steel")}
    answers = []
    for act in (lambda: None, lambda: chain.inside.post([given]), lambda: revoke(chain, given)):
        act()
        answers.append(chain.callers.get(chain.rival.id, "/v1/footprint", steel))
    assert ([answer.status_code for answer in answers], answers[0].content) == ([404, 200, 404], answers[2].content)


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
        amendment = amend(chain.mill, change(chain.posted["steel"], activity=Make(co2="88.5")))
        chain.inside.post([amendment])
        index = {name: chain.callers.get(chain.party(name), f"/v1/records/{digest}").json()["index"]
                 for name, digest in chain.digests.items()}
        yield Story(chain, digest_of(amendment), index)


@pytest.fixture(params=["posted", "amended"])
def stated(request: pytest.FixtureRequest, chain: Secrets, story: Story) -> Secrets:
    """A chain, and one with an amendment that revised all figures downstream."""
    return chain if request.param == "posted" else story.chain


def statement(chain: Secrets, caller: str, lot: str) -> bytes:
    answer = chain.callers.get(caller, "/v1/statement", {"lot": lot})
    assert answer.status_code == 200, answer.text
    return answer.content


def checked(chain: Secrets, content: bytes) -> Proven:
    return check_statement(read_statement(content), chain.inside.vkey)


def test_the_receiver_gets_the_committed_figure(stated: Secrets) -> None:
    content = statement(stated, stated.forge.id, stated.steel)
    proven = checked(stated, content)
    assert leaks(content, (*OF_MILL, stated.mill.name("steel"))) == []
    claims = proven.claims
    assert proven.assessment is None
    assert (claims.share, claims.assessment, claims.inputs, claims.named) == (None, None, [], [])
    assert [record.index for record in claims.records] == [claims.record]
    whole = checked(stated, statement(stated, stated.mill.id, stated.steel)).claims
    assert (claims.figure, claims.result) == (whole.figure, whole.result)


def test_the_maker_gets_the_leaf_of_its_input(stated: Secrets) -> None:
    content = statement(stated, stated.forge.id, stated.forge.name("gear"))
    proven = checked(stated, content)
    assert leaks(content, OF_MILL) == []
    assert proven.assessment is not None
    assert [lot.lot for lot in proven.inputs] == [stated.steel]
    assert [taken.shown.index for taken in proven.claims.inputs] == [1]


def test_the_buyer_gets_nothing_of_two_hops(stated: Secrets) -> None:
    content = statement(stated, stated.buyer.id, stated.gear)
    assert leaks(content, (*OF_MILL, stated.mill.id, stated.forge.name("gear"))) == []
    assert checked(stated, content).lot.lot == stated.gear


def test_another_method_needs_the_whole_chain(chain: Secrets) -> None:
    answer = chain.callers.get(chain.forge.id, "/v1/statement", {"lot": chain.steel, "gwp": "AR5"})
    assert (answer.status_code, answer.json()["code"]) == (403, "hidden-parts")


@pytest.mark.parametrize(("field", "value", "step"), [
    ("share", "1.0", 1), ("assessment", None, 5), ("figure.footprint", "1.0", 6), ("figure.title", "footprint!", 6),
    ("validUntil", "2031-01-01T00:00:00Z", 6), ("figure.burdens", {}, 5), ("plugin", "other/1", 5),
])
def test_a_changed_statement_is_refused(chain: Secrets, field: str, value: Any, step: int) -> None:
    """Also one that the log's key has signed."""
    signers = chain.inside.ledger.publication.signers
    tree = msgspec.json.decode(read_statement(statement(chain, chain.forge.id, chain.steel)).claims)
    part, _, name = field.rpartition(".")
    (tree[part] if part else tree)[name] = tree["result"] if field == "assessment" else value
    if field == "assessment":
        tree["share"] = "1.0"
    signed = sign_statement(msgspec.json.decode(msgspec.json.encode(tree), type=Claims), *signers)
    with pytest.raises(VerificationError) as raised:
        check_statement(signed, chain.inside.vkey)
    assert raised.value.step == step


def test_verify_says_what_it_proves(chain: Secrets, tmp_path: Path) -> None:
    file = tmp_path / "statement.json"
    file.write_bytes(statement(chain, chain.forge.id, chain.steel))
    result = CliRunner().invoke(cli, ["verify", str(file), "--vkey", chain.inside.vkey, "--on", "2025-06-01"])
    assert result.exit_code == 0, result.output
    assert "6. the figure recomputes" in result.output
    assert ": not shown, only the committed figure" in result.output
    assert "the statement shows the figure, not how it is made" in result.output


def test_a_bundle_says_what_its_statement_proves(chain: Secrets, tmp_path: Path) -> None:
    receipt = chain.callers.get(chain.forge.id, f"/v1/records/{chain.digests['sent']}/proof")
    bundle = Bundle(bundle=TAG, receipt=msgspec.Raw(receipt.content),
                    statement=msgspec.Raw(statement(chain, chain.forge.id, chain.steel)))
    content = msgspec.json.encode(bundle)
    assert leaks(content, OF_MILL) == []
    file = tmp_path / "bundle.json"
    file.write_bytes(content)
    result = CliRunner().invoke(cli, ["verify", str(file), "--vkey", chain.inside.vkey, "--on", "2025-06-01"])
    assert result.exit_code == 0, result.output
    assert f"belongs to this record: {TOTALS}" in result.output
    assert chain.steel in result.output


def test_bodies_recompute_nothing_of_such_a_statement(chain: Secrets, tmp_path: Path) -> None:
    file = tmp_path / "statement.json"
    file.write_bytes(statement(chain, chain.forge.id, chain.steel))
    result = CliRunner().invoke(cli, ["verify", str(file), "--vkey", chain.inside.vkey, "--on", "2025-06-01",
                                      "--bodies", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "7. the bodies give the same parts, share, assessment and results: not recomputed" in result.output
    assert "not recomputed: the statement does not show how the figure is made" in result.output


def envelope(chain: Secrets, posted: Posted) -> bytes:
    return chain.inside.envelopes([posted])[0]


def test_the_receiver_sees_the_body_and_its_own_leaf(story: Story) -> None:
    chain = story.chain
    answer = story.get(chain.forge.id, f"/v1/records/{chain.digests['sent']}").json()
    _, record = chain.posted["sent"]
    assert (canonical.encode(answer["body"]), answer["sight"]) == (canonical.encode(record), "totals")
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
    assert ([lot.lot for lot in verified.lots], leaks(shown.content, OF_MILL)) == ([chain.steel], [])


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
        answer = chain.callers.post(who, "/v1/records", envelope(chain, chain.posted["sent"]), media_type)
        assert answer.status_code == 200
        leaves = [leaf["index"] for leaf in answer.json()["leaves"]]
        assert leaves == {"mill": [0, 1], "forge": [1]}.get(caller or "", [])
        verify_receipt(read_receipt(answer.content), chain.inside.vkey)
    checked = chain.callers.post(who, "/v1/records/check", envelope(chain, chain.posted["sent"])).json()
    assert set(checked) == {"digest", "type", "onLedger"}


def test_a_revision_shows_the_leaves_of_own_records(story: Story) -> None:
    chain, amended = story.chain, story.amended
    revised = {leaf["leaf"]["index"] for leaf in story.receipt(chain.mill.id, amended).json()["leaves"][1:]}
    assert (revised, story.places(chain.mill.id, amended)[0]) == ({story.index["steel"], story.index["sent"]}, 0)
    assert len(story.get(chain.mill.id, f"/v1/records/{amended}").json()["leaves"]) == 3
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
