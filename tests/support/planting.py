"""Random networks of organisations in which every record holds tokens: ids, names, digests, nonces and quantities that
stand nowhere else. Whoever finds a token in an answer knows of which records the answer tells."""

import base64
import hashlib
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw

from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Acceptance,
    AnyRecord,
    AppointedReader,
    Attestation,
    Consumption,
    Declaration,
    Depth,
    Facility,
    Grant,
    GrantRevocation,
    GrantScope,
    Organization,
    ParentEnd,
    PassportPublication,
    Product,
    Purpose,
    ReaderRevocation,
    Report,
    Subject,
    Transfer,
    Transformation,
)
from ledger.core.record.units import plain
from ledger.core.record.values import Evidence, Flow, Money, Output, Quantity, Supply
from support.inside import Inside
from support.parties import Party, enrolment
from support.revising import amend, change
from support.sectors import NAME, Make
from support.server import Posted
from support.workshop import Workshop

UNTIL: Final = "2034-12-31T00:00:00Z"
DEPTHS: Final[tuple[Depth, ...]] = ("totals", "stages", "suppliers", "full")
NAMED: Final = re.compile(r"k[0-9a-f]{11}|[0-9a-f]{64}")
"""Ids and texts hold the first, evidence is the second."""
DIGITS: Final = 12
"""The digits of a planted quantity."""


class Plot(NamedTuple):
    """A lot as the network knows it: its holder and owner, what is left, and its product."""

    id: str
    holder: str
    owner: str
    left: Decimal
    product: str


class Planted(NamedTuple):
    """A record of the network with its log index and digest, and the tokens that it holds."""

    position: int
    digest: str
    record: dict[str, Any]
    tokens: frozenset[str]


