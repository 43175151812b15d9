"""A sound little sector, and what is wrong with its broken copies: a route of each kind of mistake."""

from decimal import Decimal, getcontext
from itertools import count
from typing import Any

from ledger.sdk import (
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    Indicator,
    Line,
    Positive,
    Quantity,
    Route,
    Sector,
    book_energy,
)

_counter = count(1)


class Firing(Activity, frozen=True, kw_only=True):
    """How a kiln ran. `carbonate`: kg of carbonate carbon per tonne of clay. `lost`: share of the bricks that break.
    `fired`: bricks, a mass. `kilns`: how many, one or more."""

    carbonate: Positive = "12"
    lost: Fraction = "0"
    fired: Quantity | None = None
    kilns: int = 1


class Loose(Activity, frozen=True, kw_only=True):
    """`lost`: a share, and nothing says that it is none below zero."""

    lost: str = "0"


class Open(Activity, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Takes whatever comes."""


class Binary(Activity, frozen=True, kw_only=True):
    """`share`: of clay, as JSON has it."""

    share: float = 0.5


class Bare(Activity, frozen=True, kw_only=True):
    kilns: str = ""


def begun(given: Context) -> Draft:
    draft = Draft(given)
    book_energy(draft, given)
    return draft


def sound(given: Context, activity: Firing) -> Assessment:
    draft = begun(given)
    if activity.kilns < 1:
        draft.find("kilns", "there is no kiln", refuses=True)
    clay = sum((supply.amount("KGM") for supply in given.supplied("clay")), Decimal(0))
    draft.carbon("clay", clay / 1000 * Decimal(activity.carbonate) * 44 / 12)
    draft.omit("clay upstream")
    draft.indicate("claySupplied", clay)
    return draft.assessment()


def takes_anything(given: Context, _: Activity) -> Assessment:
    return begun(given).assessment()


def counts_calls(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    draft.carbon("kiln", Decimal(next(_counter)))
    return draft.assessment()


def follows_a_set(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    for name in {f"kiln{number}" for number in range(20)}:
        draft.carbon(name, given.mass_in)
    return draft.assessment()


def changes_what_it_gets(given: Context, _: Activity) -> Assessment:
    materials = given.outputs[0].materials
    if isinstance(materials, dict):
        materials["clay"] = Decimal(1)
    return begun(given).assessment()


def sets_the_arithmetic(given: Context, _: Activity) -> Assessment:
    getcontext().prec = 9
    return begun(given).assessment()


def adds_no_number(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    draft.carbon("kiln", Decimal("NaN"))
    return draft.assessment()


def emits_phlogiston(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    draft.carbon("kiln", given.mass_in, gas="phlogiston")
    return draft.assessment()


def removes_upwards(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    draft.line(Line(gas="CO2", amount=given.mass_in, source="kiln", kind="onSite", burden="technologicalCO2Removals"))
    return draft.assessment()


def burdens_waste(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    draft.weigh("mass", [Decimal(1) for _ in given.outputs])
    return draft.assessment()


def sends_matter_twice(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    draft.follow("material:clay", [Decimal("0.6") for _ in given.outputs])
    return draft.assessment()


def hides_a_gap(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    draft.carbon("clay", given.mass_in)
    return draft.assessment()


def prices_all(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    for supply in given.supplies:
        if supply.material != "electricity" and supply.material != "naturalGas":
            draft.carbon(supply.material, supply.mass or Decimal(0), kind="upstream")
    return draft.assessment()


def prices_the_priced(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    for supply in given.supplied("clay"):
        draft.carbon("clay", supply.amount("KGM"), kind="upstream")
    return draft.assessment()


def grows_with_the_square(given: Context, _: Activity) -> Assessment:
    draft = begun(given)
    draft.carbon("kiln", given.mass_in * given.mass_in)
    return draft.assessment()


def breaks(given: Context, _: Activity) -> Assessment:
    raise RuntimeError(f"no kiln at {given.facility.id}")


def hands_back_nothing(given: Context, _: Activity) -> None:
    begun(given)


def bricks(**changed: Any) -> Sector:
    """The sound sector, or one that differs from it in these fields."""
    fields: dict[str, Any] = {
        "name": "bricks", "version": "0.1.0", "en": "Bricks", "zh": "砖瓦",
        "routes": {"kiln": Route(activity=Firing, assess=sound, en="Firing in a kiln", zh="窑烧")},
        "indicators": {"claySupplied": Indicator(unit="KGM", en="Clay supplied", zh="粘土用量")}, **changed,
    }
    return Sector(**fields)
