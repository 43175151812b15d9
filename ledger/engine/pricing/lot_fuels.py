"""The fuels in lots, by the factor sets: they burn where the lot burns.

Some materials burn too, such as methanol and bitumen: the sets have a row for their combustion, though they are more
often raw materials. They are fuels of the origin `feedstock`."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from ledger.admission.facts import Facts, LotFacts
from ledger.core.record.amounts import CONTEXT
from ledger.engine.pricing.fuel_kinds import kind_of
from ledger.engine.pricing.material_amount import MaterialAmount, amount_of_lot
from ledger.engine.pricing.surroundings import Surroundings
from ledger.sdk import FactorSetVersion, SetChoice
from ledger.sdk.sets.lookup import amount_of, choose, entry_of, entry_of_code

CARBON_DIOXIDE: Final = "CO2"
UNSOLD: Final = Decimal("0.15")
"""Of a fuel: so much may leave unburnt in ash, dust and other goods that nobody pays for."""
SOLD: Final = ("product", "coProduct")
MOSTLY: Final = Decimal("0.5")
"""A lot is a lot of fuel if half of it is: the rest is ash, water and stone."""
_FUEL: Final = "fuel"
_CACHED: Final = 4096
_INERT: Final = (
    "aluminium", "cement", "ceramic", "copper", "ferroalloy", "glass", "metal", "mineral", "preciousMetal", "steel",
    "water",
)
"""Classes of things that are no fuel, and that no code of a fuel denotes."""
_WHOLE: Final = Decimal(1)
_NOTHING: Final = Decimal(0)


FuelOrigin = Literal["mineral", "feedstock", "waste", "biomass"]


class LotFuel(NamedTuple):
    """A fuel in a lot under the name that the lot gives it: `share` of the lot, `amount` in the unit of the row of its
    combustion. Its `choice` is that row."""

    material: str
    share: Decimal
    amount: Decimal
    choice: SetChoice

    @property
    def key(self) -> str:
        return self.choice.entry.key

    @property
    def per_unit(self) -> Decimal:
        """Kg of fossil CO2 of a unit of the row."""
        return dict(self.choice.factor.gases).get(CARBON_DIOXIDE, _NOTHING)

    @property
    def carbon_dioxide(self) -> Decimal:
        """Kg of fossil CO2 if all of it burns."""
        return CONTEXT.multiply(self.amount, self.per_unit)

    @property
    def origin(self) -> FuelOrigin:
        """Waste is recycled as often as burnt, and biomass may be fibre or food."""
        if not self.per_unit:
            return "biomass"
        if self.choice.entry.kind != _FUEL:
            return "feedstock"
        return "mineral" if kind_of(self.key).is_mineral else "waste"

    @property
    def heat(self) -> Decimal:
        """MJ."""
        return CONTEXT.multiply(self.amount, self.choice.entry.heating_value or _NOTHING)


class FuelMarket(NamedTuple):
    """The sets in force, and where and when a record burns."""

    sets: tuple[FactorSetVersion, ...]
    around: Surroundings
    facts: Facts

    def fuels_taken(self, lot: LotFacts, amount: MaterialAmount) -> list[LotFuel]:
        """The fuels in an amount of a lot that comes in, by its materials, or by its product's: no lot is less of a
        fuel than its product. Without materials, the product's CN or HS code decides, and so it does where they are
        stone and metal that the code does not mean. Where nothing but fuel is known of a lot, all of it is fuel."""
        own = self.facts.composition(lot).materials
        product = self.facts.product_of(lot)
        by_product = own if product is None else product.composition.materials
        if fuels := self._among(own, amount, whole=True):
            return fuels
        if own is not by_product and (fuels := self._among(by_product, amount, whole=True)):
            return fuels
        coded = self._by_code(lot)
        return self._among(coded, amount) if coded and self._is_inert((*own, *by_product)) else []

    def is_fuel(self, lot: LotFacts) -> bool:
        """Whether a lot is a lot of fuel, also if it is counted by its energy."""
        fuels = self.fuels_taken(lot, amount_of_lot(lot))
        return sum((fuel.share for fuel in fuels), _NOTHING) >= MOSTLY

    def fuels_left(self, lot: LotFacts) -> list[LotFuel]:
        """The fuels in a lot that a record makes, by its stated materials, or without them by its product's code."""
        materials = self.facts.composition(lot).materials or self._by_code(lot)
        return self._among(materials, amount_of_lot(lot))

    def _by_code(self, lot: LotFacts) -> Mapping[str, str]:
        """The material that the code of the lot's product denotes, as its only one."""
        product = self.facts.product_of(lot)
        coded = None if product is None else entry_of_code(self.sets, product.codes)
        return {} if coded is None else {coded.key: "1"}

    def _is_inert(self, materials: Iterable[str]) -> bool:
        known = [entry_of(self.sets, material) for material in materials]
        return all(one is not None and one[1].group in _INERT for one in known)

    def _among(self, materials: Mapping[str, str], amount: MaterialAmount, *, whole: bool = False) -> list[LotFuel]:
        """`whole`: materials that are all fuel stand for the part that nobody states."""
        if not materials:
            return []
        around = self.around
        burning = _burning_among(self.sets, around.places, around.year, tuple(materials.items()), whole=whole)
        fuels = [_fuel(one, amount.part(one.share)) for one in burning]
        return [fuel for fuel in fuels if fuel is not None]

    def fuel(self, material: str, amount: MaterialAmount) -> LotFuel | None:
        """An amount of a material that burns; None for other materials, and for amounts that do not convert."""
        choice = self.burning(material)
        return None if choice is None else _fuel(_Burning(material, _WHOLE, choice), amount)

    def burning(self, material: str) -> SetChoice | None:
        """The row by which a material burns; None if it does not."""
        return _burning(self.sets, self.around.places, self.around.year, material)


