"""Published passports on a real server, and that everything else answers the same bytes."""

import re
from collections.abc import Iterator
from typing import Any, Final

import httpx
import msgspec
import pytest
import segno
from msgspec import Raw
from support.doubtful_routes import END, START, STEEL, Signer, slab
from support.oauth import bearer, by_key, token_of
from support.revising import digest_of
from support.sectors import MAKE, Make
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop, kilograms

from ledger.access.links import link_digest
from ledger.core.record.kinds import (
    Grant,
    GrantRevocation,
    GrantScope,
    PassportPublication,
    Product,
    PublicationEnd,
    Transformation,
)
from ledger.core.record.values import Flow, Output

LINK: Final = "https://id.gs1.org"
GTIN: Final = "/01/09521234543213"
SECRETS: Final = ("holder", "owner", "quantity", "inputs", "direct", "facility", "sender", "record", "index", "lot",
                  "remaining", "share", "study", "attestations")
"""Fields of a footprint that no passport has."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as serving:
        yield serving
        done = serving.audit()
        assert done.returncode == 0, done.stdout + done.stderr


def passport(server: Server, **named: str) -> httpx.Response:
    return httpx.get(f"{server.url}/v1/passport", params=named, timeout=60)


def shown(server: Server, **named: str) -> dict[str, Any]:
    answer = passport(server, **named)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def modules_of(page: str) -> list[list[int]]:
    """The dark modules of the QR code on a page, from its path of horizontal strokes, without the margin."""
    drawn = re.search(r'class="code">.*?stroke="#000" d="([^"]+)"', page)
    assert drawn is not None
    dark, x, y = set(), 0, 0.0
    for step, numbers in re.findall(r"([Mmh])([-\d. ]+)", drawn[1]):
        first, *rest = map(float, numbers.split())
        if step == "h":
            dark.update((int(y), x + at) for at in range(int(first)))
        x, y = (int(first), rest[0]) if step == "M" else (x + int(first), y + sum(rest))
    side = int(max(y for y, _ in dark)) + 1
    return [[int((y, x) in dark) for x in range(4, side)] for y in range(4, side)]


class Shop(Workshop):
    """It also owns a GTIN, under which its items are named."""

    def enrolment(self, server: Server) -> Posted:
        registrar, record = super().enrolment(server)
        return registrar, msgspec.structs.replace(record, prefixes=[*record.prefixes, *self.extra])

    extra: tuple[str, ...] = ()

    def ends(self, published: Posted) -> Posted:
        return self.signed(PublicationEnd(issuer=self.id, nonce=self.nonce(), publication=digest_of(published)))


def shop(server: Server, name: str, *extra: str) -> Shop:
    opened = Shop(name)
    opened.extra = extra
    server.post([opened.enrolment(server), *opened.opening(), opened.mine("ore", "100", co2="7")])
    return opened


def test_a_published_lot_shows_its_figure_and_nothing_upstream(server: Server) -> None:
    mill = shop(server, "mill")
    server.post([mill.make({"pot": "10"}, {"ore": "50"}), mill.publish(lot=mill.name("pot"))])
    answer = shown(server, lot=mill.name("pot"))
    assert (answer["id"], answer["product"]) == (mill.name("pot"), mill.name("part"))
    # 1 kg of its own and half of the ore's 7 kg, by 10 kg.
    assert (answer["footprint"], answer["unit"]) == (pytest.approx(4.5 / 10), "KGM")
    assert answer["title"]
    assert set(answer) & set(SECRETS) == set()
    text = msgspec.json.encode(answer).decode()
    assert mill.name("ore") not in text
    assert mill.name("site") not in text


def test_unknown_unpublished_and_ended_are_the_same_bytes(server: Server) -> None:
    mill = shop(server, "silent")
    server.post([mill.make({"pot": "10"}, {"ore": "50"})])
    published = mill.publish(lot=mill.name("pot"))
    before = passport(server, lot=mill.name("pot"))
    server.post([published])
    assert passport(server, lot=mill.name("pot")).status_code == 200
    server.post([mill.ends(published)])
    ended = passport(server, lot=mill.name("pot"))
    others = [
        passport(server, lot=mill.name("none")), passport(server, item=mill.name("pot-no-1")),
        passport(server, lot="nonsense"), passport(server, item=f"{LINK}{GTIN}/21/none"),
        httpx.get(f"{server.url}{GTIN}/21/none"), httpx.get(f"{server.url}/01/0/21/none"),
        httpx.get(f"{server.url}/8004/952123454321"),
    ]
    assert (before.status_code, before.json()["code"]) == (404, "no-passport")
    assert {answer.status_code for answer in (ended, *others)} == {404}
    assert {answer.content for answer in (ended, *others)} == {before.content}
    assert {tuple(sorted(set(answer.headers) - {"date"})) for answer in (ended, *others)} == {
        tuple(sorted(set(before.headers) - {"date"}))}


def test_a_product_publishes_the_lots_that_its_owner_makes(server: Server) -> None:
    """A buyer who hands them on publishes no lot by that."""
    mill, smith, buyer = shop(server, "maker"), shop(server, "seller"), shop(server, "buyer")
    server.post([mill.publish(product=mill.name("part")), mill.make({"pot": "10"}, {"ore": "50"}),
                 mill.send("pot", "5", smith, "sent")])
    assert shown(server, lot=mill.name("pot"))["footprint"] == shown(server, lot=mill.name("sent"))["footprint"]
    resold = smith.send("pot", "1", buyer, "resold")
    server.post([(smith.party, msgspec.structs.replace(resold[1], lot=mill.name("sent")))])
    assert passport(server, lot=smith.name("resold")).status_code == 404


def test_what_a_supplier_lets_be_published_is_shown_as_long_as_it_lets_it(server: Server) -> None:
    """By its grant alone; and a grant that ended, or of another product, shows nothing any more."""
    mill, smith = shop(server, "letting"), shop(server, "let")
    server.post([mill.make({"pot": "10"}, {"ore": "50"}), mill.send("pot", "5", smith, "sent")])
    shows = smith.publish(lot=mill.name("sent"))
    (refused,) = server.submit(server.envelopes([shows]))
    assert isinstance(refused, dict)
    assert refused["code"] == "unknown-maker"
    lets = mill.signed(Grant(
        issuer=mill.id, nonce=mill.nonce(), grantee=smith.id, depth="totals", until="2034-12-31T00:00:00Z",
        purpose="labels", scope=GrantScope(product=mill.name("part")), publish=True))
    server.post([lets, shows, mill.make({"own": "1"}, ore="1")])
    hidden = passport(server, lot=mill.name("own"))
    assert shown(server, lot=mill.name("sent"))["footprint"] > 0
    server.post([mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(lets)))])
    assert passport(server, lot=mill.name("sent")).content == hidden.content


def test_goods_of_others_that_are_handed_on_later_end_the_passports_of_their_product(server: Server) -> None:
    mill, packer = shop(server, "grower"), shop(server, "packer")
    tea = next(record for _, record in packer.opening() if isinstance(record, Product))
    names = {one: one.name("tea") for one in (mill, packer)}
    server.post([one.signed(msgspec.structs.replace(
        tea, issuer=one.id, id=names[one], nonce=one.nonce(), classifications={"hs": "090210"})) for one in names])

    def brew(one: Shop, lot: str, source: dict[str, str], of: str) -> Posted:
        made = one.make({lot: "10"}, source)[1]
        return one.signed(msgspec.structs.replace(
            made, inputs=[msgspec.structs.replace(made.inputs[0], lot=of)],
            outputs=[msgspec.structs.replace(made.outputs[0], product=names[one])]))

    server.post([
        brew(mill, "leaves", {"ore": "20"}, mill.name("ore")), mill.send("leaves", "10", packer, "sold"),
        brew(packer, "own", {"ore": "20"}, packer.name("ore")), packer.publish(product=names[packer])])
    assert shown(server, lot=packer.name("own"))["footprint"] == shown(server, product=names[packer])["footprint"]
    server.post([brew(packer, "bagged", {"x": "10"}, mill.name("sold"))])
    answers = [passport(server, lot=packer.name("bagged")), passport(server, lot=packer.name("own")),
               passport(server, product=names[packer])]
    assert [answer.status_code for answer in answers] == [404] * 3


def test_a_code_on_an_item_leads_to_its_passport_and_counts_its_lives(server: Server) -> None:
    """By any domain, with attributes, and by the path on the ledger itself."""
    mill = shop(server, "scanned", f"{LINK}{GTIN}/")
    item = f"{LINK}{GTIN}/21/no-7"
    made = mill.make({}, {"ore": "10"})[1]
    gear = Output(lot=mill.name("gear"), product=mill.name("part"), quantity=kilograms("5"), role="product", item=item)
    worn = msgspec.structs.replace(mill.use({"gear": "5"})[1], outputs=[Output(
        lot=mill.name("worn"), product=mill.name("part"), quantity=kilograms("5"), role="core", item=item)])
    again = msgspec.structs.replace(
        mill.make({}, {"worn": "5"})[1], outputs=[msgspec.structs.replace(gear, lot=mill.name("gear-2"))],
        inputs=[Flow(lot=mill.name("worn"), quantity=kilograms("5"))])
    server.post([mill.signed(msgspec.structs.replace(made, outputs=[gear])), mill.publish(product=mill.name("part"))])
    assert shown(server, item=item)["lives"] == 1
    links = (item, f"https://mill.example{GTIN}/21/no-7?17=300101#scanned", f"http://shop.example/p{GTIN}/21/no-7")
    answers = [shown(server, item=link) for link in links]
    assert all(answer | {"id": item} == answers[0] for answer in answers)
    by_path = httpx.get(f"{server.url}{GTIN}/21/no-7?linkType=gs1:pip", timeout=60)
    assert by_path.json() == answers[0]
    server.post([mill.signed(worn), mill.signed(again)])
    assert shown(server, item=item)["lives"] == 2
    page, other = (httpx.get(f"{server.url}/en/lot", params={"lot": mill.name(lot)}, timeout=60, headers=bearer(
        token_of(by_key(server.url, mill.party.key, mill.id)))).text for lot in ("gear", "ore"))
    assert f"<code>{item}</code>" in page
    assert modules_of(page) == [list(row) for row in segno.make_qr(item, error="m").matrix]
    assert "GS1 Digital Link" not in other
    assert "lives" not in shown(server, lot=mill.name("ore"))


@pytest.mark.parametrize(("name", "key", "delimiter", "escapes"), [
    ("crates", "/8003/09521234543213", ":", (":", "%3A")), ("cranes", "/8004/952123454321", "=", ("=", "%3D")),
    ("hooks", "/8004/952123454399", "/", ("%2F",)),
])
def test_a_code_on_an_asset_leads_to_its_passport(
    server: Server, name: str, key: str, delimiter: str, escapes: tuple[str, ...]
) -> None:
    """The delimiter behind the prefix of its owner may be escaped in the code or not."""
    mill = shop(server, name, f"{LINK}{key}{delimiter}")
    made = mill.make({}, {"ore": "10"})[1]
    gear = Output(lot=mill.name("gear"), product=mill.name("part"), quantity=kilograms("5"), role="product",
                  item=f"{LINK}{key}{delimiter}no-7")
    server.post([mill.signed(msgspec.structs.replace(made, outputs=[gear])), mill.publish(product=mill.name("part"))])
    for escape in escapes:
        path = f"{key}{escape}no-7"
        assert httpx.get(server.url + path, timeout=60).status_code == 200, path
        assert shown(server, item=f"https://mill.example{path}")["lives"] == 1


@pytest.mark.parametrize("named", [{}, {"lot": "a", "item": "b"}, {"lot": ""}, {"lot": "x" * 3000}])
def test_a_malformed_question_names_the_parameter(server: Server, named: dict[str, str]) -> None:
    answer = passport(server, **named)
    assert (answer.status_code, answer.json()["field"]) == (400, "lot")


def test_the_secret_of_a_link_opens_what_its_grant_covers(server: Server) -> None:
    """And nothing else; a wrong secret opens nothing, nor does the right one after the revocation."""
    mill, secret = shop(server, "linking"), "a secret of the test"
    server.post([mill.make({lot: "10"}, {"ore": "20"}) for lot in ("shared", "kept")])
    given = mill.signed(Grant(
        issuer=mill.id, nonce=mill.nonce(), link=link_digest(secret), depth="totals", until="2034-12-31T00:00:00Z",
        purpose="loan", scope=GrantScope(lot=mill.name("shared"))))
    server.post([given])

    def token(tried: str) -> httpx.Response:
        return httpx.post(f"{server.url}/auth/token", data={"grant_type": "client_credentials"},
                          auth=(digest_of(given), tried), timeout=60)

    def status(lot: str, bearer: str) -> int:
        return httpx.get(f"{server.url}/v1/lots", params={"lot": mill.name(lot)},
                         headers={"Authorization": f"Bearer {bearer}"}, timeout=60).status_code

    assert token("another secret").status_code == 401
    bearer = token(secret).json()["access_token"]
    assert [status(lot, bearer) for lot in ("shared", "kept", "ore")] == [200, 404, 404]
    server.post([mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))])
    assert (status("shared", bearer), token(secret).status_code) == (401, 401)


def test_questions_travel_by_code_and_those_of_upstream_by_their_share() -> None:
    """The slab is far below the range of its product. Its own passport names the finding, with the kg per unit; the
    part's passport does not, but its figure is questioned as much."""
    with prepared_home() as home, Server(home, CARBON_LEDGER_FACTOR_SETS="all") as server:
        maker = Signer(server, "stockist")
        server.post([maker.product(name, "works", STEEL) for name in ("slab", "part")])
        server.post([slab(maker, "10").posted])
        server.post([maker.signed(
            Transformation, facility=maker.name("site"), process=MAKE, start=START, end=END,
            activity=Raw(msgspec.json.encode(Make(co2="1"))),
            inputs=[Flow(lot=maker.name("lot:slab"), quantity=kilograms("500"))],
            outputs=[Output(lot=maker.name("lot:part"), product=maker.name("part"), quantity=kilograms("500"),
                            role="product")])])
        server.post([maker.signed(PassportPublication, lot=maker.name(f"lot:{lot}")) for lot in ("slab", "part")])
        own, part = [shown(server, lot=maker.name(f"lot:{lot}")) for lot in ("slab", "part")]
        whole = httpx.get(f"{server.url}/v1/footprint", params={"lot": maker.name("lot:slab")}, timeout=60).json()
    (finding,) = [one for one in whole["findings"] if one["own"]]
    per_unit = finding["questioned"] / float(whole["lot"]["quantity"]["value"])
    assert per_unit > 0
    assert own["findings"] == [
        {"code": finding["code"], "severity": finding["severity"], "questioned": pytest.approx(per_unit)}]
    assert own["questionedShare"] == pytest.approx(whole["questionedShare"])
    assert part["questionedShare"] > 0.5
    assert finding["code"] not in [one["code"] for one in part.get("findings", ())]


