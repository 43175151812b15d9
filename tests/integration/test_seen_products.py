"""Products of others in one's own records, on a real database: who was not shown a product learns nothing of it by a
declared core, a supply, a pool or an amendment, posted or checked; who was shown it goes on; audits agree."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace
from support.callers import Callers
from support.inside import Inside, inside
from support.revising import amend, change
from support.server import Posted, prepared_home
from support.witness import registry
from support.workshop import END, START, Workshop, kilograms

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.run import audit
from ledger.core.record.kinds import Declaration, Grant, GrantScope, Pool, Product, Transfer, Transformation
from ledger.core.record.values import Flow, Output, PreviousLife, Quantity, Supply
from ledger.core.signatures.envelope import seal
from ledger.errors import LedgerError
from ledger.service.audit_source.database import DatabaseSource

HIDDEN: Final = ("H87", "12.53125", "0.71875", "titanium", "0.59375")
"""What the maker states of its pump: unit, mass per unit, materials, analysis."""
PUMP, GONE = "zzzzzzzzzzzzzzzz-1", "zzzzzzzzzzzzzzzz-2"
"""Both are unlike all names of others, for which refusals propose these."""
AGE: Final = PreviousLife(estimated_years="9")


@pytest.fixture(scope="module")
def ledger() -> Iterator[Inside]:
    """Audited after the module: in memory, and with one lot in memory at a time."""
    with prepared_home() as home, inside(home, access="parties") as opened:
        yield opened
        source = DatabaseSource(opened.ledger.pool, opened.ledger.identity)
        for options in ({}, {"lots_in_memory": 1}):
            report = opened.run(audit(source, registry(), AuditOptions(vkey=opened.vkey, **options)))
            assert report.ok, report.findings


def shop(ledger: Inside, name: str) -> Workshop:
    opened = Workshop(name)
    ledger.post([opened.enrolment(ledger), *opened.opening(), opened.mine("stock", "50")])
    return opened


@pytest.fixture(scope="module")
def maker(ledger: Inside) -> Workshop:
    found = shop(ledger, "pump-maker")
    ledger.post([found.signed(Product(
        issuer=found.id, nonce=found.nonce(), id=found.name(PUMP), sector="works", unit="H87",
        mass_per_unit=kilograms("12.53125"), materials={"titanium": "0.71875", "steel": "0.28125"},
        elements={"Ti": "0.59375"}))])
    return found


def core(of: str, by: Workshop, lot: str = "core", amount: str = "1 H87", **fields: Any) -> Posted:
    value, unit = amount.split()
    return by.signed(Declaration(
        issuer=by.id, nonce=by.nonce(), start=START, end=END, basis="study", boundary="none", lot=Output(
            lot=by.name(lot), product=of, quantity=Quantity(value=value, unit=unit), role="core", previous_life=AGE,
            **fields)))


def bought(of: str, by: Workshop, lot: str = "made") -> Posted:
    return by.make({lot: "1"}, supplies=[Supply(material="pumps", quantity=kilograms("9"), product=of)])


def balance(of: str, by: Workshop, lot: str = "bin") -> Posted:
    return by.signed(Pool(
        issuer=by.id, nonce=by.nonce(), id=by.name(lot), facility=by.name("site"), product=of, custody="massBalance",
        attribute="recycledPostConsumer:steel", balance_months=3))


def told(ledger: Inside, record: Posted, name: str) -> tuple[str, str]:
    """All that the ledger says to a refused record, checked and posted, without the name of the product."""
    party, body = record
    answer = Callers(ledger).post(None, "/v1/records/check", msgspec.json.encode(seal(body, party.key, ledger.origin)),
                                  "application/x-ndjson")
    (refused,) = ledger.run(ledger.submit([record]))
    assert isinstance(refused, LedgerError), refused
    checked = {key: value for key, value in msgspec.json.decode(answer.content).items() if key != "digest"}
    assert checked["code"] == refused.code == "unknown-product", (checked, refused)
    posted = [refused.message, refused.field, refused.rule, refused.allowed, refused.mend,
              [[part.message, part.code, part.field, part.rule] for part in refused.parts]]
    return repr(checked).replace(name, "PRODUCT"), repr(posted).replace(name, "PRODUCT")


NAMING: Final[dict[str, Callable[[str, Workshop], Posted]]] = {
    "core": core,
    "core in kg": lambda name, by: core(name, by, amount="3 KGM"),
    "core of stated matter": lambda name, by: core(name, by, materials={"iron": "1"}, mass=kilograms("9")),
    "supply": bought,
    "mass balance": balance,
}


@pytest.fixture(scope="module")
def stranger(ledger: Inside) -> Workshop:
    return shop(ledger, "stranger")


@pytest.mark.parametrize("record", NAMING.values(), ids=NAMING.keys())
def test_who_was_not_shown_a_product_learns_nothing_of_it(
    ledger: Inside, maker: Workshop, stranger: Workshop, record: Callable[[str, Workshop], Posted]
) -> None:
    """Not even whether it exists."""
    texts = {told(ledger, record(name, stranger), name) for name in (maker.name(PUMP), maker.name(GONE))}
    assert len(texts) == 1, texts
    assert not [word for word in HIDDEN if word in repr(texts).replace("1 H87", "")]


def test_an_amendment_names_no_more_than_a_record(ledger: Inside, maker: Workshop, stranger: Workshop) -> None:
    """A core of one's own product does not become one of another's, nor does a supply."""
    own, made = core(stranger.name("part"), stranger, "own", "1 KGM"), bought(stranger.name("part"), stranger, "mixed")
    ledger.post([own, made])
    assert isinstance(own[1], Declaration)
    assert own[1].lot is not None
    assert isinstance(made[1], Transformation)
    for name in (maker.name(PUMP), maker.name(GONE)):
        lot, supplies = replace(own[1].lot, product=name), [replace(one, product=name) for one in made[1].supplies]
        texts = [told(ledger, amend(stranger, change(own, lot=lot)), name),
                 told(ledger, amend(stranger, change(made, supplies=supplies)), name)]
        assert all("PRODUCT" in text and name not in text for pair in texts for text in pair)
    assert len({told(ledger, amend(stranger, change(own, lot=replace(own[1].lot, product=name))), name)
                for name in (maker.name(PUMP), maker.name(GONE))}) == 1


def renewed(shop: Workshop, lot: str, amount: str) -> Posted:
    """A core becomes a part."""
    party, made = shop.make({"renewed": amount})
    assert isinstance(made, Transformation)
    return party, replace(made, inputs=[Flow(lot=lot, quantity=Quantity(value="1", unit="H87"))])


def sold(maker: Workshop, to: Workshop) -> list[Posted]:
    """A pump of the maker's passes to somebody."""
    party, made = maker.make({"x": "1"}, ore="20")
    assert isinstance(made, Transformation)
    lot, one = maker.name(f"to-{to.id[-6:]}"), Quantity(value="1", unit="H87")
    made = replace(made, outputs=[replace(made.outputs[0], lot=lot, product=maker.name(PUMP), quantity=one)])
    return [(party, made), maker.signed(Transfer(
        issuer=maker.id, nonce=maker.nonce(), lot=lot, quantity=one, to=to.id, new_lot=f"{lot}-sent", time=END))]


