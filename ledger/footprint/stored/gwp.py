"""Global warming potentials over 100 years, kg CO2e per kg of gas.

AR6: IPCC 2021, Climate Change 2021: The Physical Science Basis, chapter 7, table 7.15 and supplement 7.SM.7.
AR5: IPCC 2013, chapter 8, table 8.A.1, without climate-carbon feedbacks.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ledger.errors import PluginError


def _set(**values: str) -> Mapping[str, Decimal]:
    return {gas: Decimal(value) for gas, value in values.items()}


AR6: Final = _set(
    CO2e="1", CO2="1", CH4="29.8", CH4biogenic="27", N2O="273", CFC11="6230", CFC12="12500", CFC13="16200",
    CFC113="6520", CFC114="9430", CFC115="9600", Halon1301="7200", Halon1211="1930", Halon2402="2170", CCl4="2200",
    CH3Br="2.43", CH3CCl3="161", HCFC21="160", HCFC22="1960", HCFC123="90.4", HCFC124="597", HCFC141b="860",
    HCFC142b="2300", HCFC225ca="137", HCFC225cb="568", CHF3="14600", HFC32="771", HFC41="135", HFC125="3740",
    HFC134="1260", HFC134a="1530", HFC143="364", HFC143a="5810", HFC152="21.5", HFC152a="164", HFC161="4.84",
    HFC227ea="3600", HFC236cb="1350", HFC236ea="1500", HFC236fa="8690", HFC245ca="787", HFC245fa="962",
    HFC365mfc="914", HFC4310mee="1600", SO2F2="4630", SF6="24300", NF3="17400", CF4="7380", C2F6="12400", C3F8="9290",
    cC4F8="10200", C4F10="10000", C5F12="9220", C6F14="8620", C7F16="8410", C8F18="8260", C10F18="7480",
    SF5CF3="18500", HFE125="14300", HFE134="6630", HFE143a="616", HCFE235da2="539", HFE245cb2="747", HFE245fa2="878",
    HFE347mcc3="576", HFE347pcf2="980", HFE356pcc3="277", HFE569sf2="60.7", HFE4310pccc124="3220", HFE236ca12="6060",
    HFE338pcc13="3320", HFE227ea="7520", HFE236ea2="2590", HFE236fa="1100", HFE245fa1="934", HFE329mcc2="3770",
    HFE338mcf2="1040", HFE347mcf2="963", HFE356mec3="264", HFE356pcf2="831", HFE356pcf3="484", HFE374pc2="12.5",
    PFPMIE="10300", CHCl3="20.6", CH2Cl2="11.2", CH3Cl="5.54", Halon1201="380",
)
AR5: Final = _set(
    CO2e="1", CO2="1", CH4="30", CH4biogenic="28", N2O="265", CFC11="4660", CFC12="10200", CFC13="13900",
    CFC113="5820", CFC114="8590", CFC115="7670", Halon1301="6290", Halon1211="1750", Halon2402="1470", CCl4="1730",
    CH3Br="2", CH3CCl3="160", HCFC21="148", HCFC22="1760", HCFC123="79", HCFC124="527", HCFC141b="782",
    HCFC142b="1980", HCFC225ca="127", HCFC225cb="525", CHF3="12400", HFC32="677", HFC41="116", HFC125="3170",
    HFC134="1120", HFC134a="1300", HFC143="328", HFC143a="4800", HFC152="16", HFC152a="138", HFC161="4",
    HFC227ea="3350", HFC236cb="1210", HFC236ea="1330", HFC236fa="8060", HFC245ca="716", HFC245fa="858",
    HFC365mfc="804", HFC4310mee="1650", SO2F2="4090", SF6="23500", NF3="16100", CF4="6630", C2F6="11100", C3F8="8900",
    cC4F8="9540", C4F10="9200", C5F12="8550", C6F14="7910", C7F16="7820", C8F18="7620", C10F18="7190", SF5CF3="17400",
    HFE125="12400", HFE134="5560", HFE143a="523", HCFE235da2="491", HFE245cb2="654", HFE245fa2="812",
    HFE347mcc3="530", HFE347pcf2="889", HFE356pcc3="413", HFE569sf2="57", HFE4310pccc124="2820", HFE236ca12="5350",
    HFE338pcc13="2910", HFE227ea="6450", HFE236ea2="1790", HFE236fa="979", HFE245fa1="828", HFE329mcc2="3070",
    HFE338mcf2="929", HFE347mcf2="854", HFE356mec3="387", HFE356pcf2="719", HFE356pcf3="446", HFE374pc2="627",
    PFPMIE="9710", CHCl3="16", CH2Cl2="9", CH3Cl="12", Halon1201="376",
)
SETS: Final[Mapping[str, Mapping[str, Decimal]]] = {"AR6": AR6, "AR5": AR5}


def potential(gases: Mapping[str, Decimal], gas: str) -> Decimal:
    """Kg CO2e per 1 kg of the gas. Raises PluginError if the set does not hold the gas."""
    value = gases.get(gas)
    if value is None:
        raise PluginError(
            f"gas {gas!r} has no global warming potential", code="unknown-gas", field="gas", value=gas,
            rule="one of " + " ".join(sorted(gases)),
        )
    return value
