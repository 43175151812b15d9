"""A chain of four organisations with planted secrets: pit, mill, forge, buyer; and a rival with nothing.

The pit sends coal to the mill; the mill makes steel of it and sends some to the forge; the forge makes a gear of that,
which it sends to the buyer. Every name and amount of a recipe occurs in no other record.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.core.record import canonical
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Supply
from support.callers import Callers
from support.inside import Inside, inside
from support.parties import enrolment
from support.sectors import Emission, Gap, Make
from support.server import Posted, prepared_home
from support.workshop import Workshop, kilograms

OF_PIT: Final = ("urn:example:pit", "3333.125", "31.0625")
"""What only the pit and the mill may see."""
OF_MILL: Final = (
    *OF_PIT, "urn:example:mill:site", "urn:example:mill:slab", "works.bind", "furnace-nine", "8765.25", "77.8125",
    "secret-omission", "5432.5", "4321.75",
)
"""What only the mill may see: its site, its process, its recipe with lots and amounts, the sizes of its lots."""


WATER: Final = Supply(material="water", quantity=kilograms("8765.25"), origin="nature")


class Secrets(NamedTuple):
    """`digests` and `posted`: the records, by a short name."""

    inside: Inside
    callers: Callers
    pit: Workshop
    mill: Workshop
    forge: Workshop
    buyer: Workshop
    rival: Workshop
    digests: dict[str, str]
    posted: dict[str, Posted]

    def party(self, record: str) -> str:
        """The issuer of a record."""
        return self.posted[record][0].id

    @property
    def steel(self) -> str:
        """The steel that the forge received."""
        return self.mill.name("delivered")

    @property
    def gear(self) -> str:
        """The gear that the buyer received."""
        return self.forge.name("shipped")


@contextmanager
def secrets() -> Iterator[Secrets]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = [Workshop(name) for name in ("pit", "mill", "forge", "buyer", "rival")]
        for shop in shops:
            ledger.post([(ledger.registrar, enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce()))])
            ledger.post(shop.opening())
        pit, mill, forge, buyer, rival = shops
        recipe = Make(co2="77.8125", emissions=[Emission(amount="4321.75", source="furnace-nine")],
                      gaps=[Gap(what="secret-omission", estimate="1.5")])
        posted = {
            "coal": pit.mine("coal", "3333.125", co2="31.0625"),
            "coal-sent": pit.send("coal", "200", mill, "coal-sent"),
            "steel": taking(mill.make({"steel": "5432.5", "slab": "60"}, {"x": "8.765625"}, route="bind",
                                      supplies=[WATER], activity=recipe), pit.name("coal-sent")),
            "sent": mill.send("steel", "10", forge, "delivered"),
            "gear": taking(forge.make({"gear": "9"}, {"x": "9.5"}, activity=Make(co2="2.25")), mill.name("delivered")),
            "shipped": forge.send("gear", "4", buyer, "shipped"),
        }
        for record in posted.values():
            ledger.post([record])
        digests = {name: canonical.digest(canonical.encode(record)).hex() for name, (_, record) in posted.items()}
        yield Secrets(ledger, Callers(ledger), pit, mill, forge, buyer, rival, digests, posted)


def taking(posted: Posted, lot: str) -> Posted:
    """The transformation with this lot as its first input."""
    party, record = posted
    assert isinstance(record, Transformation)
    return party, replace(record, inputs=[replace(record.inputs[0], lot=lot), *record.inputs[1:]])


def leaks(content: bytes, secrets_of: tuple[str, ...]) -> list[str]:
    """The secrets that an answer contains."""
    return [secret for secret in secrets_of if secret.encode() in content]
