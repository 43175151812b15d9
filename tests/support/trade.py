"""A mill that sells to a shop: deliveries that are accepted, short, disputed, open, in custody, withdrawn."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
from msgspec.structs import replace

from ledger.core.record import canonical
from ledger.core.record.kinds import Acceptance, Consumption, Facility, Transfer, Transformation
from ledger.core.record.revisions import Amendment, Change
from ledger.core.record.values import Flow
from support.cli import Done, run
from support.sectors import Gap, Make
from support.server import Server, prepared_home
from support.workshop import ISSUED, Workshop, kilograms, workshop


class Trade(NamedTuple):
    """The mill makes a (100 kg, 50 kg CO2), b (100 kg, 80 kg CO2 and 20 left out by estimate) and c at a second site.
    It sends the shop: 40 of a in March, accepted; 60 of b in April, short by 10 that go back; 20 of a in May, disputed;
    30 of b in June, open; 10 of a as custody; 10 of b, withdrawn. The shop uses 15 of the first."""

    server: Server
    mill: Workshop
    shop: Workshop
    stranger: Workshop
    transfers: Mapping[str, str]
    """Digests of transfers by the short name of the lot."""

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return httpx.get(f"{self.server.url}/v1/{path}", params=parameters, timeout=60)

    def ask(self, path: str, **parameters: Any) -> Any:
        response = self.get(path, **parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def run(self, *arguments: object) -> Done:
        return run(*arguments, "--url", self.server.url)

    def lots(self, **parameters: Any) -> list[str]:
        return self.short([lot["lot"] for lot in self.ask("lot-list", **parameters)["lots"]])

    def short(self, names: list[str]) -> list[str]:
        return [name.rpartition(":")[2] for name in names]


def sent(mill: Workshop, shop: Workshop, lot: str, kg: str, new: str, day: str, **fields: Any) -> tuple[Any, Transfer]:
    party, record = mill.send(lot, kg, shop, new)
    assert isinstance(record, Transfer)
    return party, replace(record, time=f"{day}T00:00:00Z", **fields)


def used(shop: Workshop, mill: Workshop, lot: str, kg: str) -> tuple[Any, Consumption]:
    """A lot that the shop has from the mill, by a name of the mill's."""
    return shop.party, Consumption(
        issuer=shop.id, nonce=shop.nonce(), time="2025-06-20T00:00:00Z", purpose="finalUse",
        inputs=[Flow(lot=mill.name(lot), quantity=kilograms(kg))], evidence=ISSUED)


def accepted(shop: Workshop, digest: str, **fields: Any) -> tuple[Any, Acceptance]:
    return shop.party, Acceptance(issuer=shop.id, nonce=shop.nonce(), transfer=digest, **fields)


@contextmanager
def traded() -> Iterator[Trade]:
    """A server of its own with the trade."""
    with prepared_home() as home, Server(home) as server:
        mill, shop, stranger = (workshop(server, name) for name in ("mill", "shop", "stranger"))
        site = Facility(issuer=mill.id, nonce=mill.nonce(), id=mill.name("site2"), country="CN")
        party, third = mill.mine("c", "100")
        assert isinstance(third, Transformation)
        server.post([
            mill.signed(site), mill.mine("a", "100", co2="50"),
            mill.make({"b": "100"}, ore="100", activity=Make(co2="80", gaps=[Gap(what="oil", estimate="20")])),
            (party, replace(third, facility=site.id)),
        ])
        posted = {
            "t1": sent(mill, shop, "a", "40", "t1", "2025-03-10"),
            "t2": sent(mill, shop, "b", "60", "t2", "2025-04-10"),
            "t3": sent(mill, shop, "a", "20", "t3", "2025-05-10"),
            "t4": sent(mill, shop, "b", "30", "t4", "2025-06-10"),
            "t5": sent(mill, shop, "a", "10", "t5", "2025-06-11", purpose="custody"),
            "t6": sent(mill, shop, "b", "10", "t6", "2025-06-12"),
        }
        server.post(list(posted.values()))
        digests = {name: canonical.digest(canonical.encode(record)).hex() for name, (_, record) in posted.items()}
        server.post([
            accepted(shop, digests["t1"]),
            accepted(shop, digests["t2"], received=kilograms("50"), return_lot=shop.name("back")),
            accepted(shop, digests["t3"], disputed=True, reason="wet"),
        ])
        server.post([mill.signed(Amendment(
            issuer=mill.id, nonce=mill.nonce(), reason="not loaded",
            changes=[Change(record=digests["t6"], withdrawn=True)]))])
        server.post([used(shop, mill, "t1", "15")])
        yield Trade(server, mill, shop, stranger, digests)
