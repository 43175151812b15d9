"""Companies that post whole records, for tests of what the answers of a ledger let readers believe.

The rules and every installed factor set are in force. A `Market` is one case on a real server: its companies have names
of their own, so that many cases share a server. A `MemoryMarket` is one on a ledger in memory.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, Literal, Self

import httpx
import msgspec
from msgspec import Raw
from msgspec.structs import replace

from ledger.admission.title_limit import DEFAULT_LIMIT
from ledger.answers.problems import problem_of
from ledger.core.outcome.assessment import QUESTIONED, Assessment
from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    Addition,
    Amendment,
    AnyRecord,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Facility,
    Pool,
    Product,
    Subject,
    Transfer,
    Transformation,
)
from ledger.core.record.revisions import Change
from ledger.core.record.units import plain
from ledger.core.record.values import Evidence, Factor, Flow, Money, Output, Quantity, Role, Supply
from ledger.engine.findings import finding_codes
from ledger.errors import LedgerError
from ledger.footprint.derived.completeness import doubtful_of, referenced
from ledger.footprint.stored.burdens import SLOT, footprint, market_based, named
from ledger.sdk import SetFactor
from ledger.sdk.sets.reading import co2e_of
from support.memory import MemoryLedger
from support.parties import Party, enrolment, nonces, party
from support.sectors import all_sectors, open_set
from support.server import Server, prepared_home

_SEED: Final = 17
MARCH: Final = ("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z")
APRIL: Final = ("2025-04-01T00:00:00Z", "2025-05-01T00:00:00Z")
SOLD: Final = MARCH[1]
"""When goods change hands unless a case says so: the records before and after it may be of March."""
Answer = Mapping[str, Any]


class RecordRefused(Exception):
    """The ledger refused a record; `problem` is its answer."""

    def __init__(self, problem: Mapping[str, object]) -> None:
        super().__init__(f"{problem.get('code')}: {problem.get('detail')}")
        self.problem = problem
        self.code = str(problem.get("code"))


@contextmanager
def trading_server() -> Iterator[Server]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_FACTOR_SETS="all") as server:
        yield server


def trading_ledger() -> MemoryLedger:
    """What a `trading_server` has in force, in memory."""
    memory = MemoryLedger(all_sectors(), seed=_SEED)
    memory.activate_sets()
    return memory


def quantity(text: str) -> Quantity:
    """`1.1 TNE`."""
    value, unit = text.split()
    return Quantity(value=value, unit=unit)


def money(text: str) -> Money:
    """`12.5 EUR`."""
    value, currency = text.split()
    return Money(value=value, currency=currency)


def supply(material: str, amount: str, mass: str | None = None, **fields: Any) -> Supply:
    """Bought goods, fuel, energy or freight."""
    return Supply(material=material, quantity=quantity(amount), mass=quantity(mass) if mass else None, **fields)


def nature(material: str, amount: str, mass: str | None = None) -> Supply:
    return supply(material, amount, mass, origin="nature")


def factor(value: str, unit: str, **fields: Any) -> Factor:
    """Kg CO2e per unit, cradle to gate, as the record itself states it."""
    return Factor(**{"value": value, "unit": unit, "source": "supplier", "year": 2025, "boundary": "cradleToGate",
                     **fields})


def evidence(kind: str) -> Evidence:
    """A document of that kind, such as `supplierFactor:electricity`."""
    return Evidence(digest=hashlib.sha256(kind.encode()).hexdigest(), media_type="application/pdf", kind=kind)


def document(kind: str) -> str:
    """The digest of the `evidence` of that kind."""
    return evidence(kind).digest


class Market:
    """One case on a server. `is_honest` until the case begins to lie."""

    def __init__(self, server: Server, case: str) -> None:
        self.server = server
        self.case = case
        self.is_honest = True
        self.materials: dict[str, Mapping[str, str]] = {}
        """By product."""
        self._nonces = nonces(_SEED, f"market/{case}")

    def begin_to_lie(self) -> None:
        """From here on, the refusal of a record is an answer to the lie and no mistake of the case."""
        self.is_honest = False

    def end_of_lie(self) -> None:
        """The records that follow are honest again."""
        self.is_honest = True

    def nonce(self) -> str:
        return next(self._nonces)

    def company(
        self, name: str, country: str = "CN", subdivision: str | None = None, *, parent: "Company | None" = None,
        roles: Sequence[Literal["auditor", "registrar"]] = (),
    ) -> "Company":
        """A new organisation with a facility, owned by `parent` if it has one."""
        entered = party(_SEED, f"{self.case}-{name}")
        above, share = (None, None) if parent is None else (parent.id, "1")
        record = enrolment(
            entered, self.server.registrar, self.server.origin, self.nonce(), parent=above, share=share)
        record = replace(record, roles=list(roles))
        self.post(self.server.registrar, record)
        company = Company(self, entered, country, subdivision)
        company.site("site", country, subdivision)
        return company

    def post(self, signer: Party, record: AnyRecord) -> str:
        """The digest of a record that the ledger admits. Raises RecordRefused for another one."""
        (answer,) = self.server.submit(self.server.envelopes([(signer, record)]))
        if not isinstance(answer, Receipt):
            raise RecordRefused(answer)
        return canonical.digest(canonical.encode(record)).hex()

    def ask(self, path: str, **parameters: Any) -> Answer:
        """The answer to a question. Raises AssertionError for an error."""
        response = httpx.get(f"{self.server.url}{path}", params=parameters, timeout=120)
        assert response.status_code == 200, response.text
        answer: Answer = response.json()
        return answer

    def footprint(self, lot: str) -> Answer:
        """Of a lot by its whole id. Its findings have the severity that the table of codes states, or a milder one."""
        answer = self.ask("/v1/footprint", lot=lot)
        for finding in answer.get("findings", []):
            known = finding_codes().get(finding["code"])
            assert known is None or finding["severity"] in ("note", known.severity), finding
        return answer

    def stated(self, lot: str) -> Answer:
        """Burdens and contents of a lot in its signed statement, as the log's leaf has them: texts by name."""
        leaf: Answer = self.ask("/v1/statement", lot=lot)["claims"]["result"]["leaf"]
        return leaf

    def product_footprint(self, product: str) -> Answer:
        """Of all lots of a product by its whole id."""
        return self.ask("/v1/footprint/product", product=product)


