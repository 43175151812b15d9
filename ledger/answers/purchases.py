"""Answers about bought goods, as sent to clients (JSON, camelCase). Figures are kg CO2e."""

from msgspec import field

from ledger.answers.lists import TransferAnswer
from ledger.answers.stored import QueryAnswer, VerifiedAnswer
from ledger.core.record.values import Quantity


class TitleShareAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The lots whose figures have a `title`: their number, kg CO2e, and share of all kg CO2e by absolute amounts."""

    title: str
    lots: int
    footprint: float
    share: float


class BoughtFiguresAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Bought lots together. `footprint`: of the received quantities. `primaryShare` is the part of primary data by
    absolute amounts, `secondaryShare` the rest: estimates and defaults; both are absent if there is no amount.
    `questioned`, `omitted`, `provisional`: kg CO2e in question, left out by estimate, waiting for a closing, with
    `questionedShare` of the figure, questions and omissions included; `unestimated`: the number of omissions without an
    estimate. `titles`: the figures by title, largest first.

    `oldestData`: the earliest time at which a lot can have been made. `dataAge`: the mean age of the lots in years, by
    absolute amounts: from that time of each lot to the newest entry of the tree, so never too young; absent if no lot
    states a time. `undated`: the number of lots without such a time."""

    lots: int
    footprint: float
    questioned: float
    questioned_share: float
    omitted: float
    provisional: float
    unestimated: float
    titles: list[TitleShareAnswer]
    undated: int = 0
    primary_share: float | None = None
    secondary_share: float | None = None
    oldest_data: str | None = None
    data_age: float | None = None


class BoughtGoodsAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The bought quantity of a product in one unit, with its figure per unit, weighted by quantity."""

    product: str
    quantity: Quantity
    lots: int
    footprint: float
    footprint_per_unit: float
    questioned: float
    primary_share: float | None = None


class ApartAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Transfers of the period that count in no sum, by `reason`: `disputed`, `withdrawn`, a role that is no goods
    (`attribute`, `credit`), or a purpose that is no purchase."""

    reason: str
    lots: int
    footprint: float


class ReceivedFootprintAnswer(BoughtFiguresAnswer, frozen=True, kw_only=True):
    """The goods that an `organization` bought from a `party` in a period, as of the tree of `at` entries: transfers for
    sale whose time lies after `from` and at `to` or before. Goods count from their arrival; `open`: the number of lots
    that the organisation has neither accepted nor used. A shortage that went back to the sender does not count.

    `quantities`: the goods in total, by unit, each with its figure per unit. `goods`: by product and unit, largest
    first. `transfers`: the newest; `leftOff` is the number of the others. `apart`: transfers that do not count.
    `verified`: the shares of the figure that attestations cover, as in the footprint of a lot."""

    organization: str
    party: str
    at: int
    quantities: list[BoughtGoodsAnswer]
    goods: list[BoughtGoodsAnswer]
    transfers: list[TransferAnswer]
    open: int = 0
    left_off: int = 0
    apart: list[ApartAnswer] = field(default_factory=list)
    since: str | None = field(default=None, name="from")
    until: str | None = field(default=None, name="to")
    verified: VerifiedAnswer | None = None


class SupplierCoverageAnswer(BoughtFiguresAnswer, frozen=True, kw_only=True):
    """The goods from one supplier, the `party`. `weight`: its share of the kg CO2e of all bought goods, by absolute
    amounts. `goods`: by product and unit, largest first, at most 20; `goodsLeftOff` is the number of the others."""

    party: str
    weight: float
    goods: list[BoughtGoodsAnswer]
    goods_left_off: int = 0
    verified: VerifiedAnswer | None = None


class PurchaseCoverageAnswer(BoughtFiguresAnswer, frozen=True, kw_only=True):
    """The goods that an `organization` bought in a period, by supplier, largest first, as of the tree of `at` entries.
    Goods count by the same rules as in the footprint of goods received from one party. `unsearched`: the number of
    smaller suppliers whose chains were not searched for attestations."""

    organization: str
    at: int
    suppliers: list[SupplierCoverageAnswer]
    unsearched: int = 0
    open: int = 0
    apart: list[ApartAnswer] = field(default_factory=list)
    since: str | None = field(default=None, name="from")
    until: str | None = field(default=None, name="to")
