"""Green attributes on a real server: power of a microgrid is green once, whoever wants it and however many at once.

`site` has a plant that made 1000 kWh in March 2025 (`sun`) with the attributes of all of it (`green`). Power without
attributes has 0.6096 kg CO2 per kWh, the residual mix of 2023, in the market-based figure; the grid 0.5306 in the
location-based one. After each test the whole log is audited.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any, Final

import httpx
import msgspec
import pytest
from msgspec import Raw
from support.server import Posted, Server
from support.witness import registry
from support.workshop import END, START, Workshop

from ledger.client.verify.statement_bodies import recompute_from_bodies
from ledger.core.receipts.receipt import Receipt
from ledger.core.receipts.statement import Statement
from ledger.core.record.kinds import Amendment, Closing, Consumption, Facility, Product, Transfer, Transformation
from ledger.core.record.revisions import Change
from ledger.core.record.values import Attribute, Flow, Output, Quantity, Supply
from ledger.footprint.derived.statements import check_statement

AT_ONCE = 8
RESIDUAL = 0.6096
YEARS: Final = "2027-03-01T00:00:00Z"
_numbers = count(1)


def energy(text: str) -> Quantity:
    value, _, unit = text.partition(" ")
    return Quantity(value=value, unit=unit or "KWH")


class Park(Workshop):
    """An organisation with a site, power and heat. Amounts are kWh where no unit is named."""

    def opening(self) -> list[Posted]:
        products = {"power": "KWH", "certificate": "KWH", "heat": "3B"}
        return [
            self.signed(Facility(issuer=self.id, nonce=self.nonce(), id=self.name("site"), country="CN")),
            *[self.signed(Product(issuer=self.id, nonce=self.nonce(), id=self.name(name), sector="energy", unit=unit))
              for name, unit in products.items()],
        ]

    def lot(self, lot: str, amount: str, role: Any = "product", product: str = "power", **fields: Any) -> Output:
        return Output(lot=self.name(lot), product=self.name(product), quantity=energy(amount), role=role, **fields)

    def attribute(self, lot: str, amount: str, end: str = YEARS) -> Output:
        stands_for = Attribute(carrier="electricity", technology="photovoltaic", start=START, end=end)
        return self.lot(lot, amount, "attribute", "certificate", attribute=stands_for)

    def run(
        self, route: str, outputs: Sequence[Output], inputs: Sequence[Flow] = (), *, activity: bytes = b"{}",
        bought: str | None = None, **fields: Any,
    ) -> Posted:
        supplies = [] if bought is None else [Supply(material="electricity", quantity=energy(bought))]
        return self.signed(Transformation(**{
            "issuer": self.id, "nonce": self.nonce(), "facility": self.name("site"), "start": START, "end": END,
            "process": f"energy.{route}", "outputs": [*outputs], "inputs": [*inputs], "supplies": supplies,
            "activity": Raw(activity), **fields,
        }))

    def generate(self, *outputs: Output, generated: str = "1000") -> Posted:
        activity = msgspec.json.encode({"capacity": "100", "generated": generated})
        return self.run("photovoltaic", outputs, activity=activity)

    def heat(self, lot: str, *inputs: Flow, megajoules: str = "3", **fields: Any) -> Posted:
        """An electrode boiler uses power."""
        output = self.lot(lot, f"{megajoules} 3B", product="heat")
        return self.run("heatBoiler", [output], inputs, activity=b'{"kind":"electrode"}', **fields)

    def sell(self, lot: str, amount: str, to: Workshop, new_lot: str) -> Posted:
        return self.signed(Transfer(
            issuer=self.id, nonce=self.nonce(), lot=self.name(lot), quantity=energy(amount), to=to.id,
            new_lot=self.name(new_lot), time=END,
        ))

    def retire(self, lot: str, amount: str, **fields: Any) -> Posted:
        return self.signed(Consumption(**{
            "issuer": self.id, "nonce": self.nonce(), "inputs": [self.flow(lot, amount)], "time": END,
            "purpose": "retired", "facility": self.name("site"), "start": START, "end": END, **fields,
        }))

    def flow(self, lot: str, amount: str) -> Flow:
        return Flow(lot=self.name(lot), quantity=energy(amount))


def enrolled(server: Server) -> Park:
    found = Park(f"park-{next(_numbers)}")
    server.post([found.enrolment(server), *found.opening()])
    return found


@pytest.fixture
def site(server: Server) -> Park:
    found = enrolled(server)
    server.post([found.generate(found.lot("sun", "1000"), found.attribute("green", "1000"))])
    return found


def ask(server: Server, path: str, **parameters: Any) -> Any:
    response = httpx.get(f"{server.url}{path}", params=parameters, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()


def burden(server: Server, shop: Park, lot: str, name: str = "electricityMarket") -> float:
    return ask(server, "/v1/footprint", lot=shop.name(lot))["burdens"].get(name, 0.0)


def left(server: Server, shop: Park, lot: str) -> str:
    (found,) = ask(server, "/v1/lots", lot=shop.name(lot))
    return found["remaining"]


def refused(server: Server, *posted: Posted) -> list[tuple[str, str]]:
    answers = server.submit(server.envelopes(posted))
    return [(str(one["code"]), str(one["field"])) for one in answers if isinstance(one, dict)]


def at_once(server: Server, posted: Sequence[Posted]) -> list[Receipt | dict[str, object]]:
    """Each in a request of its own, all at the same moment."""
    requests = [server.envelopes([one]) for one in posted]
    start = Barrier(len(requests))

    def send(request: list[bytes]) -> Receipt | dict[str, object]:
        start.wait(60)
        return server.submit(request)[0]

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(send, requests))


def codes(answers: Sequence[Receipt | dict[str, object]]) -> list[tuple[object, object]]:
    return [(one["code"], one["field"]) for one in answers if isinstance(one, dict)]


def sales(site: Park, buyers: Sequence[Park]) -> list[Posted]:
    return [site.sell("green", "600", one, f"sold-{i}") for i, one in enumerate(buyers)]


@pytest.mark.parametrize(("wanted", "winners", "remaining", "field"), [
    (sales, 1, "400", "quantity"),
    (lambda site, _: [site.retire("green", "400") for _ in range(AT_ONCE)], 2, "200", "inputs[0].quantity"),
])
def test_attributes_that_many_want_at_once(
    server: Server, site: Park, wanted: Callable[[Park, Sequence[Park]], list[Posted]], winners: int, remaining: str,
    field: str,
) -> None:
    """Of 1000 kWh, one of two buyers gets 600, and two of eight times 400 kWh are retired."""
    answers = at_once(server, wanted(site, [enrolled(server), enrolled(server)]))
    assert len([one for one in answers if isinstance(one, Receipt)]) == winners
    assert (set(codes(answers)), left(server, site, "green")) == ({("over-consumption", field)}, remaining)


def test_the_same_attributes_used_and_sold_at_once(server: Server, site: Park) -> None:
    """Whoever is first: a sale of 600 or a use of 600, never both."""
    buyer = enrolled(server)
    use = site.heat("steam", site.flow("sun", "600"), site.flow("green", "600"))
    answers = at_once(server, [site.sell("green", "600", buyer, "sold"), use])
    assert len(codes(answers)) == 1
    assert codes(answers)[0] in (("over-consumption", "quantity"), ("over-consumption", "inputs[1].quantity"))
    assert left(server, site, "green") == "400"


def test_what_was_sold_is_not_used_too(server: Server, site: Park) -> None:
    """The site sells all attributes, and keeps the power: that counts by the residual mix. Who bought them covers 500
    of the 1000 kWh that it takes from the grid, and has no more of them afterwards."""
    buyer = enrolled(server)
    server.post([site.sell("green", "1000", buyer, "sold")])
    taken = [Flow(lot=site.name("sold"), quantity=energy("500"))]
    server.post([
        site.heat("steam", site.flow("sun", "100")), buyer.heat("hot", *taken, bought="1000"),
    ])
    assert burden(server, site, "steam") == pytest.approx(100 * RESIDUAL, rel=1e-12)
    assert burden(server, site, "steam", "renewableEnergyMj") == 0
    assert burden(server, buyer, "hot") == pytest.approx(500 * RESIDUAL, rel=1e-12)
    assert burden(server, buyer, "hot", "electricityLocation") == pytest.approx(530.6, rel=1e-12)
    assert refused(
        server, site.heat("more", site.flow("sun", "1"), site.flow("green", "1")), site.retire("green", "1"),
        buyer.heat("hotter", Flow(lot=site.name("sold"), quantity=energy("500.1")), bought="1000"),
    ) == [("over-consumption", "inputs[1].quantity"), ("over-consumption", "inputs[0].quantity"),
          ("over-consumption", "inputs[0].quantity")]


def test_expired_attributes(server: Server, site: Park) -> None:
    late = {"start": "2027-02-28T00:00:00Z", "end": "2027-03-01T00:00:01Z"}
    assert refused(
        server, site.heat("steam", site.flow("sun", "1"), site.flow("green", "1"), **late),
        site.retire("green", "1", **late),
    ) == [("attribute-expired", "inputs[1].lot"), ("attribute-expired", "inputs[0].lot")]
    # Heat of a time that has not come is refused for that; a claim for such a time holds.
    last = {**late, "end": YEARS}
    assert refused(server, site.heat("steam", site.flow("sun", "1"), site.flow("green", "1"), **last)) == [
        ("future-instant", "start")]
    server.post([site.retire("green", "1", **last)])
    assert left(server, site, "green") == "999"


def test_more_attributes_than_power(server: Server, site: Park) -> None:
    assert refused(
        server, site.heat("steam", site.flow("sun", "1"), site.flow("green", "2")),
        site.generate(site.lot("more", "10"), site.attribute("too-many", "10.1")),
    ) == [("attribute-excess", "inputs"), ("attribute-excess", "outputs[1].quantity")]


def test_a_lot_of_attributes_is_shown_with_what_it_stands_for(server: Server, site: Park) -> None:
    (found,) = ask(server, "/v1/lots", lot=site.name("green"))
    assert (found["role"], found["expires"]) == ("attribute", YEARS)
    assert found["credit"] == f"attribute:electricity:photovoltaic:CN:{START}"


def test_bought_certificates_are_no_bought_power(server: Server, site: Park) -> None:
    """Both are in kWh: 600 kWh of power with certificates for 400 kWh are 600 kWh, and certificates alone are no
    goods."""
    buyer = enrolled(server)
    server.post([site.sell("green", "400", buyer, "green-sold")])
    asked = {"organization": buyer.id, "party": site.id}
    alone = httpx.get(f"{server.url}/v1/footprint/received", params=asked, timeout=60)
    assert (alone.status_code, alone.json()["code"]) == (404, "no-purchases")
    assert "transfers that do not count: 1 attribute" in alone.json()["detail"]
    server.post([site.sell("sun", "600", buyer, "sun-sold")])
    answer = ask(server, "/v1/footprint/received", **asked)
    (total,) = answer["quantities"]
    assert (total["quantity"], total["product"]) == ({"value": "600", "unit": "KWH"}, site.name("power"))
    assert (answer["goods"], total["footprintPerUnit"]) == ([total], pytest.approx(answer["footprint"] / 600))
    assert [(one["reason"], one["lots"]) for one in answer["apart"]] == [("attribute", 1)]
    coverage = ask(server, "/v1/coverage", organization=buyer.id)
    assert (coverage["lots"], coverage["apart"]) == (1, answer["apart"])


def microgrid(server: Server, site: Park) -> None:
    """1000 kWh of the grid, 960 behind the transformer; a half, with attributes for a half of that, makes heat."""
    server.post([
        site.run("gridImport", [site.lot("grid", "960")], bought="1000"),
        site.heat("steam", site.flow("grid", "480"), site.flow("green", "240")),
    ])


COVERED = 304.8 - 0.5 * 0.96 * 304.8
"""Half of the lot's 609.6 kg, less a half of what came through the transformer."""


