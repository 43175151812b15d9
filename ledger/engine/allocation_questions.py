"""Questions of allocation: outputs that carry a smaller share of the burdens than is usual.

Which share is usual follows from the hierarchy of PACT 3: a rule that prescribes a key comes first; else up to a ratio
of 5 between the prices per kg a physical key applies (here the mass), above it the value. Prices are the usual ones of
the goods, else the values that the record states. A good and a bad year of the market bound the shares that are
believed; the usual prices measure the question. Without prices, only a share of less than a fifth of the share by mass
is questioned, and a note tells of smaller differences.

    lots of one product, and all freight       equal shares per unit
    services of one unit                       at least half of that, or by values and a document
    goods whose prices are known, ratio <= 5   by mass
    goods whose prices are known, ratio > 5    by usual prices
    goods of one composition, ratio > 5        by the values that the record states
    goods that do not burn, beside power and   by usual prices: moles and heating values say nothing of them
      heat, by moles or by energy
    wet goods, by mass                         by their dry matter
    precious metals that no input holds        without a price
    offcuts of bought goods, without values    at most a quarter beside the products
    services beside goods                      nothing, or up to a quarter by values and a document of the service
    a rule that the record names and shows     the lower of the two, with a note
    others                                     by mass
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.admission.checks.allocation import MOST_FOR_MASS, PHYSICAL
from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Created, Plan
from ledger.core.outcome.assessment import Assessment, Finding, Span, UsualShare
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import UNITS
from ledger.core.record.values import UNBURDENED
from ledger.engine.bounds.matter import KnownMatter, explained_metals, water_in_outputs
from ledger.engine.bounds.nature import WATER
from ledger.sdk import FactorSetVersion
from ledger.sdk.sets.lookup import entry_of, entry_of_code
from ledger.sdk.sets.prices import (
    UsualPrice,
    dry_part,
    is_prescribed,
    price_of_energy,
    price_of_mixture,
    usual_price,
)

SAME_PRODUCT: Final = "shares-of-one-product"
WRONG_KEY: Final = "allocation-key"
FAR_SHARE: Final = "allocation-share"
NOT_MASSES: Final = "weights-not-masses"
UNKNOWN_GOODS: Final = "burden-on-unknown-goods"
NOT_WHOLE: Final = "shares-not-whole"
RULES: Final = ("productCategoryRules", "sectorRules", "allocationRules")
"""Kinds of documents, alone or before a colon and their subject, that show the rule behind an allocation key."""
SERVICES: Final = ("serviceContract", "serviceInvoice", "serviceRecord", "hoursOfService", "salesInvoice", "invoice")
"""Kinds of documents, alone or before a colon and their subject, that show a service which was sold beside goods."""
_CACHED: Final = 4096
_NOTHING: Final = Decimal(0)
_ONE: Final = Decimal(1)
_STEP: Final = Decimal("0.000000001")
_NEAR: Final = Decimal("0.9")
"""Of the share by mass or quantity: prices of one product differ this much among customers."""
_PHYSICAL_NEAR: Final = Decimal("0.66")
"""Of the share by mass, by another physical key: heating values of like goods differ this much."""
_ONE_PRODUCT: Final[Mapping[str, Decimal]] = {"declared": Decimal("0.98"), "moles": Decimal("0.98")}
"""Of the share by quantity, by a key that has no reason to differ among lots of one product but rounding."""
_HALF: Final = Decimal("0.5")
_FAR: Final = Decimal("0.2")
_MOST_UNKNOWN: Final = Decimal("0.25")
_DEAR: Final = frozenset({"preciousMetal", "gold", "palladium", "platinum"})
"""Contents of which a little is worth more than all other goods: a metal that is not in the inputs has no price."""
_STONE: Final = frozenset({"mineral", "water"})
_BURNING: Final = frozenset({"organicChemical", "oil", "food", "wood", "polymer", "rubber"})
_FREIGHT: Final = "freight"
_BY_RULE: Final = "a rule that the record shows allows it"
_MORE: Final = "by mass and by usual prices it would carry more"
_DECLARED: Final = "declared"
_STATED: Final = ("value", _DECLARED)


class AllocationQuestions(NamedTuple):
    """The usual shares of outputs that carry less, with a finding for each of them, and notes."""

    usual: tuple[UsualShare, ...] = ()
    findings: tuple[Finding, ...] = ()


class _Carrier(NamedTuple):
    """An output that carries burdens. `share` of them; `price` of a kg, `worth` of all of it. `is_named`: its kind
    of good is known, or it is a product and no by-product. `is_main`: it is no co-product and no by-product. `burns`:
    it has a heating value for which somebody may use it. `water`: kg of it, which carry nothing."""

    output: int
    share: Decimal
    product: str
    quantity: Decimal
    dimension: str
    mass: Decimal | None
    value: Decimal | None
    price: UsualPrice | None
    worth: UsualPrice | None
    materials: Mapping[str, str]
    goods: frozenset[str]
    is_named: bool
    is_main: bool
    burns: bool
    water: Decimal = _NOTHING

    def worthy(self, part: Decimal) -> "_Carrier":
        """The output of which only a `part` was there to be sold."""
        if part >= _ONE or self.price is None or self.worth is None:
            return self
        return self._replace(price=self.price.times(part), worth=self.worth.times(part))

    @property
    def weight(self) -> Decimal:
        """Kg, 0 without a mass."""
        return self.mass or _NOTHING


class _Inputs(NamedTuple):
    """The inputs of a record: `shaped`, bought goods of their class; `waste`, waste for the most part. `weighed`: its
    sector weighs the outputs."""

    shaped: bool
    waste: bool
    weighed: bool


class _SmallShare(NamedTuple):
    """An output's share is below `least`, where `usual` is usual. A `note` questions nothing."""

    carrier: _Carrier
    usual: Decimal
    least: Decimal
    code: str
    reason: str
    note: bool = False


