"""Sites of several sectors for tests of indicators and inventories: what a record emits, uses and indicates stands in
its own activity, so that every figure can be solved by hand."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Raw, field

from ledger.core.record.kinds import Amendment, Consumption, Facility, Product, Report, Transfer, Transformation
from ledger.core.record.revisions import Change
from ledger.core.record.values import Evidence, Flow, Money, Output, Quantity, Supply
from ledger.engine.sectors import Installed, Registry
from ledger.sdk import (
    Activity,
    Assessment,
    Context,
    EnergyUse,
    Indicator,
    Key,
    Line,
    NaturalInput,
    Route,
    Sector,
    Signed,
)
from ledger.service.ledger import open_ledger
from ledger.service.settings import Settings
from support.inside import Inside
from support.parties import Party, enrolment, nonces, party
from support.sectors import Carrier, Emission
from support.server import Posted

_ISSUED: Final = [Evidence(digest="8" * 64, media_type="application/pdf", kind="goodsIssue")]
"""The evidence of goods that were used."""
ROUTES: Final[Mapping[str, Sequence[str]]] = {
    "steel": ("make", "electricArcFurnace", "basicOxygenFurnace"),
    "building-materials": ("make", "clinker"),
    "nonferrous": ("make",),
    "equipment": ("make",),
    "energy": ("make",),
}
TABLE: Final = "table:gas"
"""The factor that lines without one of their own name."""


class Run(Activity, frozen=True):
    """Everything is passed on as it stands."""

    emissions: list[Emission] = field(default_factory=list)
    energy: list[Carrier] = field(default_factory=list)
    indicators: dict[Key, Signed] = field(default_factory=dict)


def _assess(context: Context, activity: Run) -> Assessment:
    return Assessment(
        # Power has no mass: where it is made, the record's only output carries all.
        weights={"mass": tuple(one.mass if one.mass is not None else one.quantity.amount for one in context.outputs)},
        lines=tuple(Line(
            gas=one.gas, amount=Decimal(one.amount), source=one.source, kind=one.kind, burden=one.burden,
            primary=one.primary, ratings=(1, 1, 1), market=None if one.market is None else Decimal(one.market),
            factor=one.factor,
        ) for one in activity.emissions),
        energy=tuple(EnergyUse(carrier=one.carrier, amount=Decimal(one.amount), renewable=one.renewable)
                     for one in activity.energy),
        indicators={name: Decimal(value) for name, value in activity.indicators.items()},
    )


def sector(name: str) -> Sector:
    """Nothing is lost or gained in it: outputs weigh at most what goes in."""
    return Sector(
        name=name, version="1.0.0", en=f"Test {name}", zh="试验",
        routes={route: Route(activity=Run, assess=_assess, en=route, zh="路线") for route in ROUTES[name]},
        indicators={"energyPerTonneClinker": Indicator(unit="3B/TNE", en="Energy per clinker", zh="熟料能耗")},
        nature={route: (NaturalInput(group="ore", source="each site has a mine"),) for route in ROUTES[name]},
    )


def plants() -> Registry:
    """All sectors of `ROUTES`."""
    return Registry([
        Installed(sector(name), hashlib.sha256(f"{name}/1.0.0".encode()).hexdigest(), "tests") for name in ROUTES
    ])


@contextmanager
def plants_inside(home: Path) -> Iterator[Inside]:
    """A ledger of these sectors in the test's own process."""
    with asyncio.Runner() as runner:
        opening = open_ledger(Settings(home=home, access="open"), registry=plants())
        ledger = runner.run(opening.__aenter__())
        try:
            yield Inside(runner, ledger)
        finally:
            runner.run(opening.__aexit__(None, None, None))


def emission(amount: str, source: str, kind: Any = "onSite", **fields: Any) -> Emission:
    return Emission(amount=amount, source=source, kind=kind, **{"primary": False, **fields})


def quantity(text: str) -> Quantity:
    """`1.5 TNE`."""
    value, unit = text.split()
    return Quantity(value=value, unit=unit)


def _supply(material: str, text: str) -> Supply:
    """What is counted in Nm3 weighs a kg."""
    gas = quantity(text).unit == "NM3"
    return Supply(material=material, quantity=quantity(text), mass=quantity("1 KGM") if gas else None)


