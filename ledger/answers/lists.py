"""Answers that list lots, transfers, records and rows of the access log, as sent to clients (JSON, camelCase). Figures
are kg CO2e."""

from typing import Literal

from msgspec import UNSET, Raw, UnsetType, field

from ledger.answers.stored import CompletionAnswer, LotAnswer, OrganizationAnswer, QueryAnswer, Visibility
from ledger.core.record.values import Quantity
from ledger.footprint.derived.findings import StatedFinding

TransferState = Literal["open", "used", "accepted", "disputed", "withdrawn"]
RecordState = Literal["inForce", "amended", "withdrawn", "erased"]


class ListedLotAnswer(LotAnswer, frozen=True, kw_only=True):
    """A lot of a list. `footprint`: kg CO2e of the whole lot; `footprintPerUnit` of a unit of its quantity. `title` as
    in the lot's footprint. `omitted`, `questioned` and `provisional`: the kg CO2e that are left out by estimate, in
    question, and waiting for a closing; `unestimated`: the number of omissions without an estimate. `primaryShare`:
    the part of primary data; absent if there is no amount. `made`: the earliest time at which the lot can have been
    made; `since`: when its owner got it."""

    title: str
    footprint: float
    footprint_per_unit: float
    omitted: float
    provisional: float
    unestimated: float
    primary_share: float | None = None
    made: str | None = None
    since: str | None = None


class LotListAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A page of lots, newest first. `organization`: whose lots these are. `next`: the value of `after` for the next
    page. A short or empty page can still have a next page."""

    organization: str
    lots: list[ListedLotAnswer]
    next: int | None = None


class TransferAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A transfer of the log entry `index`, with digest `record`: `quantity` as sent, and `received`, without the
    shortage that went back to the sender. `footprint`: kg CO2e of the received quantity; the other figures are of it
    too, as in a list of lots. `state`: `open` until the receiver accepts it (the record `accepted`; with `onArrival` a
    standing acceptance) or takes from it (`used`); `disputed` and `withdrawn` transfers do not count as received.
    `time`: as the sender stated it. Whoever may not see the stock of the receiver sees `open` instead of `used`."""

    index: int
    record: str
    lot: str
    product: str
    quantity: Quantity
    received: Quantity
    sender: str
    receiver: str
    time: str
    purpose: str
    state: TransferState
    title: str
    footprint: float
    footprint_per_unit: float
    questioned: float
    omitted: float
    provisional: float
    unestimated: float
    primary_share: float | None = None
    accepted: int | None = None
    on_arrival: bool = False
    made: str | None = None
    owner: str | None = None


class TransferListAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A page of an organisation's transfers, newest first in the log. `next` as in a list of lots."""

    organization: str
    transfers: list[TransferAnswer]
    next: int | None = None


class ListedRecordAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A record of the log. `time`: of its entry. `start` and `end`: the period or the time that the record is about, as
    amended. `lots`: the number of lots that it made. `findings`: as they read now, with the stated values, in a list of
    the records with findings."""

    index: int
    record: str
    type: str
    issuer: str
    time: str
    state: RecordState
    lots: int = 0
    facility: str | None = None
    process: str | None = None
    start: str | None = None
    end: str | None = None
    findings: list[StatedFinding] = field(default_factory=list)


class RecordListAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A page of an organisation's records, newest first. `next` as in a list of lots. `toAnswer`: by the code of a
    finding, how the issuer answers it."""

    organization: str
    records: list[ListedRecordAnswer]
    to_answer: dict[str, str] = field(default_factory=dict)
    next: int | None = None


class NextQuestion(QueryAnswer, frozen=True, kw_only=True):
    """A question to ask next, with the arguments of `carbon-ledger` and the route that answer it."""

    question: str
    command: str
    route: str


class ShownAnswer(QueryAnswer, frozen=True, kw_only=True):
    """One page about a `record`, `lot`, `item`, `organization`, `facility`, `product` or `pool`, which is its `kind`.
    `also`: other kinds of things with the same name. `entered`: the record that entered it, with its `body` as amended;
    absent if the record is erased or withdrawn, and for lots. `findings`: of a record that the caller sees in full, as
    they read now, with the stated values; `toAnswer` as in a list of records. `lot`: of a lot, or the newest lot of an
    item. `completions`: of a product, in log order. `sight`: the parts that are left out because the caller may not see
    them."""

    id: str
    kind: str
    entered: ListedRecordAnswer
    questions: list[NextQuestion]
    also: list[str] = field(default_factory=list)
    lot: ListedLotAnswer | None = None
    organization: OrganizationAnswer | None = None
    body: Raw | UnsetType = UNSET
    findings: list[StatedFinding] = field(default_factory=list)
    to_answer: dict[str, str] = field(default_factory=dict)
    completions: list[CompletionAnswer] = field(default_factory=list)
    sight: Visibility | None = None


class ListedAccessAnswer(QueryAnswer, frozen=True):
    """The row `index` of a day's tree: equal readings of one hour. `row`: its canonical JSON, the leaf itself: `time`
    of the first, `readings` and `last` if there are several, `owner`, `right` (`group`, `grant`, `party`, `reader`,
    `operator`), `grant`, `route`, `asked` (identifiers), and who read: `organization` with `client`, or the holder of
    the `link` of a grant, or the `operator`. `salt` is random. A row without `route` has all readings of the hour by
    one reader and right, beyond the rows with names that this reader may begin about this owner on a day."""

    day: str
    index: int
    row: Raw


class AccessListAnswer(QueryAnswer, frozen=True):
    """A page of the rows about an organisation's data, newest first. `next`: the value of `after` for the next page."""

    organization: str
    accesses: list[ListedAccessAnswer]
    next: int | None = None


class AccessProofAnswer(QueryAnswer, frozen=True):
    """The RFC 6962 inclusion path of a row, as hashes in hex."""

    index: int
    path: list[str]


class AccessProofsAnswer(QueryAnswer, frozen=True):
    """Inclusion paths of rows of a day, whose size and root the signed `note` states."""

    day: str
    note: str
    proofs: list[AccessProofAnswer]


class AccessRootAnswer(QueryAnswer, frozen=True):
    """The signed note of a closed day."""

    day: str
    note: str


class AccessRootsAnswer(QueryAnswer, frozen=True):
    """Closed days, oldest first. Days without readings are absent. `keptFrom`: the rows of earlier days have expired.
    `next`: the value of `after` for the next page."""

    origin: str
    days: list[AccessRootAnswer]
    kept_from: str
    next: str | None = None