def test_a_published_product_shows_the_average_of_its_lots(server: Server) -> None:
    """Of the year up to its newest production, weighted by quantity."""
    mill = shop(server, "averaging")
    product = mill.name("part")
    before = passport(server, product=product)
    assert (before.status_code, before.json()["code"]) == (404, "no-passport")
    assert before.content == passport(server, product="nonsense").content
    published = mill.publish(product=product)
    server.post([published])
    server.post([mill.make({"pot": "10"}, {"ore": "50"}), mill.make({"pan": "5"}, {"ore": "30"})])
    old = mill.make({"old": "10"}, {"ore": "20"})[1]
    server.post([mill.signed(msgspec.structs.replace(old, start="2019-01-01T00:00:00Z", end="2019-01-02T00:00:00Z"))])
    lots = {name: shown(server, lot=mill.name(name)) for name in ("ore", "pot", "pan", "old")}
    weights = {"ore": 100, "pot": 10, "pan": 5}
    answer = shown(server, product=product)
    assert answer["id"] == answer["product"] == product
    assert answer["footprint"] == pytest.approx(
        sum(weight * lots[name]["footprint"] for name, weight in weights.items()) / sum(weights.values()))
    assert (answer["from"], answer["to"]) == ("2024-03-02T00:00:00Z", "2025-03-02T00:00:00Z")
    assert set(answer) & set(SECRETS) == set()
    text = msgspec.json.encode(answer).decode()
    assert not [name for name in ("ore", "site", "pot", "pan") if mill.name(name) in text]
    server.post([mill.ends(published)])
    assert passport(server, product=product).content == before.content


