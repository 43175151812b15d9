"""What grants of each depth show of a single lot: until they are revoked, and nothing of the lot's neighbours."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from support.recipes import OF_MILL, OF_PIT, Secrets, leaks, secrets
from support.revising import digest_of
from support.server import Posted

from ledger.core.receipts.receipt import read_receipt, verify_receipt
from ledger.core.receipts.statement import read_statement
from ledger.core.record.kinds import Grant, GrantRevocation, GrantScope, Product
from ledger.footprint.derived.statements import check_statement

UNTIL: Final = "2034-12-31T00:00:00Z"
SIZES: Final = ("5432.5", "urn:example:mill:steel")
"""Of the granted lot, which its grantee may know."""
HIDDEN: Final = tuple([secret for secret in OF_MILL if secret not in SIZES])


@pytest.fixture(scope="module")
def chain() -> Iterator[Secrets]:
    with secrets() as made:
        yield made


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


def ask(chain: Secrets, path: str, **parameters: str) -> Any:
    answer = chain.callers.get(chain.rival.id, path, parameters)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_grant_of_a_figure_shows_no_recipe(granted: Secrets) -> None:
    steel, digest = granted.mill.name("steel"), granted.digests["steel"]
    figure = ask(granted, "/v1/footprint", lot=steel, findings="all", averages="true")
    lots = ask(granted, "/v1/lots", lot=steel)
    page = ask(granted, "/v1/show", name=steel)
    record = ask(granted, f"/v1/records/{digest}")
    receipt = ask(granted, f"/v1/records/{digest}/proof")
    stated = ask(granted, "/v1/statement", lot=steel)
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
            assert ask(chain, "/v1/lots", lot=mill.name("steel")).json()[0]["holder"] == mill.id
            assert ask(chain, f"/v1/records/{chain.digests['steel']}").json()["leaves"]
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
    record = ask(chain, f"/v1/records/{chain.digests['steel']}").json()
    assert [leaf["index"] for leaf in record["leaves"]] == [0, 1, 2]
    assert record["body"]["facility"] == chain.mill.name("site")
    figure = ask(chain, "/v1/footprint", lot=chain.mill.name("steel"), findings="all")
    assert leaks(figure.content, OF_PIT[1:]) == []
    stated = ask(chain, "/v1/statement", lot=chain.mill.name("steel"))
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
    body = ask(chain, f"/v1/records/{masters['site']}").json()["body"]
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
    assert [answer.status_code for answer in answers] == [404, 200, 404]
    assert answers[0].content == answers[2].content