def questions_of(
    record: Transformation, plan: Plan, facts: Facts, shares: Sequence[float], assessment: Assessment,
    goods: KnownMatter,
) -> AllocationQuestions:
    """The doubts about the allocation `shares` of a record. Outputs that its sector sets aside (by a weight of
    zero, such as slag by substitution) are not compared."""
    weights, sets = assessment.weights.get(record.allocation), goods.sets
    with localcontext(CONTEXT):
        water = water_in_outputs(plan, facts, goods) if record.allocation == "mass" else [_NOTHING] * len(plan.created)
        held = explained_metals(plan, facts, goods, _DEAR)
    carriers = [
        _carrier(i, created, Decimal(repr(shares[i])), facts, sets).worthy(held[i])._replace(water=water[i])
        for i, created in enumerate(plan.created if shares else ())
        if created.facts.role not in UNBURDENED and (weights is None or weights[i])
    ]
    if len(carriers) < 2:
        return AllocationQuestions()
    asked = _answered(_Sharing(record, carriers, _Inputs(
        shaped=_is_shaped(plan, facts, sets), waste=_is_treated(plan, facts, sets), weighed=weights is not None,
    )).doubts())
    if record.allocation != _DECLARED or weights is not None:
        return asked
    return asked._replace(findings=(*asked.findings, *_not_whole(record)))


def _is_ruled(record: Transformation) -> bool:
    """Whether the record names the rule behind its key and has a document of it: anybody can name a rule."""
    basis = record.allocation_basis
    return basis is not None and basis.rule is not None and any(
        document.kind.partition(":")[0] in RULES for document in record.evidence)


def _shows_service(record: Transformation) -> bool:
    return any(document.kind.partition(":")[0] in SERVICES for document in record.evidence)


def _not_whole(record: Transformation) -> Sequence[Finding]:
    """A note on declared shares that do not add up to 1 by more than their last decimals: the ledger divides them by
    their sum, so that nothing is lost, but the record may have forgotten an output."""
    shares = [Decimal(output.share) for output in record.outputs if output.share is not None]
    total = _sum(shares)
    if abs(CONTEXT.subtract(total, _ONE)) <= _times(_STEP, Decimal(len(shares))):
        return ()
    return [Finding(
        code=NOT_WHOLE, severity="note", value=total, unit="share", usual=Span(low=_ONE, high=_ONE),
        message=f"the declared shares add up to {total:f}; each counts as its part of this sum",
    )]