def test_a_product_publishes_no_lots_that_were_made_for_others(server: Server) -> None:
    """A toller's product has the lots of its own material alone, and so have its average and the deliveries."""
    owner, toller, store = shop(server, "consignor"), shop(server, "worker"), shop(server, "store")
    given, made = owner.send("ore", "40", toller, "given")[1], toller.make({"plate": "20"}, {"x": "40"})[1]
    plate = msgspec.structs.replace(
        made, inputs=[msgspec.structs.replace(made.inputs[0], lot=owner.name("given"))],
        outputs=[msgspec.structs.replace(made.outputs[0], owner=owner.id)])
    server.post([
        owner.signed(msgspec.structs.replace(given, purpose="custody")), toller.signed(plate),
        toller.make({"sheet": "10"}, {"ore": "30"}), toller.publish(product=toller.name("part")),
        *[toller.signed(msgspec.structs.replace(toller.send(lot, "4", to, name)[1], purpose=purpose))
          for lot, to, name, purpose in (("plate", owner, "back", "return"), ("plate", store, "kept", "storage"),
                                         ("sheet", store, "own-kept", "storage"), ("sheet", owner, "sold", "sale"))]])
    hidden = [passport(server, lot=toller.name(lot)) for lot in ("plate", "back", "kept")]
    assert [answer.status_code for answer in hidden] == [404, 404, 404]
    lots = {name: shown(server, lot=toller.name(name)) for name in ("ore", "sheet", "own-kept", "sold")}
    assert shown(server, product=toller.name("part"))["footprint"] == pytest.approx(
        (100 * lots["ore"]["footprint"] + 10 * lots["sheet"]["footprint"]) / 110)


