"""The metals of this sector, and the materials that hold them. Fractions of pure compounds are by atomic masses
(IUPAC); typical grades of ores and scrap are customary values; `contents` or the elements of a lot replace them."""

from typing import Final

from carbon_ledger_nonferrous.balance import Metal, grade

ALUMINIUM: Final = Metal("Al", ("aluminium",), {
    "aluminium": grade("1"),
    "alumina": grade("0.5285", "0.529251"),           # Al2O3; smelter grade holds 0.1 to 0.3 % of water and soda
    "aluminiumHydroxide": grade("0.345899"),          # Al(OH)3
    "bauxite": grade("0.26", "0.449850"),             # half Al2O3; pure diaspore AlO(OH) at most
    "aluminiumFluoride": grade("0.321294"),           # AlF3
    "cryolite": grade("0.128522"),                    # Na3AlF6
}, ("aluminium",))
"""Aluminium as an element, from bauxite to liquid metal."""

_ALLOYED: Final = (
    "aluminium", "moltenAluminium", "aluminiumIngot", "masterAlloy", "silicon", "magnesium", "manganese", "copper",
    "zinc", "iron", "titanium", "aluminiumTitaniumBoron",
)
MELT: Final = Metal(None, ("aluminium",), {
    **{name: grade("1") for name in _ALLOYED},
    "aluminiumScrap": grade("0.95", "1"),
    "aluminiumDross": grade("0.5", "0.9"),
}, _ALLOYED)
"""The melt of a casthouse or remelter: aluminium with its alloying elements, as a whole."""

COPPER: Final = Metal("Cu", ("copper", "brass", "bronze"), {
    "copper": grade("1"),
    "copperConcentrate": grade("0.25", "0.798527"),   # 20 to 30 %; pure chalcocite Cu2S at most
    "copperMatte": grade("0.6", "0.798527"),
    "blisterCopper": grade("0.985", "1"),
    "copperAnode": grade("0.99", "1"),
    "copperScrap": grade("0.95", "1"),
    "brass": grade("0.63", "0.95"),                   # CuZn37 is the usual alloy
    "bronze": grade("0.88", "0.97"),
    "copperSlag": grade("0.01", "0.15"),
}, ("copper", "brass", "bronze"))

LEAD: Final = Metal("Pb", ("lead",), {
    "lead": grade("1"),
    "leadConcentrate": grade("0.55", "0.865988"),     # 50 to 65 %; pure galena PbS at most
    "leadBullion": grade("0.97", "1"),
    "leadScrap": grade("0.97", "1"),
    "batteryPaste": grade("0.72", "0.928313"),        # PbSO4 with PbO2 and PbO; pure PbO at most
    "leadAcidBattery": grade("0.6", "0.75"),          # the rest is acid and plastics
    "leadSlag": grade("0.02", "0.5"),
}, ("lead",))

SULPHUR: Final = Metal("S", ("sulphur",), {
    "sulphur": grade("1"),
    "copperConcentrate": grade("0.3", "0.534522"),    # pure pyrite FeS2 at most
    "leadConcentrate": grade("0.18", "0.534522"),
    "copperMatte": grade("0.23", "0.364746"),         # FeS at most
    "batteryPaste": grade("0.07", "0.105726"),        # PbSO4 at most
    "leadAcidBattery": grade("0.05", "0.12"),
    "sulphuricAcid": grade("0.326898"),               # H2SO4; for acid in water by the share in `materials`
    "gypsum": grade("0.186239"),                      # CaSO4 * 2 H2O
    "sodiumSulphate": grade("0.225723"),              # Na2SO4
}, ())