def _carrier(
    output: int, created: Created, share: Decimal, facts: Facts, sets: tuple[FactorSetVersion, ...]
) -> _Carrier:
    lot, stated = created
    product = facts.product_of(lot)
    codes = product.codes if product else ()
    materials = facts.composition(lot).materials
    price, worth = None, None
    if lot.mass:
        price = _price(codes, tuple(materials.items()), sets)
        worth = None if price is None else price.times(lot.mass)
    else:
        worth = price_of_energy(lot.quantity, lot.unit)
    value = Decimal(stated.value.value) if stated is not None and stated.value is not None else None
    unit, coded = UNITS[lot.unit], entry_of_code(sets, codes)
    named = [None if (known := entry_of(sets, name)) is None else known[1] for name in materials]
    return _Carrier(
        output, share, lot.product, _times(lot.quantity, unit.scale), unit.dimension, lot.mass, value, price, worth,
        materials, frozenset([entry.key for entry in (coded, *named) if entry is not None]),
        bool(materials or codes or lot.role == "product") and (price is not None or lot.role != "byProduct"),
        lot.role == "product",
        any(entry.kind == "fuel" or entry.group in _BURNING for entry in (coded, *named) if entry is not None),
    )


def _is_shaped(plan: Plan, facts: Facts, sets: tuple[FactorSetVersion, ...]) -> bool:
    """Whether at least half of the outputs' mass was bought as goods of their class."""
    made = _sum([lot.mass or _NOTHING for lot, _ in plan.created])
    groups = frozenset[str]().union(*[_groups(facts.composition(lot).materials, sets) for lot, _ in plan.created])
    bought = _NOTHING
    for supplied in plan.supplied:
        if groups & _groups((supplied.supply.material,), sets):
            bought = CONTEXT.add(bought, supplied.mass or _NOTHING)
    for taken in plan.taken:
        if taken.lot.role not in UNBURDENED and groups & _groups(facts.composition(taken.lot).materials, sets):
            bought = CONTEXT.add(bought, taken.mass or _NOTHING)
    return bool(made) and bought >= _times(made, _HALF)


def _is_treated(plan: Plan, facts: Facts, sets: tuple[FactorSetVersion, ...]) -> bool:
    """Whether waste and cores are at least half of the mass that came in as lots and supplies. Stone that passes beside
    goods of other classes is nothing that a plant is paid for."""
    if all(taken.lot.role not in UNBURDENED for taken in plan.taken):
        return False
    stone = any(not _is_stone(created.facts, facts, sets) for created in plan.created
                if created.facts.mass and created.facts.role not in UNBURDENED)
    waste = _sum(taken.mass or _NOTHING for taken in plan.taken if taken.lot.role in UNBURDENED
                 and not (stone and _is_stone(taken.lot, facts, sets)))
    whole = _sum([*[taken.mass or _NOTHING for taken in plan.taken],
                  *[supplied.mass or _NOTHING for supplied in plan.supplied]])
    return bool(waste) and waste >= _times(whole, _HALF)


def _is_stone(lot: LotFacts, facts: Facts, sets: tuple[FactorSetVersion, ...]) -> bool:
    groups = _groups(facts.composition(lot).materials, sets)
    return bool(groups) and groups <= _STONE


def _groups(materials: Iterable[str], sets: tuple[FactorSetVersion, ...]) -> frozenset[str]:
    """The classes of goods among materials. Water is nothing that somebody shapes."""
    return _groups_among(tuple(materials), sets)


@lru_cache(_CACHED)
def _groups_among(materials: tuple[str, ...], sets: tuple[FactorSetVersion, ...]) -> frozenset[str]:
    known = [entry_of(sets, material) for material in materials]
    return frozenset([one[1].group for one in known if one is not None and one[1].kind == "material"]) - {WATER}