class _Burning(NamedTuple):
    """A material that burns, its `share` of a thing, and the row of its combustion."""

    material: str
    share: Decimal
    choice: SetChoice


def _fuel(burning: _Burning, amount: MaterialAmount) -> LotFuel | None:
    material, share, choice = burning
    own = amount_of(choice.entry, amount.value, amount.unit, amount.mass)
    return None if own is None else LotFuel(material, share, own, choice)


def _burning(
    sets: tuple[FactorSetVersion, ...], places: tuple[str, ...], year: int, material: str
) -> SetChoice | None:
    choice = choose(sets, material, "combustion", places, year)
    return None if choice is None or choice.entry.heating_value is None else choice


@lru_cache(_CACHED)
def _burning_among(
    sets: tuple[FactorSetVersion, ...], places: tuple[str, ...], year: int, materials: tuple[tuple[str, str], ...], *,
    whole: bool,
) -> tuple[_Burning, ...]:
    """The materials of a thing that burn. `whole`: as in `FuelMarket._among`."""
    shares = {name: Decimal(share) for name, share in materials}
    known = sum(shares.values(), _NOTHING)
    only = all((entry := entry_of(sets, name)) is not None and entry[1].kind == _FUEL for name in shares)
    if whole and only and _NOTHING < known < _WHOLE:
        shares = {name: CONTEXT.divide(share, known) for name, share in shares.items()}
    rows = [(name, share, _burning(sets, places, year, name)) for name, share in shares.items()]
    return tuple([_Burning(name, share, choice) for name, share, choice in rows if choice is not None])


@lru_cache(_CACHED)
def is_feedstock(sets: tuple[FactorSetVersion, ...], material: str) -> bool:
    """Whether a material is a raw material with fossil carbon that also serves as a fuel."""
    known = entry_of(sets, material)
    if known is None or known[1].kind == _FUEL:
        return False
    return any(gas == CARBON_DIOXIDE for factor in known[0].factors(known[1].key, "combustion")
               for gas, _ in factor.gases)
