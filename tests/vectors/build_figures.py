"""Rebuilds `figures.json`: a log of about 300 records with every figure that came of them, byte for byte.

    PYTHONPATH=.:tests python tests/vectors/build_figures.py

Keys, nonces and times come of fixed seeds, so the same code writes the same file on any machine and any Python. Where a
change of figures is meant, run this and say in the commit why they changed.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from support.generator import generate, parties
from support.memory import MemoryLedger
from support.sectors import Carrier, Emission, Gap, Given, Make, Smelt, registry
from support.site import Site, document, ore, quantity, supply

from ledger.core.log.merkle import leaf_hash
from ledger.core.outcome.leaves import outcome_root
from ledger.core.record.values import Evidence, Factor, Money

FILE: Final = Path(__file__).with_name("figures.json")
SEED: Final = 20_250_301
SIZE: Final = 210
ORGANIZATIONS: Final = 4
WHOLE: Final = ("urn:example:mill:steel3", "urn:example:forge:gears1", "urn:example:smelter:copper",
                "urn:example:smelter:acid", "urn:example:workshop:again")
"""Lots whose records' leaves stand in the file in full."""


def build() -> MemoryLedger:
    """The ledger: cases solved by hand, then a generated network."""
    memory = MemoryLedger(registry(), seed=SEED)
    _steel(memory)
    _copper(memory)
    _gearbox(memory)
    memory.admit(parties(SEED, SIZE, ORGANIZATIONS))
    memory.must(*generate(SEED, SIZE, ORGANIZATIONS))
    return memory


def vectors(memory: MemoryLedger) -> dict[str, Any]:
    """What `figures.json` holds, ready for JSON. Hashes are hex."""
    whole = {memory.state.lots[name].index for name in WHOLE}
    return {
        "about": "Records of tests/vectors/build_figures.py in log order. `entry` is the 170 bytes of the log, "
                 "`leaves` the SHA-256 of each outcome leaf. Rebuilt with no diff by that script.",
        "origin": memory.state.origin,
        "size": memory.frontier.size,
        "root": memory.root().hex(),
        "frontier": memory.frontier.to_bytes().hex(),
        "figures": hashlib.sha256(b"".join(leaf for leaves in memory.leaves for leaf in leaves)).hexdigest(),
        "records": [
            {
                "type": str(type(record).__struct_config__.tag),
                "digest": digest.hex(),
                "entry": entry.hex(),
                "leafHash": leaf_hash(entry).hex(),
                "outcome": outcome_root(leaves).hex(),
                "leaves": [hashlib.sha256(leaf).hexdigest() for leaf in leaves],
            }
            for record, digest, entry, leaves in zip(
                memory.records, memory.digests, memory.entries, memory.leaves, strict=True)
        ],
        "leaves": {
            str(index): [json.loads(leaf) for leaf in memory.leaves[index]] for index in sorted(whole)
        },
    }