@lru_cache(_CACHED)
def _price(
    codes: tuple[str, ...], materials: tuple[tuple[str, str], ...], sets: tuple[FactorSetVersion, ...]
) -> UsualPrice | None:
    """Of a code and of materials, the lower price: a code for copper does not make slag dear."""
    entry = entry_of_code(sets, codes)
    known = [None if entry is None else usual_price(sets, entry.key),
             price_of_mixture(sets, {name: Decimal(share) for name, share in materials})]
    return min([price for price in known if price is not None], key=lambda price: price.usual, default=None)


class _Sharing:
    """The outputs of one record, with its allocation key. `ruled`: the record names the rule behind the key, and shows
    it."""

    def __init__(self, record: Transformation, carriers: Sequence[_Carrier], inputs: _Inputs) -> None:
        self._key = record.allocation
        self._carriers = carriers
        self._massive = [carrier for carrier in carriers if carrier.mass]
        self._shaped = inputs.shaped
        self._treats = inputs.waste
        self._weighed = inputs.weighed
        self._prescribed = is_prescribed(record.process, record.allocation, [one.goods for one in carriers])
        self._ruled = _is_ruled(record)
        self._sold = all(carrier.value is not None for carrier in carriers) and _shows_service(record)

    def doubts(self) -> Iterator[_SmallShare]:
        yield from self._of_one_product()
        if self._key == "mass":
            yield from self._by_weights()
        if self._prescribed:
            return
        priced = self._priced()
        if len(priced) > 1:
            yield from self._by_usual_prices(priced)
        elif self._key in PHYSICAL or self._key == "value":
            yield from self._by_stated_values()
        yield from self._by_dry_matter()
        if self._is_of_one_composition() and not self._ruled:
            yield from self._on_offcuts()
        compared = {carrier.output for carrier in priced}
        yield from self._by_mass_alone(compared)
        if not self._ruled:
            yield from self._on_unknown_goods(compared)

    def _by_weights(self) -> Iterator[_SmallShare]:
        """The sector's weights by mass are the masses; of lye, wet or dry ones."""
        reason = "its weight is not its mass"
        wet = self._by_mass(self._massive, _NEAR, NOT_MASSES, reason)
        dry = [_times(carrier.weight, dry_part(carrier.materials)) for carrier in self._massive]
        if not any(dry):
            yield from wet
            return
        for doubt, usual in zip(wet, _divided(self._massive, dry), strict=False):
            if usual < doubt.usual:
                yield doubt._replace(usual=usual, least=_times(usual, _NEAR))
            else:
                yield doubt

    def _of_one_product(self) -> Iterator[_SmallShare]:
        """Lots of one product, and all freight of one record, carry the same per unit, and other services like ones.
        They differ in how they were rendered, which a sector's weights, or values with a document, may say."""
        groups: dict[str, list[_Carrier]] = {}
        services: dict[str, list[_Carrier]] = {}
        for carrier in self._carriers:
            if not carrier.mass and self._weighed:
                continue
            freight = carrier.dimension == _FREIGHT and not carrier.mass
            groups.setdefault(_FREIGHT if freight else carrier.product, []).append(carrier)
            if not carrier.mass and carrier.worth is None and not self._sold:
                services.setdefault(carrier.dimension, []).append(carrier)
        near = _ONE_PRODUCT.get(self._key, _NEAR)
        for group in groups.values():
            yield from _per_unit(group, near,
                                 "lots of one product, and all freight of a record, carry the same per unit")
        for group in services.values():
            yield from _per_unit(group, _HALF, "services of one unit carry like burdens, without stated values and a "
                                 "document of them")

    def _priced(self) -> list[_Carrier]:
        """The outputs whose usual prices are known. All of one composition have one price, whatever it is."""
        if self._is_beside_energy():
            return [carrier for carrier in self._carriers if carrier.worth is not None]
        if self._is_of_one_composition():
            values = self._values()
            stated = [CONTEXT.divide(value, carrier.weight)
                      for value, carrier in zip(values, self._massive, strict=False)]
            if stated and self._key in PHYSICAL and _ratio(stated) > MOST_FOR_MASS:
                prices = [UsualPrice(price, price, price) for price in stated]
                return [carrier._replace(price=price, worth=price.times(carrier.weight))
                        for carrier, price in zip(self._massive, prices, strict=True)]
            same = UsualPrice(_ONE, _ONE, _ONE)
            return [carrier._replace(price=same, worth=same.times(carrier.weight)) for carrier in self._massive]
        among = self._carriers if self._key in _STATED else self._massive
        return [carrier for carrier in among if carrier.worth is not None]

    def _is_beside_energy(self) -> bool:
        """Whether moles, or the heating values of goods that nobody burns, share the burdens with power and heat."""
        if all(carrier.mass for carrier in self._carriers):
            return False
        return self._key == "moles" or (
            self._key == "energy" and bool(self._massive) and not any(carrier.burns for carrier in self._massive))

    def _by_dry_matter(self) -> Iterator[_SmallShare]:
        """Water in an output carries nothing, unless the usual prices make the value the key."""
        dry = [max(CONTEXT.subtract(carrier.weight, carrier.water), _NOTHING) for carrier in self._massive]
        prices = [carrier.price.usual for carrier in self._massive if carrier.price is not None]
        by_value = len(prices) == len(self._massive) > 0 and _ratio(prices) > MOST_FOR_MASS
        if by_value or not any(dry) or not any(carrier.water for carrier in self._massive):
            return
        for carrier, usual in zip(self._massive, _divided(self._massive, dry), strict=True):
            yield _SmallShare(carrier, usual, _times(usual, _NEAR), FAR_SHARE,
                              _BY_RULE if self._ruled else "other outputs are wet, and water carries nothing",
                              note=self._ruled)

    def _is_of_one_composition(self) -> bool:
        compositions = [carrier.materials for carrier in self._massive]
        return len(compositions) > 1 and bool(compositions[0]) and all(one == compositions[0] for one in compositions)

    def _on_offcuts(self) -> Iterator[_SmallShare]:
        """Swarf and offcuts of bought goods are of the product's material, and mostly worth little of it: without
        stated values, co-products carry at most a quarter."""
        if not self._shaped or self._values():
            return
        main = [carrier for carrier in self._massive if carrier.is_main]
        beside = [carrier for carrier in self._massive if not carrier.is_main]
        yield from _beyond_a_quarter(beside, main, FAR_SHARE, "co-products of the same bought material, without stated "
                                     "values, carry more than a quarter")

    def _by_usual_prices(self, priced: Sequence[_Carrier]) -> Iterator[_SmallShare]:
        by_price = _divided(priced, [_worth(carrier).usual for carrier in priced])
        believed = [_lowest(i, priced) for i in range(len(priced))]
        by_mass = by_price
        ratio = None
        if all(carrier.mass for carrier in priced):
            by_mass = _divided(priced, [carrier.weight for carrier in priced])
            ratio = _ratio([carrier.price.usual for carrier in priced if carrier.price is not None])
        near = _NEAR if self._key == "mass" or self._key in _STATED else _PHYSICAL_NEAR
        for i, carrier in enumerate(priced):
            mass, least_by_mass = by_mass[i], _times(by_mass[i], near)
            if ratio is None or ratio > MOST_FOR_MASS:
                usual, least = by_price[i], believed[i]
            else:
                usual, least = mass, least_by_mass
            doubt = _SmallShare(carrier, usual, least, *self._reason(ratio))
            if self._ruled:
                yield doubt._replace(note=True, reason=_BY_RULE)
                doubt = doubt._replace(
                    usual=min(mass, by_price[i]), code=FAR_SHARE, reason=_MORE,
                    least=min(believed[i], least_by_mass) if near == _NEAR else _times(mass, _FAR))
            yield doubt

    def _reason(self, ratio: Decimal | None) -> tuple[str, str]:
        """Code and reason of a share that is not usual where the usual prices per kg differ by `ratio`."""
        if ratio is not None and self._key != "declared":
            if self._key in PHYSICAL and ratio > MOST_FOR_MASS:
                return WRONG_KEY, (f"the usual prices per kg differ by {ratio:.3g}, so the value is the key, "
                                   "and the record shows no rule for a physical one")
            if self._key == "value" and ratio <= MOST_FOR_MASS:
                return WRONG_KEY, (f"the usual prices per kg differ by {ratio:.3g}, so a physical key applies, "
                                   "and the record shows no rule for the value")
        return FAR_SHARE, _MORE

    def _by_stated_values(self) -> Iterator[_SmallShare]:
        """By the values that the record states, if nothing else is known. A rule makes it a note."""
        if self._ruled:
            yield from [doubt._replace(note=True, reason=_BY_RULE) for doubt in self._against_stated_values()]
        else:
            yield from self._against_stated_values()

    def _against_stated_values(self) -> Iterator[_SmallShare]:
        values = self._values()
        if len(values) < 2:
            return
        ratio = _ratio([CONTEXT.divide(value, carrier.weight)
                        for value, carrier in zip(values, self._massive, strict=True)])
        if self._key == "value":
            if ratio <= MOST_FOR_MASS:
                yield from self._by_mass(
                    self._massive, _NEAR, WRONG_KEY,
                    f"the stated prices per kg differ by {ratio:.3g}, so a physical key applies, and the record shows "
                    "no rule for the value")
        elif ratio > MOST_FOR_MASS:
            for carrier, usual in zip(self._massive, _divided(self._massive, values), strict=True):
                yield _SmallShare(carrier, usual, _times(usual, _NEAR), WRONG_KEY,
                             f"the stated prices per kg differ by {ratio:.3g}, so the value is the key, and the record "
                             "shows no rule for a physical one")

    def _values(self) -> list[Decimal]:
        """The stated values, in one currency, of all outputs with a mass; empty if one is missing."""
        stated = [carrier.value for carrier in self._massive if carrier.value is not None]
        return stated if len(stated) == len(self._massive) else []

    def _by_mass_alone(self, compared: Collection[int]) -> Iterator[_SmallShare]:
        """Goods that were not `compared` by prices. A value may differ from the mass by any factor."""
        if self._key == "mass":
            return
        note = self._ruled or self._key == "value"
        alone = [doubt for doubt in self._by_mass(self._massive, _FAR, FAR_SHARE, "by mass it would carry more")
                 if doubt.carrier.output not in compared]
        yield from [doubt._replace(note=note) for doubt in alone]
        if not note:
            near = _NEAR if self._key == "declared" else _HALF
            yield from [doubt._replace(note=True, least=_times(doubt.usual, near)) for doubt in alone]

    def _by_mass(
        self, carriers: Sequence[_Carrier], near: Decimal, code: str, reason: str
    ) -> Iterator[_SmallShare]:
        if len(carriers) < 2:
            return
        usual_shares = _divided(carriers, [carrier.weight for carrier in carriers])
        for carrier, usual in zip(carriers, usual_shares, strict=True):
            yield _SmallShare(carrier, usual, _times(usual, near), code, reason)

    def _on_unknown_goods(self, compared: Collection[int]) -> Iterator[_SmallShare]:
        """By-products without a price, goods of an unknown kind, and services beside goods carry at most a quarter.
        With a physical key, stated values answer for goods; for a service with waste the plant is paid. A service
        without stated values and a document of it carries nothing: four steps of a quarter would leave a third."""
        services = [] if self._treats else [
            carrier for carrier in self._carriers if not carrier.mass and carrier.worth is None]
        unknown = list(services)
        if not (self._key in PHYSICAL and self._values()):
            unknown += [
                carrier for carrier in self._massive if not carrier.is_named and carrier.output not in compared]
        others = [carrier for carrier in self._carriers if carrier.is_named and carrier not in unknown
                  and (carrier.materials or carrier.worth)]
        yield from _beyond_a_quarter(unknown, others, UNKNOWN_GOODS, "goods or services of which the ledger knows no "
                                     "price carry more than a quarter")
        if not self._sold:
            yield from _beyond(_NOTHING, services, others, UNKNOWN_GOODS, "services carry burdens of goods, without "
                               "stated values and a document of the service")