def test_what_attributes_took_is_in_the_table_of_contributions(server: Server, site: Park) -> None:
    microgrid(server, site)
    found = ask(server, "/v1/contributions", lot=site.name("steam"), burden="electricityMarket", by="source")
    assert found["figure"] == pytest.approx(COVERED, rel=1e-12)
    rows = {row["key"]: row["amount"] for row in found["rows"]}
    assert rows.pop("rest", 0.0) == pytest.approx(0, abs=1e-9)
    assert rows == pytest.approx({"electricity": 304.8, "green attributes": COVERED - 304.8}, rel=1e-12)


def test_a_statement_of_what_was_made_with_attributes_holds(server: Server, site: Park) -> None:
    microgrid(server, site)
    answer = ask(server, "/v1/statement", lot=site.name("steam"))
    proven = check_statement(msgspec.json.decode(msgspec.json.encode(answer), type=Statement), server.vkey)
    assert float(proven.lot.burdens["electricityMarket"]) == pytest.approx(COVERED, rel=1e-12)

    def bodies(digest: str, _: str) -> bytes | None:
        found = httpx.get(f"{server.url}/v1/records/{digest}", timeout=60).content
        return bytes(msgspec.json.decode(found, type=_Answered).body)

    assert recompute_from_bodies(proven, bodies, registry()).results