def test_a_product_that_was_made_for_others_alone_has_no_passport(server: Server) -> None:
    owner, toller = shop(server, "principal"), Shop("agent")
    given, made = owner.send("ore", "40", toller, "given")[1], toller.make({"plate": "20"}, {"x": "40"})[1]
    server.post([toller.enrolment(server), *toller.opening()])
    server.post([owner.signed(msgspec.structs.replace(given, purpose="custody")), toller.signed(msgspec.structs.replace(
        made, inputs=[msgspec.structs.replace(made.inputs[0], lot=owner.name("given"))],
        outputs=[msgspec.structs.replace(made.outputs[0], owner=owner.id)]))])
    before = passport(server, product=toller.name("part"))
    server.post([toller.publish(product=toller.name("part"))])
    assert passport(server, product=toller.name("part")).content == before.content
    server.post([toller.make({"own": "1"}, ore="1"), toller.publish(product=toller.name("part"))])
    assert shown(server, product=toller.name("part"))["footprint"] == shown(server, lot=toller.name("own"))["footprint"]


def test_the_code_of_a_class_leads_to_its_product(server: Server) -> None:
    """By the GTIN of its items, or of its own id with a variant; on any domain, and by the path."""
    code = "/01/09521234543220"
    mill = shop(server, "coded", f"{LINK}{code}/")
    made = mill.make({}, {"ore": "10"})[1]
    gear = Output(lot=mill.name("gear"), product=mill.name("part"), quantity=kilograms("5"), role="product",
                  item=f"{LINK}{code}/21/no-1")
    server.post([mill.signed(msgspec.structs.replace(made, outputs=[gear]))])
    links = (f"{LINK}{code}", f"https://mill.example{code}?17=300101")

    def asked() -> list[httpx.Response]:
        return [httpx.get(f"{server.url}{code}", timeout=60), *[passport(server, product=link) for link in links]]

    unpublished = asked()
    assert {answer.status_code for answer in unpublished} == {404}
    assert {answer.content for answer in unpublished} == {passport(server, product="nonsense").content}
    server.post([mill.publish(product=mill.name("part"))])
    answers = [answer.json() for answer in asked()]
    assert [answer["product"] for answer in answers] == [mill.name("part")] * 3
    assert answers[0]["footprint"] == shown(server, product=mill.name("part"))["footprint"]
    # The item has its own passport beside that of its class; another class has none.
    assert shown(server, item=f"{LINK}{code}/21/no-1")["lives"] == 1
    assert httpx.get(f"{server.url}/01/09521234543237", timeout=60).status_code == 404
    variant = f"{LINK}{code}/22/2A"
    body = next(record for _, record in mill.opening() if isinstance(record, Product))
    second = mill.make({}, {"ore": "20"})[1]
    server.post([
        mill.signed(msgspec.structs.replace(body, id=variant, nonce=mill.nonce())),
        mill.signed(msgspec.structs.replace(second, outputs=[
            msgspec.structs.replace(gear, lot=mill.name("gear-2"), product=variant, item=None)])),
        mill.publish(product=variant)])
    assert httpx.get(f"{server.url}{code}/22/2A", timeout=60).json()["product"] == variant
    assert httpx.get(f"{server.url}{code}", timeout=60).json()["product"] == variant
