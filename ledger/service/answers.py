"""What queries answer, as it goes over the wire (JSON, camelCase). Figures are kg CO2e, MJ, kWh, kg as named."""

from typing import Any

from msgspec import Raw, Struct

from ledger.core.receipt import ProvenLeaf
from ledger.core.values import Quantity


class Answer(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of every answer."""


class LotAnswer(Answer, frozen=True):
    """A lot as created, and what is left of it. `record` is the digest of the record that made it."""

    lot: str
    product: str
    quantity: Quantity
    remaining: str
    holder: str
    role: str
    index: int
    mass_kg: str | None = None
    origin: str | None = None
    item: str | None = None
    facility: str | None = None
    process: str | None = None
    previous_life: str | None = None


class LineAnswer(Answer, frozen=True):
    """An emission of the lot's own record, as far as this lot carries it, kg CO2e."""

    source: str
    kind: str
    gas: str
    burden: str
    amount: float
    basis: str
    primary: bool = False
    factor: str | None = None
    recalled: bool = False


class DirectAnswer(Answer, frozen=True):
    """What happened in the lot's own record, as far as this lot carries it."""

    footprint: float
    burdens: dict[str, float]
    lines: list[LineAnswer]
    omissions: list[dict[str, Any]] = []


class InputAnswer(Answer, frozen=True):
    """What came with an input lot: `part` of it was taken, `footprint` of that is carried by this lot."""

    lot: str
    product: str
    part: float
    footprint: float
    burdens: dict[str, float]


class FootprintAnswer(Answer, frozen=True):
    """The footprint of a whole lot, kg CO2e excluding biogenic uptake, with where it comes from and how good it is.

    `title` says *incomplete footprint* where `completeness` is unknown or below 95 %. `recalledFactors` could not be
    checked against their source. `recycledContent` is the share of each material's mass, by origin.
    """

    title: str
    lot: LotAnswer
    record: str
    method: str
    footprint: float
    footprint_per_unit: float
    unit: str
    burdens: dict[str, float]
    contents: dict[str, float]
    biogenic_uptake: float
    completeness: str
    exempted: str
    unestimated: float
    share: float
    direct: DirectAnswer
    inputs: list[InputAnswer] = []
    assigned: float = 0.0
    primary_share: float | None = None
    plugin: str | None = None
    factors: list[str] = []
    recalled_factors: list[str] = []
    recycled_content: dict[str, dict[str, float]] = {}
    indicators: dict[str, str] = {}


class RecordAnswer(Answer, frozen=True):
    """A record with its entry (base64) and the proven leaves of its outcome."""

    index: int
    digest: str
    type: str
    issuer: str
    body: Raw
    entry: str
    leaves: list[ProvenLeaf] = []


class KeyAnswer(Answer, frozen=True):
    """A key in force from log index `enrolled` on, until `revoked`."""

    keyid: str
    enrolled: int
    revoked: int | None = None


class OrganizationAnswer(Answer, frozen=True):
    id: str
    index: int
    names: dict[str, str] = {}
    roles: list[str] = []
    prefixes: list[str] = []
    parent: str | None = None
    parent_share: str | None = None
    keys: list[KeyAnswer] = []


class PluginAnswer(Answer, frozen=True):
    """`inForce`: the version and digest that the log activates; `installed`: whether this server has that digest."""

    name: str
    version: str
    digest: str
    names: dict[str, str]
    routes: dict[str, dict[str, str]]
    in_force: str | None = None
    installed: bool = False