def _beyond_a_quarter(
    beside: Iterable[_Carrier], main: Sequence[_Carrier], code: str, words: str
) -> Iterator[_SmallShare]:
    """The burdens that main outputs escape if others beside them carry more than a quarter: the main ones owe all."""
    yield from _beyond(_MOST_UNKNOWN, beside, main, code, words)


def _beyond(
    most: Decimal, beside: Iterable[_Carrier], main: Sequence[_Carrier], code: str, words: str
) -> Iterator[_SmallShare]:
    """The burdens that main outputs escape if others beside them carry more than `most` of all."""
    carried, rest = (_sum(carrier.share for carrier in carriers) for carriers in (beside, main))
    whole = CONTEXT.add(carried, rest)
    if not rest or carried <= _times(whole, most):
        return
    for carrier in main:
        usual = _times(carrier.share, CONTEXT.divide(whole, rest))
        yield _SmallShare(carrier, usual, usual, code, words)


def _per_unit(group: Sequence[_Carrier], near: Decimal, words: str) -> Iterator[_SmallShare]:
    """The burdens that outputs escape if they carry less per unit than the others."""
    quantities = [carrier.quantity for carrier in group]
    for carrier, usual in zip(group, _divided(group, quantities), strict=True):
        yield _SmallShare(carrier, usual, _times(usual, near), SAME_PRODUCT, words)


