"""Names that people write for units, with the Recommendation 20 codes that they may stand for.

A symbol is compared with its case first, since `Mg` and `mg` differ by nine powers of ten. A name that stands for
several units has all of them: nobody guesses between a short, a long and a metric ton.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple

from ledger.core.nearest import ALL, nearest
from ledger.core.record.units import UNITS

_CODE: Final = re.compile(r"[A-Z0-9]{2,3}")
_LONGEST: Final = 32
_RAISED: Final = str.maketrans("²³", "23")

_SYMBOLS: Final[Mapping[str, str]] = {
    "KGM": "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes KG 千克 公斤", "GRM": "g gram grams gramme 克",
    "MGM": "mg milligram milligrams 毫克",
    "TNE": "t to tonne tonnes metric-ton metric-tons metricton MT Mg te 吨", "KTN": "kt kilotonne kilotonnes",
    "DTN": "dt quintal quintals", "LBR": "lb lbs pound pounds", "STN": "short-ton short-tons shortton ston",
    "LTN": "long-ton long-tons longton", "APZ": "ozt troy-ounce troy-ounces",
    "3B": "MJ megajoule megajoules", "KJO": "kJ kilojoule kilojoules", "JOU": "J joule joules",
    "GV": "GJ gigajoule gigajoules 吉焦", "D30": "TJ terajoule terajoules",
    "KWH": "kWh kwhr kilowatt-hour kilowatt-hours kilowatthour kilowatthours 千瓦时 度", "MWH": "MWh megawatt-hour "
    "megawatt-hours 兆瓦时", "GWH": "GWh gigawatt-hour gigawatt-hours", "BTU": "Btu",
    "MTQ": "m3 m^3 cbm cubic-metre cubic-metres cubic-meter cubic-meters 立方米",
    "LTR": "l L litre litres liter liters 升", "MLT": "ml mL millilitre millilitres milliliter milliliters 毫升",
    "HLT": "hl hL hectolitre hectolitres hectoliter hectoliters", "CMQ": "cm3 ccm", "DMQ": "dm3",
    "FTQ": "ft3 cubic-foot cubic-feet", "YDQ": "yd3 cubic-yard cubic-yards",
    "NM3": "Nm3 nm^3 normal-cubic-metre normal-cubic-metres 标准立方米",
    "MTK": "m2 m^2 sqm square-metre square-metres square-meter square-meters 平方米", "CMK": "cm2", "FTK": "ft2 sqft",
    "HAR": "ha hectare hectares 公顷",
    "MTR": "m metre metres meter meters 米", "MMT": "mm millimetre millimetres", "CMT": "cm centimetre centimetres",
    "KMT": "km kilometre kilometres kilometer kilometers 公里", "INH": "in inch inches", "FOT": "ft foot feet",
    "YRD": "yd yard yards", "SMI": "mi mile miles",
    "H87": "pc pcs pce piece pieces ea. each stk stück st unit units item items 件 个 只 台", "PR": "pair pairs",
    "DZN": "doz dozen dozens", "TKM": "tkm t-km tonne-kilometre tonne-kilometres 吨公里",
    "HUR": "h hr hrs hour hours 小时", "DAY": "d day days 天",
}
"""By code, the names that can mean no other unit here."""

_AMBIGUOUS: Final[Mapping[str, tuple[str, ...]]] = {
    "ton": ("TNE", "STN", "LTN"), "tons": ("TNE", "STN", "LTN"), "gal": ("GLL", "GLI"), "gallon": ("GLL", "GLI"),
    "gallons": ("GLL", "GLI"), "oz": ("ONZ", "APZ"), "ounce": ("ONZ", "APZ"), "ounces": ("ONZ", "APZ"),
    "barrel": ("BLL", "HLT"), "barrels": ("BLL", "HLT"), "bbl": ("BLL", "HLT"),
}

_NOTES: Final[Mapping[str, str]] = {
    "sm3": "a cubic metre of gas at 15 °C has no exact value at 0 °C: give the net energy on the bill in KWH or GV, or "
    "the volume at 0 °C in NM3",
    "scf": "a cubic foot of gas at 60 °F has no exact value at 0 °C: give the energy on the bill, or the volume at 0 "
    "°C in NM3",
    "toe": "1 toe is 41.868 GJ (unit GV)", "tce": "1 tce is 29.3076 GJ (unit GV)",
    "mmbtu": "1 MMBtu is 1000000 BTU", "therm": "a therm differs by country: give KWH, GV or BTU",
    "kcal": "a calorie has several definitions: give KJO or 3B", "kw": "a power, not an energy: give KWH",
    "mw": "a power, not an energy: give MWH",
}


class UnitReading(NamedTuple):
    """`codes`: the units that a text may mean; empty if it is not known. `note`: the advice if no code fits."""

    codes: tuple[str, ...] = ()
    note: str = ""

    @property
    def sole(self) -> str | None:
        return self.codes[0] if len(self.codes) == 1 else None


def read_unit(text: str) -> UnitReading:
    """The units that `text` may mean."""
    word = text.strip().translate(_RAISED).replace(" ", "-").rstrip(".")
    exact, folded = _names()
    if word in exact:
        return UnitReading((exact[word],))
    name = word.casefold()
    if name in _AMBIGUOUS:
        return UnitReading(_AMBIGUOUS[name])
    if name in _NOTES:
        return UnitReading((), _NOTES[name])
    if name in folded:
        return UnitReading(folded[name])
    return UnitReading((word.upper(),)) if word.upper() in UNITS else UnitReading()


def is_code(text: str) -> bool:
    """Whether `text` has the form of a code. Such a text may be the code of a unit that this ledger does not use: `GJ`
    is gram per millilitre."""
    return _CODE.fullmatch(text) is not None


def nearest_units(text: str) -> tuple[str, ...]:
    """The codes whose codes or names are most like `text`, or like its start if it is longer than their names."""
    return _nearest_units(text[:_LONGEST].lower())


@lru_cache(maxsize=256)
def _nearest_units(text: str) -> tuple[str, ...]:
    words = _words()
    return tuple(dict.fromkeys([words[word] for word in nearest(text, words, ALL)]))[:3]


@cache
def _words() -> Mapping[str, str]:
    """The codes by code and by name."""
    exact, _ = _names()
    return {**{code.lower(): code for code in UNITS}, **{unit.name: unit.code for unit in UNITS.values()},
            **{name.lower(): code for name, code in exact.items()}}


@cache
def _names() -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
    """The codes by name with case, and by name without."""
    exact = {name: code for code, names in _SYMBOLS.items() for name in names.split()}
    folded: dict[str, tuple[str, ...]] = {}
    for name, code in exact.items():
        codes = folded.get(name.casefold(), ())
        folded[name.casefold()] = codes if code in codes else (*codes, code)
    return exact, folded