class _Answered(msgspec.Struct):
    body: Raw


def test_what_was_measured_otherwise_is_covered_anew(server: Server, site: Park) -> None:
    """It was 1200 kWh that the grid gave: 960 of them arrived, so half of 731.52 kg, less a half of 0.8 of that. Then
    the attributes turn out to be for all of the 480 kWh."""
    party_, imported = site.run("gridImport", [site.lot("grid", "960")], bought="1000")
    used = site.heat("steam", site.flow("grid", "480"), site.flow("green", "240"))
    first, second = server.post([(party_, imported), used])

    def amend(digest: str, field: str, value: object) -> Posted:
        change = Change(record=digest, fields={field: Raw(msgspec.json.encode(value))})
        return site.signed(Amendment(issuer=site.id, nonce=site.nonce(), reason="meter", changes=[change]))

    server.post([amend(first.digest, "supplies", [Supply(material="electricity", quantity=energy("1200"))])])
    assert burden(server, site, "steam") == pytest.approx(365.76 * (1 - 0.5 * 0.8), rel=1e-12)
    flows = [site.flow("grid", "480"), site.flow("green", "480")]
    server.post([amend(second.digest, "inputs", flows)])
    assert burden(server, site, "steam") == pytest.approx(365.76 * 0.2, rel=1e-12)
    assert left(server, site, "green") == "520"
    flows = [site.flow("grid", "480"), site.flow("green", "481")]
    assert refused(server, amend(second.digest, "inputs", flows))[0][0] == "attribute-excess"


def test_a_plant_that_generated_less(server: Server) -> None:
    """Its attributes cannot be withdrawn once they are used; less power than attributes cannot be."""
    site = enrolled(server)
    (made,) = server.post([site.generate(site.lot("sun", "1000"), site.attribute("green", "900"))])

    def amend(sun: str, green: str) -> Posted:
        fields = {"outputs": Raw(msgspec.json.encode([site.lot("sun", sun), site.attribute("green", green)]))}
        return site.signed(Amendment(issuer=site.id, nonce=site.nonce(), reason="meter",
                                     changes=[Change(record=made.digest, fields=fields)]))

    assert refused(server, amend("899", "900"))[0][0] == "attribute-excess"
    server.post([site.retire("green", "500"), amend("899", "800")])
    assert (left(server, site, "green"), refused(server, amend("899", "499"))[0][0]) == ("300", "over-consumption")


def test_a_closing_retires_attributes(server: Server, site: Park) -> None:
    closing = Closing(issuer=site.id, nonce=site.nonce(), facility=site.name("site"), start=START, end=END,
                      retired=[site.flow("green", "250")])
    server.post([site.signed(closing)])
    assert left(server, site, "green") == "750"
