"""An organisation's records for a real server: built here, posted by the test, which decides how they travel."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from ledger.core.record.kinds import (
    AnyRecord,
    Consumption,
    Facility,
    PassportPublication,
    Product,
    Transfer,
    Transformation,
)
from ledger.core.record.values import Evidence, Flow, Output, Quantity, Supply
from support.parties import Party, enrolment, nonces, party
from support.sectors import NAME, Make
from support.server import Posted, Posting, Registering

START: Final = "2025-03-01T00:00:00Z"
END: Final = "2025-03-02T00:00:00Z"
EARLIER: Final = {"start": "2025-01-01T00:00:00Z", "end": "2025-01-02T00:00:00Z"}
"""Fields of a record outside of the period that tests close: a closing counts final records too."""
LATER: Final = {"start": "2025-05-01T00:00:00Z", "end": "2025-05-02T00:00:00Z"}


def kilograms(value: str) -> Quantity:
    return Quantity(value=value, unit="KGM")


class Workshop:
    """It makes parts, in kg, at one site. Names are short ones below its prefix, amounts kg."""

    def __init__(self, name: str, seed: int = 1) -> None:
        self.party: Party = party(seed, name)
        self._nonces = nonces(seed, f"workshop/{name}")

    @property
    def id(self) -> str:
        return self.party.id

    def name(self, short: str) -> str:
        return self.party.prefix + short

    def nonce(self) -> str:
        return next(self._nonces)

    def enrolment(self, server: Registering, parent: str | None = None, share: str | None = None) -> Posted:
        """To be posted first: the registrar enters this organisation, with a parent that owns a share of it."""
        return server.registrar, enrolment(
            self.party, server.registrar, server.origin, self.nonce(), parent=parent, share=share)

    def opening(self) -> list[Posted]:
        """Its site and its product, to be posted second."""
        return [
            self.signed(Facility(issuer=self.id, nonce=self.nonce(), id=self.name("site"), country="CN")),
            self.signed(Product(
                issuer=self.id, nonce=self.nonce(), id=self.name("part"), sector=NAME, unit="KGM",
                materials={"steel": "0.98"},
            )),
        ]

    def signed(self, record: AnyRecord) -> Posted:
        return self.party, record

    def mine(self, lot: str, amount: str, *, co2: str = "1", **fields: Any) -> Posted:
        """A lot out of ore."""
        return self.make({lot: amount}, ore=amount, activity=Make(co2=co2), **fields)

    def make(
        self, outputs: Mapping[str, str], inputs: Mapping[str, str] | None = None, *, ore: str | None = None,
        supplies: Sequence[Supply] = (), route: str = "make", activity: msgspec.Struct | None = None, **fields: Any,
    ) -> Posted:
        """Amounts by lot."""
        return self.signed(Transformation(
            issuer=self.id, nonce=self.nonce(), facility=self.name("site"),
            process=f"{NAME}.{route}", activity=Raw(msgspec.json.encode(activity or Make(co2="1"))),
            inputs=[Flow(lot=self.name(lot), quantity=kilograms(amount)) for lot, amount in (inputs or {}).items()],
            supplies=[*supplies, *([Supply(material="ore", quantity=kilograms(ore), origin="nature")] if ore else [])],
            outputs=[
                Output(lot=self.name(lot), product=self.name("part"), quantity=kilograms(amount), role="product")
                for lot, amount in outputs.items()
            ], **{"start": START, "end": END, **fields},
        ))

    def send(self, lot: str, amount: str, to: "Workshop", new_lot: str) -> Posted:
        """`new_lot` is a short name of the sender's."""
        return self.signed(Transfer(
            issuer=self.id, nonce=self.nonce(), lot=self.name(lot), quantity=kilograms(amount), to=to.id,
            new_lot=self.name(new_lot), time=END,
        ))

    def publish(self, **thing: str) -> Posted:
        """The passport of a lot or product, by whole names; or a declaration, by its digest."""
        return self.signed(PassportPublication(issuer=self.id, nonce=self.nonce(), **thing))

    def use(self, inputs: Mapping[str, str]) -> Posted:
        return self.signed(Consumption(
            issuer=self.id, nonce=self.nonce(), time=END, purpose="finalUse",
            inputs=[Flow(lot=self.name(lot), quantity=kilograms(amount)) for lot, amount in inputs.items()],
            evidence=ISSUED,
        ))


ISSUED: Final = [Evidence(digest="8" * 64, media_type="application/pdf", kind="goodsIssue")]
"""The evidence of goods that were used."""
STORED: Final = [Evidence(digest="6" * 64, media_type="application/pdf", kind="storageCertificate")]
"""The evidence of a removal."""


def workshop(server: Posting, name: str, **lots: str) -> Workshop:
    """A new organisation on the ledger of `server`, with lots of so many kg that it mined earlier."""
    found = Workshop(name)
    mined = [found.mine(lot, kg, **EARLIER) for lot, kg in lots.items()]
    server.post([found.enrolment(server), *found.opening(), *mined])
    return found
