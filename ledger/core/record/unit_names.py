"""Names that people write for units, with the Recommendation 20 codes that they may stand for.

A symbol is compared with its case first, since `Mg` and `mg` differ by nine powers of ten. A name that stands for
several units has all of them: nobody guesses between a short, a long and a metric ton. Only a name in the case of the
lists is certain: `ml` is a millilitre, but `ML` a megalitre.
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
    "KGM": "kg kgs Kg kilo kilos kilogram kilograms kilogramme kilogrammes KG 千克 公斤 Kilogramm",
    "GRM": "g gram grams gramme 克 Gramm",
    "MGM": "mg milligram milligrams 毫克 Milligramm",
    "TNE": "t to tonne tonnes metric-ton metric-tons metricton Mg te 吨 Tonne Tonnen",
    "KTN": "kt kilotonne kilotonnes 千吨 Kilotonne Kilotonnen",
    "DTN": "dt dz 公担 Dezitonne Dezitonnen Doppelzentner", "LBR": "lb lbs pound pounds 磅",
    "STN": "short-ton short-tons shortton ston 短吨", "LTN": "long-ton long-tons longton 长吨",
    "APZ": "ozt troy-ounce troy-ounces 金衡盎司 Feinunze Feinunzen",
    "3B": "MJ megajoule megajoules 兆焦 Megajoule", "KJO": "kJ kilojoule kilojoules 千焦 Kilojoule",
    "JOU": "J joule joules 焦 Joule", "GV": "GJ gigajoule gigajoules 吉焦 Gigajoule",
    "D30": "TJ terajoule terajoules 太焦 Terajoule",
    "KWH": "kWh kwh Kwh KWh kwhr kilowatt-hour kilowatt-hours kilowatthour kilowatthours 千瓦时 度 Kilowattstunde "
           "Kilowattstunden",
    "MWH": "MWh megawatt-hour megawatt-hours 兆瓦时 Megawattstunde Megawattstunden",
    "GWH": "GWh gigawatt-hour gigawatt-hours 吉瓦时 Gigawattstunde Gigawattstunden", "BTU": "Btu",
    "MTQ": "m3 m^3 cbm cubic-metre cubic-metres cubic-meter cubic-meters 立方米 Kubikmeter",
    "LTR": "l L litre litres liter liters 升 Liter", "MLT": "ml mL millilitre millilitres milliliter milliliters 毫升 "
                                                            "Milliliter",
    "HLT": "hl hL hectolitre hectolitres hectoliter hectoliters 百升 Hektoliter",
    "CMQ": "cm3 ccm 立方厘米 Kubikzentimeter", "DMQ": "dm3 立方分米 Kubikdezimeter",
    "FTQ": "ft3 cubic-foot cubic-feet 立方英尺 Kubikfuß", "YDQ": "yd3 cubic-yard cubic-yards 立方码 Kubikyard",
    "NM3": "Nm3 nm^3 normal-cubic-metre normal-cubic-metres 标准立方米 Normkubikmeter",
    "MTK": "m2 m^2 sqm qm square-metre square-metres square-meter square-meters 平方米 Quadratmeter",
    "CMK": "cm2 平方厘米 Quadratzentimeter", "FTK": "ft2 sqft 平方英尺 Quadratfuß",
    "HAR": "ha hectare hectares 公顷 Hektar",
    "MTR": "m metre metres meter meters 米 Meter", "MMT": "mm millimetre millimetres 毫米 Millimeter",
    "CMT": "cm centimetre centimetres 厘米 Zentimeter",
    "KMT": "km kilometre kilometres kilometer kilometers 公里 千米 Kilometer", "INH": "in inch inches 英寸 Zoll",
    "FOT": "ft foot feet 英尺 Fuß", "YRD": "yd yard yards 码", "SMI": "mi mile miles 英里 Meile Meilen",
    "H87": "pc pcs pce piece pieces ea. each stk Stk Stck stück Stück unit units item items 件 个 只 台",
    "PR": "pair pairs 对 双 Paar Paare", "DZN": "doz dozen dozens 打 Dutzend", "MIL": "千件 Tausend",
    "TKM": "tkm t-km tonne-kilometre tonne-kilometres 吨公里 Tonnenkilometer",
    "HUR": "h hr hrs hour hours 小时 Std Stunde Stunden", "DAY": "d day days 天 Tag Tage",
}
"""By code, the names that can mean no other unit here in this case."""

_AMBIGUOUS: Final[Mapping[str, tuple[str, ...]]] = {
    "ton": ("TNE", "STN", "LTN"), "tons": ("TNE", "STN", "LTN"), "gal": ("GLL", "GLI"), "gallon": ("GLL", "GLI"),
    "gallons": ("GLL", "GLI"), "oz": ("ONZ", "APZ"), "ounce": ("ONZ", "APZ"), "ounces": ("ONZ", "APZ"),
    "barrel": ("BLL", "HLT"), "barrels": ("BLL", "HLT"), "bbl": ("BLL", "HLT"), "st": ("H87", "STN"),
    "mt": ("TNE", "MTR"), "unze": ("ONZ", "APZ"), "unzen": ("ONZ", "APZ"), "gallone": ("GLL", "GLI"),
    "gallonen": ("GLL", "GLI"), "fass": ("BLL", "HLT"),
}

_QUINTAL: Final = "a quintal differs by country: one of 100 kg is 1 DTN; give any other in KGM or LBR"
_STACKED: Final = "a cubic metre of stacked or loose wood has gaps: weigh it, or give its solid volume in MTQ"
_NOTES: Final[Mapping[str, str]] = {
    "st": "st may be a piece (H87), a short ton (STN), or a stone: 1 stone is 6.35029318 KGM",
    "mt": "mt may be a tonne (TNE), a metre (MTR), or a megatonne: 1 megatonne is 1000 KTN",
    "ml": "a millilitre is MLT; 1 megalitre is 1000 MTQ", "mm": "a millimetre is MMT; give millions as plain numbers",
    "mmt": "a millimetre is MMT; 1 million tonnes are 1000 KTN", "quintal": _QUINTAL, "quintals": _QUINTAL,
    "mil": "MIL is a thousand pieces; give a million pieces as 1000 MIL",
    "sm3": "a cubic metre of gas at 15 °C has no exact value at 0 °C: give the net energy on the bill in KWH or GV, or "
    "the volume at 0 °C in NM3",
    "scf": "a cubic foot of gas at 60 °F has no exact value at 0 °C: give the energy on the bill, or the volume at 0 "
    "°C in NM3",
    "toe": "1 toe is 41.868 GJ (unit GV)", "tce": "1 tce is 29.3076 GJ (unit GV)",
    "mmbtu": "1 MMBtu is 1000000 BTU", "therm": "a therm differs by country: give KWH, GV or BTU",
    "kcal": "a calorie has several definitions: give KJO or 3B", "kw": "a power, not an energy: give KWH",
    "mw": "a power, not an energy: give MWH",
    "t-ske": "1 t SKE is 29.3076 GJ (unit GV)", "ske": "1 t SKE is 29.3076 GJ (unit GV)",
    "pfund": "a German Pfund is 500 GRM, an English pound 1 LBR",
    "zentner": "a Zentner is 50 KGM in Germany and 100 KGM in Austria and Switzerland",
    "fm": "a Festmeter is 1 MTQ of solid wood", "festmeter": "a Festmeter is 1 MTQ of solid wood",
    "rm": _STACKED, "raummeter": _STACKED, "ster": _STACKED, "srm": _STACKED, "schüttraummeter": _STACKED,
}


class UnitReading(NamedTuple):
    """`codes`: the units that a text may mean; empty if it is not known. `note`: the advice, if the text may mean
    something that has no code. `certain`: it can mean the sole code alone."""

    codes: tuple[str, ...] = ()
    note: str = ""
    certain: bool = False

    @property
    def sole(self) -> str | None:
        return self.codes[0] if len(self.codes) == 1 else None


def read_unit(text: str) -> UnitReading:
    """The units that `text` may mean."""
    given = text.strip()
    word = given.translate(_RAISED).replace(" ", "-").rstrip(".")
    name = word.casefold()
    exact, folded = _names()
    if word in exact:
        return UnitReading((exact[word],), certain=not _is_code(given))
    if word in UNITS:
        return UnitReading((word,), certain=name not in _NOTES)
    if name in _AMBIGUOUS or name in _NOTES:
        return UnitReading(_AMBIGUOUS.get(name, ()), _NOTES.get(name, ""))
    if name in folded:
        return UnitReading(folded[name])
    return UnitReading((word.upper(),)) if word.upper() in UNITS else UnitReading()


def _is_code(text: str) -> bool:
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