def encoded(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _steel(memory: MemoryLedger) -> None:
    """1.10 t of scrap, 1.00 t of steel, 0.70 t of gears; the swarf goes back to the mill."""
    collector, mill, forge = (Site(memory, name) for name in ("collector", "mill", "forge"))
    collector.product("scrap", "TNE", materials={"steel": "1"})
    for site, names in ((mill, ("steel", "crop")), (forge, ("gears", "swarf"))):
        for name in names:
            site.product(name, "TNE")
    collector.declare(
        basis="collected", boundary="none", collector=collector.id,
        evidence=[Evidence(digest="7" * 64, media_type="application/pdf", kind="weighbridge")],
        lot=collector.out("s1", "scrap", "1.9 TNE", "waste", origin="postConsumer"),
    )
    truck = supply("truck", "137.5 TKM", factor=_factor("0.089", "TKM"))
    collector.send("s1", "1.1 TNE", mill, "s2", [truck])
    collector.send("s1", "0.8 TNE", mill, "s3")
    mill.make([mill.out("steel1", "steel", "1 TNE")], {collector.name("s2"): "1.1 TNE"},
              [supply("electricity", "431.7 KWH", factor=_factor("0.5306", "KWH", "generation"))],
              activity=Make(co2="61.3", ch4="0.017"))
    mill.send("steel1", "1000 KGM", forge, "steel2")
    forge.make(
        [forge.out("gears1", "gears", "0.7 TNE"),
         forge.out("swarf1", "swarf", "0.3 TNE", "waste", origin="preConsumer")],
        {mill.name("steel2"): "1 TNE"}, activity=Make(co2="50", gaps=[Gap(what="coolant", estimate="1.3")]),
    )
    forge.send("swarf1", "0.3 TNE", mill, "swarf2", [supply("truck", "30 TKM")])
    mill.make(
        [mill.out("steel3", "steel", "0.95 TNE"),
         mill.out("crop3", "crop", "0.05 TNE", "waste", origin="preConsumer")],
        {forge.name("swarf2"): "0.3 TNE", collector.name("s3"): "0.8 TNE"}, activity=Make(co2="300"),
    )
    mill.make([mill.out("steel4", "steel", "0.05 TNE")], {"crop3": "50 KGM"}, activity=Make(co2="3"))
    mill.consume({"steel4": "0.01 TNE"}, purpose="loss", evidence=[document("stocktaking")])


def _copper(memory: MemoryLedger) -> None:
    """Copper and acid at 95/5 by value; assigned amounts; every allocation key's plain case is in the network."""
    smelter = Site(memory, "smelter")
    smelter.product("concentrate", materials={"copper": "0.25", "sulphur": "0.2"}, elements={"Au": "0.000003"})
    for name in ("copper", "acid", "heat"):
        smelter.product(name)
    declared = smelter.declare(per=quantity("1 TNE"), primary_share="0.4", basis="pact", boundary="gateToGate",
                               burdens={"fossilGhgEmissions": "1234.5", "technologicalCO2Removals": "-7.25"},
                               evidence=[document("removalCertificate")])
    smelter.make([smelter.out("ore1", "concentrate", "4000 KGM")],
                 supplies=[ore("4000 KGM"), supply("reagent", "41 KGM", declaration=declared.digest.hex())],
                 activity=Make(co2="400", energy=[Carrier(carrier="electricity", amount="1234.567")]))
    smelter.make(
        [smelter.out("copper", "copper", "1000 KGM"), smelter.out("acid", "acid", "2500 KGM", "coProduct")],
        {"ore1": "4000 KGM"}, route="smelt", allocation="value", activity=Smelt(co2="2000", prices=["9.5", "0.2"]),
    )
    smelter.make(
        [smelter.out("copper2", "copper", "300 KGM", value=Money(value="2850.01", currency="CNY")),
         smelter.out("heat1", "heat", "1 KGM", "coProduct", value=Money(value="0.33", currency="CNY"))],
        {"copper": "333.333333333 KGM"}, allocation="value",
        activity=Make(co2="12", assigned=[Given(output=1, burden="fossilGhgEmissions", amount="80")], emissions=[
            Emission(amount="-3.3", burden="technologicalCO2Removals", ratings=(3, 2, 1), primary=False),
            Emission(amount="0.7", gas="N2O", kind="treatment", primary=False),
            Emission(amount="9", kind="electricity", market="0.5"),
        ]), evidence=[document("removalCertificate")],
    )


def _gearbox(memory: MemoryLedger) -> None:
    """A gearbox is made, sold, used, returned as a core and remanufactured as the same item."""
    maker, user, workshop = (Site(memory, name) for name in ("maker", "user", "workshop"))
    maker.product("gearbox", "H87", mass_per_unit=quantity("12.5 KGM"), materials={"steel": "0.9"})
    workshop.product("rebuilt", "H87", mass_per_unit=quantity("12.5 KGM"))
    workshop.product("scrap")
    item = maker.name("serial-1")
    maker.make([maker.out("g1", "gearbox", "1 H87", item=item)], supplies=[ore("13 KGM")], activity=Make(co2="500"))
    maker.send("g1", "1 H87", user, "g2", [supply("airFreight", "50 TKM", factor=_factor("1.13", "TKM"))],
               [supply("crate", "1.5 KGM", factor=_factor("0.31", "KGM"))])
    user.consume({maker.name("g2"): "1 H87"},
                 [user.out("core", maker.name("gearbox"), "1 H87", "core", item=item)])
    user.send("core", "1 H87", workshop, "core2")
    workshop.make(
        [workshop.out("again", "rebuilt", "1 H87", item=item),
         workshop.out("old", "scrap", "2 KGM", "waste", origin="postConsumer")],
        {user.name("core2"): "1 H87"}, [supply("parts", "2 KGM")], activity=Make(co2="20"),
    )


def _factor(value: str, unit: str, boundary: Any = "cradleToGate") -> Factor:
    return Factor(value=value, unit=unit, source="vectors", year=2025, boundary=boundary)


if __name__ == "__main__":
    FILE.write_text(encoded(vectors(build())), encoding="utf-8")