class MemoryMarket(Market):
    """One case on a ledger in memory, whose answers are put together from what it commits to. It aggregates nothing:
    the answer about a product is that about its only lot which a record made."""

    def __init__(self, memory: MemoryLedger, case: str) -> None:
        super().__init__(memory, case)  # type: ignore[arg-type]  # for its registrar and origin
        self._memory = memory

    def post(self, signer: Party, record: AnyRecord) -> str:
        (verdict,) = self._memory.post([(signer, record)])
        if isinstance(verdict, LedgerError):
            raise RecordRefused(msgspec.to_builtins(problem_of(verdict)))
        return canonical.digest(canonical.encode(record)).hex()

    def ask(self, path: str, **parameters: Any) -> Answer:
        raise NotImplementedError(f"{path}: only a server answers this")

    def footprint(self, lot: str) -> Answer:
        memory = self._memory
        facts, (burdens, contents) = memory.state.lots[lot], memory.figures[lot]
        leaf = memory.assessment(facts.index)
        if leaf is None:
            raise AssertionError(f"{lot} has no assessment")
        assessment = msgspec.json.decode(leaf.assessment, type=Assessment)
        known = referenced(assessment, facts.number % 1024)
        return {
            "title": doubtful_of(burdens, DEFAULT_LIMIT, referenced=known).title, "footprint": footprint(burdens),
            "marketBased": market_based(burdens), "questioned": burdens[SLOT[QUESTIONED]], "burdens": named(burdens),
            "contents": dict(contents), "findings": [one.code for one in assessment.findings],
            "lot": {
                "product": facts.product, "remaining": plain(memory.state.remaining[lot]),
                "quantity": {"value": plain(facts.quantity), "unit": facts.unit},
                "massKg": None if facts.mass is None else plain(facts.mass),
            },
        }

    def stated(self, lot: str) -> Answer:
        facts = self._memory.state.lots[lot]
        leaf: Answer = msgspec.json.decode(self._memory.leaves[facts.index][facts.number % 1024 + 1])
        return leaf

    def product_footprint(self, product: str) -> Answer:
        (lot,) = [one.id for one in self._memory.state.lots.values() if one.product == product and not one.sender]
        return self.footprint(lot)