class Network:
    """Posts records in turn, and remembers them. `links`: digests of the grants with a link; `items`: ids of items."""

    def __init__(self, ledger: Inside, seed: int) -> None:
        self.ledger, self.random = ledger, random.Random(seed)
        self.planted: list[Planted] = []
        self.tokens: set[str] = set()
        self.parents: dict[str, str] = {}
        self.lots: dict[str, Plot] = {}
        self.links: list[str] = []
        self.items: list[str] = []
        count = self.random.randint(4, 5)
        self.shops = [Workshop(f"s{seed}n{number}") for number in range(count)]
        self._products: dict[str, list[str]] = {}
        self._sites: dict[str, str] = {}
        self._made: list[Posted] = []
        self._grants: list[Posted] = []
        self._sent: list[Planted] = []
        for number, shop in enumerate(self.shops):
            self._enter(shop, number)
        self._day = 0
        for shop in self.shops[:2]:
            self.mine(shop)
        for step in self.random.choices(self._steps(), k=22):
            step(self.random.choice(self.shops))
        # Each network has at least one of these.
        maker = next(shop for shop in self.shops if self._held(shop, owned=True))
        others = [shop for shop in self.shops if shop is not maker]
        self.sell(maker, others[0])
        self.accept(others[0])
        self.make(others[0])
        self.toll(maker)
        self.grant(maker, depth="full", to=others[-1])
        self.link(maker)
        self.revoke(maker)
        self.hand_on(others[1], [maker, others[0], others[2]])
        self.limit(maker, to=others[1])

    def _steps(self) -> list[Any]:
        return [self.mine, self.sell, self.sell, self.make, self.make, self.toll, self.grant, self.grant, self.revoke,
                self.link, self.correct, self.accept, self.use, self.report, self.declare, self.publish, self.read,
                self.unread, self.leave, self.attest]

    # Tokens.

    def word(self) -> str:
        return self._kept(f"k{self.random.randrange(16 ** 11):011x}")

    def digest(self) -> str:
        return self._kept(f"{self.random.randrange(16 ** 64):064x}")

    def amount(self, most: Decimal) -> Decimal:
        """Of twelve digits, between a fifth and a half of `most`."""
        drawn = most * Decimal(self.random.randrange(200_000, 500_000)) / 1_000_000
        places = DIGITS - 1 - drawn.adjusted()
        unit = Decimal(1).scaleb(-places)
        found = drawn.quantize(unit)
        if str(found).endswith("0"):
            found += unit * self.random.randint(1, 9)
        self._kept(digits_of(plain(found)))
        return found

    def _kept(self, token: str) -> str:
        self.tokens.add(token)
        return token

    def _nonce(self) -> str:
        return self._kept(base64.urlsafe_b64encode(self.random.randbytes(16))[:22].decode())

    def _kg(self, amount: Decimal) -> Quantity:
        return Quantity(value=plain(amount), unit="KGM")

    # Records.

    def post(self, signer: Party, record: AnyRecord) -> Posted:
        posted = signer, record
        (receipt,) = self.ledger.post([posted])
        body = canonical.encode(record)
        numbers = {digits_of(number) for number in re.findall(r"\d+\.\d+", body.decode())}
        held = {token for token in self.tokens if token in numbers or token in body.decode()}
        self.planted.append(Planted(receipt.index, receipt.digest, msgspec.json.decode(body), frozenset(held)))
        return posted

    def by(self, shop: Workshop, kind: type[Any], **fields: Any) -> Posted:
        return self.post(shop.party, kind(issuer=shop.id, nonce=self._nonce(), **fields))

    def _enter(self, shop: Workshop, number: int) -> None:
        parent = None
        if number and self.random.random() < 0.4:
            parent = self.parents[shop.id] = self.random.choice(self.shops[:number]).id
        entered = enrolment(shop.party, self.ledger.registrar, self.ledger.origin, shop.nonce(), parent=parent)
        if number == len(self.shops) - 1:
            entered = msgspec.structs.replace(entered, roles=["auditor"])
        assert isinstance(entered, Organization)
        self.post(self.ledger.registrar, entered)
        self._sites[shop.id] = shop.name(self.word())
        self.by(shop, Facility, id=self._sites[shop.id], country="CN", names={"en": self.word()})
        self._products[shop.id] = [shop.name(self.word()) for _ in range(2)]
        for product in self._products[shop.id]:
            self.by(shop, Product, id=product, sector=NAME, unit="KGM", names={"en": self.word()})

    def _time(self) -> tuple[str, str]:
        self._day = min(self._day + 1, 27)
        return f"2025-03-{self._day:02}T00:00:00Z", f"2025-03-{self._day + 1:02}T00:00:00Z"

    def _transform(
        self, shop: Workshop, inputs: list[Flow], supplies: list[Supply], made: Decimal, owner: str | None = None,
        *, is_item: bool = False,
    ) -> str:
        lot, product = shop.name(self.word()), self.random.choice(self._products[shop.id])
        start, end = self._time()
        activity = Make(co2=plain(self.amount(made)), ch4=plain(self.amount(Decimal(900))))
        posted = self.by(
            shop, Transformation, facility=self._sites[shop.id], process=f"{NAME}.make", start=start, end=end,
            activity=Raw(msgspec.json.encode(activity)), inputs=inputs, supplies=supplies,
            outputs=[Output(lot=lot, product=product, quantity=self._kg(made), role="product", owner=owner,
                            item=lot if is_item else None)],
            evidence=[Evidence(digest=self.digest(), media_type="application/pdf", kind=self.word())],
        )
        if owner is None:
            self._made.append(posted)
        self.lots[lot] = Plot(lot, shop.id, owner or shop.id, made, product)
        return lot

    def mine(self, shop: Workshop) -> None:
        made = self.amount(Decimal(10) ** 9)
        ore = Supply(material="ore", quantity=self._kg(made), origin="nature", description=self.word())
        self._transform(shop, [], [ore], made)

    def _held(self, shop: Workshop, *, owned: bool) -> list[Plot]:
        return [lot for lot in self.lots.values()
                if lot.holder == shop.id and lot.left > 1 and (lot.owner == shop.id) == owned]

    def _taken(self, lot: Plot) -> Flow:
        amount = self.amount(lot.left)
        self.lots[lot.id] = lot._replace(left=lot.left - amount)
        return Flow(lot=lot.id, quantity=self._kg(amount))

    def make(self, shop: Workshop) -> None:
        lots = self._held(shop, owned=True)
        if lots:
            flows = [self._taken(lot) for lot in self.random.sample(lots, min(len(lots), self.random.randint(1, 2)))]
            self._transform(shop, flows, [], self.amount(sum((flow.quantity.amount for flow in flows), Decimal(0))))

    def _moved(self, shop: Workshop, lot: Plot, to: Workshop, purpose: Purpose, whole: bool = False) -> str:
        taken = Flow(lot=lot.id, quantity=self._kg(lot.left)) if whole else self._taken(lot)
        if whole:
            self.lots[lot.id] = lot._replace(left=Decimal(0))
        new = shop.name(self.word())
        self.by(shop, Transfer, lot=lot.id, quantity=taken.quantity, to=to.id, new_lot=new, time=self._time()[1],
                purpose=purpose, transport=[])
        if purpose == "sale":
            self._sent.append(self.planted[-1])
        owner = lot.owner if purpose in ("custody", "return") else to.id
        self.lots[new] = Plot(new, to.id, owner, taken.quantity.amount, lot.product)
        return new

    def _other(self, shop: Workshop) -> Workshop:
        return self.random.choice([other for other in self.shops if other is not shop])

    def sell(self, shop: Workshop, to: Workshop | None = None) -> None:
        lots = self._held(shop, owned=True)
        if lots:
            self._moved(shop, self.random.choice(lots), to or self._other(shop), "sale")

    def accept(self, shop: Workshop) -> None:
        """A part of a delivery of which nothing is used yet goes back to its sender."""
        open_ = [sent for sent in self._sent if sent.record["to"] == shop.id
                 and self.lots[sent.record["newLot"]].left == Decimal(sent.record["quantity"]["value"])]
        if not open_:
            return
        sent = self.random.choice(open_)
        self._sent.remove(sent)
        lot = self.lots[sent.record["newLot"]]
        short = self.amount(lot.left)
        received = lot.left - short
        self._kept(digits_of(plain(received)))
        back = shop.name(self.word())
        self.lots[lot.id] = lot._replace(left=received)
        self.lots[back] = Plot(back, sent.record["issuer"], sent.record["issuer"], short, lot.product)
        self.by(shop, Acceptance, transfer=sent.digest, received=self._kg(received), return_lot=back)
        # The record states the received quantity: whoever knows the delivery knows the shortage.
        accepted = self.planted[-1]
        self.planted[-1] = accepted._replace(tokens=accepted.tokens | {digits_of(plain(short))})

    def toll(self, shop: Workshop) -> None:
        """Goods go to another organisation, which works on them for their owner, and sometimes come back."""
        lots = self._held(shop, owned=True)
        if not lots:
            return
        toller = self._other(shop)
        given = self.lots[self._moved(shop, self.random.choice(lots), toller, "custody")]
        flow = self._taken(given)
        made = self._transform(toller, [flow], [], self.amount(flow.quantity.amount), owner=shop.id)
        if self.random.random() < 0.6:
            self._moved(toller, self.lots[made], shop, "return")

    def hand_on(self, maker: Workshop, holders: list[Workshop]) -> None:
        """An item whose id is that of its first lot goes from hand to hand."""
        made = self.amount(Decimal(10) ** 9)
        ore = Supply(material="ore", quantity=self._kg(made), origin="nature", description=self.word())
        lot = self._transform(maker, [], [ore], made, is_item=True)
        self.items.append(lot)
        for shop, to in zip([maker, *holders], holders, strict=False):
            lot = self._moved(shop, self.lots[lot], to, "sale", whole=True)
        # An item is in one lot, of which the other steps would take a part.
        self.lots[lot] = self.lots[lot]._replace(left=Decimal(0))

    # Rights.

    def limit(self, shop: Workshop, to: Workshop) -> None:
        """Grants the lot of two steps in full, of the time of the second step."""
        self._day = 0
        raw = self.amount(Decimal(10) ** 9)
        ore = Supply(material="ore", quantity=self._kg(raw), origin="nature", description=self.word())
        flow = self._taken(self.lots[self._transform(shop, [], [ore], raw)])
        last = self._transform(shop, [flow], [], self.amount(flow.quantity.amount))
        times = self.planted[-1].record
        self._grants.append(self.by(
            shop, Grant, depth="full", until=UNTIL, purpose=self.word(), grantee=to.id,
            scope=GrantScope(lot=last, start=times["start"], end=times["end"])))

    def grant(self, shop: Workshop, depth: Depth | None = None, to: Workshop | None = None, **fields: Any) -> None:
        fields = fields or {"grantee": (to or self._other(shop)).id}
        self._grants.append(self.by(shop, Grant, depth=depth or self.random.choice(DEPTHS), until=UNTIL,
                                    purpose=self.word(), scope=self._scope(shop), **fields))

    def _scope(self, shop: Workshop) -> GrantScope | None:
        own = [lot for lot in self.lots.values() if lot.id.startswith(shop.name("")) and lot.product in
               self._products[shop.id] and lot.owner == shop.id]
        match self.random.randrange(4):
            case 0 if own:
                return GrantScope(lot=self.random.choice(own).id)
            case 1:
                return GrantScope(product=self.random.choice(self._products[shop.id]))
            case 2:
                end = f"2025-03-{self.random.randint(3, 28):02}T00:00:00Z"
                return GrantScope(start="2025-03-01T00:00:00Z", end=end)
        return None

    def link(self, shop: Workshop) -> None:
        self.grant(shop, link=hashlib.sha256(self.random.randbytes(32)).hexdigest())
        self.links.append(self.planted[-1].digest)

    def revoke(self, shop: Workshop) -> None:
        given = [posted for posted in self._grants if posted[1].issuer == shop.id]
        if given:
            posted = self.random.choice(given)
            self._grants.remove(posted)
            self.by(shop, GrantRevocation, grant=canonical.digest(canonical.encode(posted[1])).hex())

    def read(self, shop: Workshop) -> None:
        if self.random.random() < 0.3:
            registrar = self.ledger.registrar
            self.post(registrar, AppointedReader(issuer=registrar.id, nonce=self._nonce(), organization=shop.id,
                                                 purpose=self.word()))

    def unread(self, _: Workshop) -> None:
        registrar = self.ledger.registrar
        for planted in [planted for planted in self.planted if planted.record["type"] == "reader"][:1]:
            if not any(other.record.get("reader") == planted.digest for other in self.planted):
                self.post(registrar, ReaderRevocation(issuer=registrar.id, nonce=self._nonce(), reader=planted.digest))

    def leave(self, shop: Workshop) -> None:
        """The organisation leaves its parent: one of the two says so."""
        parent = self.parents.pop(shop.id, None)
        if parent is not None:
            signer = self.random.choice([one for one in self.shops if one.id in (shop.id, parent)])
            self.by(signer, ParentEnd, organization=shop.id)

    # Other kinds.

    def correct(self, shop: Workshop) -> None:
        mine = [posted for posted in self._made if posted[1].issuer == shop.id]
        if mine:
            activity = Make(co2=plain(self.amount(Decimal(10) ** 6)), ch4=plain(self.amount(Decimal(900))))
            party_, record = amend(shop, change(self.random.choice(mine), activity=activity))
            self.post(party_, msgspec.structs.replace(record, nonce=self._nonce(), reason=self.word()))

    def use(self, shop: Workshop) -> None:
        lots = self._held(shop, owned=True)
        if lots:
            self.by(shop, Consumption, inputs=[self._taken(self.random.choice(lots))], time=self._time()[1],
                    purpose="soldOutside", destination=self.word())

    def report(self, shop: Workshop) -> None:
        start, end = self._time()
        self.by(shop, Report, start=start, end=end, facility=self._sites[shop.id],
                value_added=Money(value=plain(self.amount(Decimal(10) ** 9)), currency="CNY"),
                evidence=[Evidence(digest=self.digest(), media_type="application/pdf", kind="bill")])

    def declare(self, shop: Workshop) -> None:
        start, end = self._time()
        self.by(shop, Declaration, start=start, end=end, basis="study", boundary="cradleToGate",
                burdens={"fossilGhgEmissions": plain(self.amount(Decimal(900)))}, per=self._kg(Decimal(1)),
                evidence=[Evidence(digest=self.digest(), media_type="application/pdf", kind="study")])

    def publish(self, shop: Workshop) -> None:
        lots = self._held(shop, owned=True)
        if lots and self.random.random() < 0.5:
            lot = self.random.choice(lots)
            maker = next(one for one in self.shops if lot.product in self._products[one.id])
            if maker is not shop:
                self._grants.append(self.by(
                    maker, Grant, depth="totals", until=UNTIL, purpose=self.word(), grantee=shop.id,
                    scope=GrantScope(product=lot.product), publish=True))
            self.by(shop, PassportPublication, lot=lot.id)

    def attest(self, _: Workshop) -> None:
        auditor = self.shops[-1]
        lots = [lot for lot in self.lots.values() if lot.owner != auditor.id and lot.holder != auditor.id]
        if lots:
            self.by(auditor, Attestation, subject=Subject(kind="lot", id=self.random.choice(lots).id),
                    standard=self.word(), level="limited", opinion="unmodified", start="2025-03-01T00:00:00Z",
                    end="2025-04-01T00:00:00Z", valid_until=UNTIL)


def digits_of(number: str) -> str:
    """The digits of a planted quantity, without its point and zeros in front."""
    return number.replace(".", "").lstrip("0")[:DIGITS]


def tokens_in(content: bytes, tokens: frozenset[str]) -> frozenset[str]:
    """The tokens that an answer holds: as they stand, in base64, and in numbers of any unit."""
    found: set[str] = set()
    for text in _readings(content):
        found.update(tokens.intersection(NAMED.findall(text)))
        found.update(tokens.intersection(re.findall(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])", text)))
        numbers = re.sub(r"(?<=\d)[.,](?=\d)", "", text)
        found.update(tokens.intersection(digits_of(number) for number in re.findall(r"\d{12,}", numbers)))
    return frozenset(found)


def _readings(content: bytes, depth: int = 3) -> Iterator[str]:
    text = content.decode("latin-1")
    yield text
    if depth:
        for part in re.findall(r"[A-Za-z0-9+/_-]{40,}={0,2}", text):
            try:
                inner = base64.b64decode(part.translate({45: 43, 95: 47}).rstrip("=") + "==")
            except ValueError:
                continue
            yield from _readings(inner, depth - 1)