class Plant:
    """An organisation; `post` puts its records on the ledger, one at a time, and returns digests. Names are short ones
    below its prefix."""

    def __init__(self, ledger: Inside, name: str, parent: "Plant | None" = None, share: str | None = None) -> None:
        self.ledger = ledger
        self.party: Party = party(3, name)
        self._nonces = nonces(3, f"plants/{name}")
        above = None if parent is None else parent.id
        entry = enrolment(self.party, ledger.registrar, ledger.origin, self.nonce(), parent=above, share=share)
        ledger.post([(ledger.registrar, entry)])

    @property
    def id(self) -> str:
        return self.party.id

    def nonce(self) -> str:
        return next(self._nonces)

    def name(self, short: str) -> str:
        return short if short.startswith("urn:") else self.party.prefix + short

    def post(self, record: Any) -> str:
        posted: Posted = (self.party, record)
        (receipt,) = self.ledger.post([posted])
        return receipt.digest

    def site(self, short: str, **fields: Any) -> str:
        self.post(Facility(issuer=self.id, nonce=self.nonce(), id=self.name(short), country="CN", **fields))
        return self.name(short)

    def product(self, short: str, unit: str = "KGM", sector: str = "steel") -> str:
        self.post(Product(issuer=self.id, nonce=self.nonce(), id=self.name(short), sector=sector, unit=unit))
        return self.name(short)

    def run(
        self, site: str, end: str, process: str = "steel.make", *, outputs: Mapping[str, str] | None = None,
        inputs: Mapping[str, str] | None = None, supplies: Mapping[str, str] | None = None, start: str | None = None,
        activity: Run | None = None, **fields: Any,
    ) -> str:
        """`outputs`: `lot` to `quantity UNIT product`; what they weigh comes out of the ground."""
        made = [self._output(lot, text) for lot, text in (outputs or {}).items()]
        ore = [Supply(material="ore", quantity=one.quantity, origin="nature") for one in made
               if one.quantity.unit in ("KGM", "TNE")]
        return self.post(Transformation(
            issuer=self.id, nonce=self.nonce(), facility=self.name(site), start=start or f"{int(end[:4]) - 1}{end[4:]}",
            end=end, process=process, activity=Raw(msgspec.json.encode(activity or Run())), outputs=made,
            inputs=self.flows(inputs or {}),
            supplies=[*ore, *(_supply(material, text) for material, text in (supplies or {}).items())],
            **fields,
        ))

    def _output(self, lot: str, text: str) -> Output:
        value, unit, product = text.split()
        return Output(lot=self.name(lot), product=self.name(product), quantity=Quantity(value=value, unit=unit),
                      role="product")

    def flows(self, inputs: Mapping[str, str]) -> list[Flow]:
        return [Flow(lot=self.name(lot), quantity=quantity(text)) for lot, text in inputs.items()]

    def send(self, lot: str, text: str, to: "Plant", new_lot: str, time: str, **fields: Any) -> str:
        self.post(Transfer(issuer=self.id, nonce=self.nonce(), lot=self.name(lot), quantity=quantity(text), to=to.id,
                           new_lot=self.name(new_lot), time=time, **fields))
        return self.name(new_lot)

    def use(self, inputs: Mapping[str, str], time: str, **fields: Any) -> str:
        return self.post(Consumption(issuer=self.id, nonce=self.nonce(), inputs=self.flows(inputs), time=time,
                                     **{"purpose": "finalUse", "evidence": _ISSUED, **fields}))

    def report(self, site: str | None, start: str, end: str, money: str = "", currency: str = "CNY",
               **fields: Any) -> str:
        value = Money(value=money, currency=currency) if money else None
        return self.post(Report(
            issuer=self.id, nonce=self.nonce(), facility=None if site is None else self.name(site), start=start,
            end=end, value_added=value, **fields,
        ))

    def amend(self, digest: str, **fields: Any) -> str:
        """Withdraws where no fields are given."""
        changed = {name: Raw(msgspec.json.encode(value)) for name, value in fields.items()}
        return self.post(Amendment(
            issuer=self.id, nonce=self.nonce(), reason="a slip",
            changes=[Change(record=digest, fields=changed, withdrawn=not changed)],
        ))