class Company:
    """An organisation that posts records. Short names become identifiers under its prefix; whole URNs stay."""

    def __init__(self, market: Market, signer: Party, country: str, subdivision: str | None) -> None:
        self.market = market
        self.party = signer
        self.country = country
        self.subdivision = subdivision

    @property
    def id(self) -> str:
        return self.party.id

    def name(self, short: str) -> str:
        return short if short.startswith("urn:") else self.party.prefix + short

    def lying(self) -> Self:
        """Begins to lie, with the next record of this company."""
        self.market.begin_to_lie()
        return self

    def post(self, kind: type[Any], **fields: Any) -> str:
        """Signs and posts; returns the record's digest."""
        return self.market.post(self.party, kind(issuer=self.id, nonce=self.market.nonce(), **fields))

    def site(self, short: str, country: str, subdivision: str | None = None, **fields: Any) -> str:
        """A further facility; its id."""
        self.post(Facility, id=self.name(short), country=country, subdivision=subdivision, **fields)
        return self.name(short)

    def product(self, short: str, sector: str, unit: str = "TNE", **fields: Any) -> str:
        """`SHORT`, counted in `unit`; its id."""
        product = self.name(f"product:{short}")
        self.post(Product, id=product, sector=sector, unit=unit, **fields)
        self.market.materials[product] = fields.get("materials", {})
        return product

    def products(self, sector: str, **materials: str) -> Self:
        """Products in tonnes, each of one material."""
        for short, material in materials.items():
            self.product(short, sector, materials={material: "1"})
        return self

    def out(self, product: str, amount: str, role: Role = "product", **fields: Any) -> Output:
        """The lot `PRODUCT`, or the lot `name`, of a product by its short name. `value` as text."""
        lot = self.name(fields.pop("name", product))
        value = fields.pop("value", None)
        return Output(
            lot=lot, product=self.name(product if product.startswith("urn:") else f"product:{product}"),
            quantity=quantity(amount), role=role, value=money(value) if value else None, **fields,
        )

    def run(self, process: str, outputs: Sequence[Output], supplies: Sequence[Supply] = (),
            inputs: Mapping[str, str] | None = None, activity: Mapping[str, Any] | None = None,
            **fields: Any) -> str:
        """A transformation of March 2025 at the facility `site`. `inputs`: amounts by lot."""
        start, end = fields.pop("when", MARCH)
        return self.post(Transformation, **{
            "facility": self.name("site"), "start": start, "end": end, "process": process, "outputs": list(outputs),
            "supplies": list(supplies), "inputs": self.flows(inputs),
            "activity": Raw(msgspec.json.encode(activity or {})), **fields,
        })

    def flows(self, amounts: Mapping[str, str] | None) -> list[Flow]:
        return [Flow(lot=self.name(lot), quantity=quantity(amount)) for lot, amount in (amounts or {}).items()]

    def send(self, lot: str, amount: str, to: "Company", **fields: Any) -> str:
        """Hands a quantity over, by default as a sale; the id of the receiver's lot."""
        new = self.name(fields.pop("name", f"{lot.rpartition(':')[2]}-for-{to.id.rpartition('-')[2]}"))
        self.post(Transfer, **{"lot": self.name(lot), "quantity": quantity(amount), "to": to.id, "new_lot": new,
                               "time": SOLD, **fields})
        return new

    def declare(self, basis: str = "statement", boundary: str = "cradleToGate", **fields: Any) -> str:
        return self.post(Declaration, **{"start": MARCH[0], "end": MARCH[1], "basis": basis, "boundary": boundary,
                                         **fields})

    def collect(self, lot: Output, *papers: Evidence, **fields: Any) -> str:
        """A lot of waste, or a core, that this company gathered, with its documents."""
        return self.declare(**{"basis": "collected", "boundary": "none", "lot": lot, "collector": self.id,
                               "evidence": list(papers) or [evidence("weighing")], **fields})

    def consume(self, inputs: Mapping[str, str], purpose: str, outputs: Sequence[Output] = (), **fields: Any) -> str:
        return self.post(Consumption, **{"inputs": self.flows(inputs), "time": SOLD, "purpose": purpose,
                                         "outputs": list(outputs), **fields})

    def pool(self, short: str, product: str, **fields: Any) -> str:
        held = self.name(product if product.startswith("urn:") else f"product:{product}")
        self.post(Pool, **{"id": self.name(short), "facility": self.name("site"), "product": held, **fields})
        return self.name(short)

    def add(self, pool: str, inputs: Mapping[str, str], **fields: Any) -> str:
        return self.post(Addition, **{"pool": self.name(pool), "inputs": self.flows(inputs), "time": SOLD, **fields})

    def close(self, *measured: Supply, **fields: Any) -> str:
        """Closes March with measured totals."""
        return self.post(Closing, **{"facility": self.name("site"), "start": MARCH[0], "end": MARCH[1],
                                     "measured": list(measured), **fields})

    def amend(self, record: str, **fields: Any) -> str:
        """Gives the record with that digest new fields, named as on the wire."""
        changed = {name: Raw(msgspec.json.encode(value)) for name, value in fields.items()}
        return self.post(Amendment, changes=[Change(record=record, fields=changed)], reason="a better reading")

    def withdraw(self, record: str) -> str:
        """Takes the record with that digest back."""
        return self.post(Amendment, changes=[Change(record=record, withdrawn=True)], reason="posted twice")

    def attest(self, kind: str, subject: str, **fields: Any) -> str:
        """An unmodified opinion with reasonable assurance."""
        return self.post(Attestation, **{
            "subject": Subject(kind=kind, id=subject),  # type: ignore[arg-type]
            "standard": "ISO 14064-3:2019", "level": "reasonable", "opinion": "unmodified", "start": MARCH[0],
            "end": MARCH[1], "valid_until": "2026-04-01T00:00:00Z", **fields,
        })


@cache
def _open_rows() -> Mapping[str, SetFactor]:
    return open_set().newest.rows


def row(name: str) -> float:
    """Kg CO2e per unit of a row of the open set, such as `lime/cradleToGate/DE/2023`, by the potentials of AR6."""
    return float(co2e_of(_open_rows()[name].gases))