def granted(maker: Workshop, to: Workshop, scope: GrantScope | None) -> list[Posted]:
    return [maker.signed(Grant(issuer=maker.id, nonce=maker.nonce(), depth="full", until="2034-12-31T00:00:00Z",
                               purpose="repair", grantee=to.id, scope=scope))]


SHOWN: Final[dict[str, Callable[[Workshop, Workshop], list[Posted]]]] = {
    "a lot": sold,
    "a grant": lambda maker, to: granted(maker, to, GrantScope(product=maker.name(PUMP))),
    "a grant of all": lambda maker, to: granted(maker, to, None),
}


@pytest.mark.parametrize("way", SHOWN, ids=SHOWN.keys())
def test_who_was_shown_a_product_gathers_and_renews_it(ledger: Inside, maker: Workshop, way: str) -> None:
    """A remanufacturer declares cores of the maker's product and renews one of them."""
    renewer = shop(ledger, f"renewer-{way.replace(' ', '-')}")
    name = maker.name(PUMP)
    told(ledger, core(name, renewer), name)
    ledger.post(SHOWN[way](maker, renewer))
    ledger.post([core(name, renewer), bought(name, renewer)])
    ledger.post([renewed(renewer, renewer.name("core"), "12")])
    lots = Callers(ledger).get(renewer.id, "/v1/lots", {"lot": renewer.name("core")}).json()
    assert [lot["quantity"]["unit"] for lot in lots] == ["H87"]
    figure = Callers(ledger).get(renewer.id, "/v1/footprint", {"lot": renewer.name("made")}).json()
    assert figure["contents"]["element:Ti"] == 0.59375


def test_the_same_request_may_show_it(ledger: Inside, maker: Workshop) -> None:
    """What comes first in the log counts, also within a batch."""
    renewer = shop(ledger, "renewer-at-once")
    ledger.post([*sold(maker, renewer), core(maker.name(PUMP), renewer)])


def test_a_collector_goes_on_without_the_maker(ledger: Inside, maker: Workshop) -> None:
    """It enters what it gathers as a product of its own, with the mass and materials that it states itself; whoever
    buys the core renews it."""
    collector, renewer = shop(ledger, "collector"), shop(ledger, "renewer-of-bought-cores")
    one = Quantity(value="1", unit="H87")
    ledger.post([collector.signed(Product(
        issuer=collector.id, nonce=collector.nonce(), id=collector.name("used-pump"), sector="works", unit="H87"))])
    ledger.post([core(collector.name("used-pump"), collector, mass=kilograms("12"), materials={"metal": "1"})])
    ledger.post([collector.signed(Transfer(
        issuer=collector.id, nonce=collector.nonce(), lot=collector.name("core"), quantity=one, to=renewer.id,
        new_lot=collector.name("core-sent"), time=END))])
    ledger.post([renewed(renewer, collector.name("core-sent"), "11")])
    figure = Callers(ledger).get(renewer.id, "/v1/footprint", {"lot": renewer.name("renewed")})
    assert figure.status_code == 200


def test_a_publication_shows_it_to_all_for_good(ledger: Inside) -> None:
    maker, renewer = shop(ledger, "open-maker"), shop(ledger, "renewer-of-published")
    told(ledger, core(maker.name("part"), renewer, amount="1 KGM"), maker.name("part"))
    ledger.post([maker.publish(product=maker.name("part"))])
    ledger.post([core(maker.name("part"), renewer, amount="1 KGM")])