def _worth(carrier: _Carrier) -> UsualPrice:
    if carrier.worth is None:
        raise TypeError("only outputs with a usual price are compared by it")
    return carrier.worth


def _lowest(place: int, priced: Sequence[_Carrier]) -> Decimal:
    """The share of an output in a year that is bad for its price and good for all others."""
    low = _worth(priced[place]).low
    others = _sum(_worth(carrier).high for i, carrier in enumerate(priced) if i != place)
    return _times(_sum(carrier.share for carrier in priced), CONTEXT.divide(low, CONTEXT.add(low, others)))


def _divided(carriers: Sequence[_Carrier], weights: Sequence[Decimal]) -> list[Decimal]:
    """The shares that the carriers have together, divided by weights."""
    shares = _sum(carrier.share for carrier in carriers)
    whole = _sum(weights)
    return [CONTEXT.divide(_times(shares, weight), whole) for weight in weights]


def _ratio(prices: Sequence[Decimal]) -> Decimal:
    return CONTEXT.divide(max(prices), min(prices))


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = _NOTHING
    for amount in amounts:
        total = CONTEXT.add(total, amount)
    return total


def _times(left: Decimal, right: Decimal) -> Decimal:
    return CONTEXT.multiply(left, right)


def _answered(doubts: Iterable[_SmallShare]) -> AllocationQuestions:
    """Of all doubts about an output, the largest one that questions something, else a note."""
    chosen: dict[int, _SmallShare] = {}
    for doubt in doubts:
        if doubt.carrier.share >= doubt.least or doubt.carrier.share >= doubt.usual:
            continue
        earlier = chosen.get(doubt.carrier.output)
        if earlier is None or (not doubt.note, doubt.usual) > (not earlier.note, earlier.usual):
            chosen[doubt.carrier.output] = doubt
    ordered = [chosen[output] for output in sorted(chosen)]
    return AllocationQuestions(
        tuple([UsualShare(output=doubt.carrier.output, share=_rounded(doubt.usual), code=doubt.code)
               for doubt in ordered if not doubt.note]),
        tuple([_finding(doubt) for doubt in ordered]),
    )


def _finding(doubt: _SmallShare) -> Finding:
    share, usual = doubt.carrier.share, _rounded(doubt.usual)
    return Finding(
        code=doubt.code, severity="note" if doubt.note else "warning", output=doubt.carrier.output,
        message=f"the output carries {share * 100:.3g} % of the burdens where {usual * 100:.3g} % are usual: "
                f"{doubt.reason}",
        value=_rounded(share), unit="share", usual=Span(low=_rounded(doubt.least)),
    )


def _rounded(share: Decimal) -> Decimal:
    return share.quantize(_STEP)
