"""Records of a small works under the bounds of nature, so that each bound can be solved by hand.

The set has grid power at 0.6 and heat at 0.1 kg CO2e (KWH, MJ), coal and gas of 25 and 50 MJ/kg, steel at 2, clinker at
0.9 and polymer at 3 kg CO2e per kg.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Raw
from support.memory import MemoryLedger
from support.sectors import NAME, Make, works
from support.site import Site, quantity

from ledger.core.outcome.assessment import Assessment, Finding
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import Evidence, Flow, Output, Supply
from ledger.engine.batch import Sequenced
from ledger.engine.bounds.unburnt import UNBURNT
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError
from ledger.sdk import Activity, FactorSet, FactorSetVersion, FuelAnalysis, NaturalInput, Route
from ledger.sdk.sets.reading import (
    CLASS_COLUMNS,
    FACTOR_COLUMNS,
    SOURCE_COLUMNS,
    SUPPLY_COLUMNS,
    parse_version,
)

_CLASSES: Final = (
    "steel,iron;steel,Steel,钢", "mineral,ore;stone,Minerals,矿", "polymer,plastic,Plastics,塑料",
    "fuel,coal,Fuels,燃料", "cement,clinker,Cement,水泥", "water,water,Water,水", "wood,wood,Wood,木材",
    "organicChemical,alcohol,Chemicals,化学品", "oil,bitumen,Oils,油",
    "electricity,power,Power,电", "heat,heat,Heat,热", "treatment,landfill,Treatment,处理", "metal,metal,Metals,金属",
)
_SUPPLIES: Final = (
    "electricity,electricity,KWH,Power,电力,,,,,,electricity", "heat,heat,3B,Heat,热力,,steam,,,,heat",
    "coal,fuel,KGM,Coal,煤,,,,25,2701,fuel", "gas,fuel,NM3,Gas,气,,,0.75,36,,fuel",
    "chips,fuel,KGM,Chips,木片,,,,12,,fuel",
    "woodChips,fuel,KGM,Dry chips,干木片,,,,13,,fuel", "coalTar,fuel,KGM,Tar,煤焦油,,,,35,,fuel",
    "methanol,material,KGM,Methanol,甲醇,,,800,20,,organicChemical", "bitumen,material,KGM,Bitumen,沥青,,,,40,,oil",
    "asphalt,material,KGM,Asphalt,沥青混合料,,,,,,mineral",
    "steel,material,KGM,Steel,钢,,,,,7208,steel", "ironOre,material,KGM,Ore,铁矿,,,,,,mineral",
    "slag,material,KGM,Slag,渣,,,,,,mineral", "coalGangue,material,KGM,Refuse,煤矸石,,,,,,mineral",
    "clinker,material,KGM,Clinker,熟料,,,,,,cement",
    "limestone,material,KGM,Limestone,石灰石,,,,,,mineral", "sand,material,KGM,Sand,砂,,,,,,mineral",
    "polyethylene,material,KGM,Polyethylene,聚乙烯,,,,,,polymer", "water,material,KGM,Water,水,,tapWater,,,,water",
    "wood,material,KGM,Wood,木材,,,,,,wood", "zinc,material,KGM,Zinc,锌,,,,,,metal",
    "landfilling,treatment,KGM,Landfill,填埋,,,,,,treatment",
)
_FACTORS: Final[Mapping[str, str]] = {
    "electricity/cradleToGate": "CO2e 0.6", "heat/cradleToGate": "CO2e 0.1", "coal/wellToTank": "CO2e 0.3",
    "coal/combustion": "CO2 2.2", "gas/wellToTank": "CO2e 0.4", "gas/combustion": "CO2 2",
    "chips/wellToTank": "CO2e 0.05", "chips/combustion": "CH4biogenic 0.0003", "woodChips/wellToTank": "CO2e 0.05",
    "woodChips/combustion": "CH4biogenic 0.0003", "steel/cradleToGate": "CO2e 2",
    "ironOre/cradleToGate": "CO2e 0.05", "slag/cradleToGate": "CO2e 0.002",
    "coalGangue/cradleToGate": "CO2e 0.002", "clinker/cradleToGate": "CO2e 0.9",
    "limestone/cradleToGate": "CO2e 0.01", "sand/cradleToGate": "CO2e 0.003", "polyethylene/cradleToGate": "CO2e 3",
    "water/cradleToGate": "CO2e 0.0003", "wood/cradleToGate": "CO2e 0.05", "zinc/cradleToGate": "CO2e 4",
    "landfilling/cradleToGate": "CO2e 0.01", "methanol/cradleToGate": "CO2e 1", "methanol/combustion": "CO2 1.4",
    "bitumen/cradleToGate": "CO2e 0.9", "bitumen/combustion": "CO2 3.2", "coalTar/wellToTank": "CO2e 0.6",
    "coalTar/combustion": "CO2 2.2", "asphalt/cradleToGate": "CO2e 0.04",
}
SHOWN: Final = Evidence(digest="8" * 64, media_type="application/pdf", kind="storageCertificate")
PROCESS: Final = f"{NAME}.make"

ALLOCATION: Final = frozenset({
    "allocation-share", "allocation-key", "burden-on-unknown-goods", "shares-of-one-product", "shares-not-whole",
})


class Burning(Activity, frozen=True, kw_only=True):
    """The activity of a route whose sites analyse their fuels."""

    analyses: tuple[FuelAnalysis, ...] = ()


BURNING: Final = Route(activity=Burning, assess=lambda *_: Assessment(), en="Burning", zh="燃烧")
"""A sector that emits nothing, whatever it burns."""


def factor_set() -> FactorSetVersion:
    factors = [f"{row.replace('/', ',')},*,2020,{gases},,,,1.1,,read,hand,," for row, gases in _FACTORS.items()]
    return parse_version("hand", "1", {
        "supplies.csv": _table(SUPPLY_COLUMNS, _SUPPLIES), "classes.csv": _table(CLASS_COLUMNS, _CLASSES),
        "factors.csv": _table(FACTOR_COLUMNS, factors),
        "sources.csv": _table(SOURCE_COLUMNS, ["hand,By hand,Tests,2025,CC0,"]),
    })


def _table(columns: Sequence[str], lines: Sequence[str]) -> bytes:
    return "".join([f"{line}\n" for line in (",".join(columns), *lines)]).encode()


def natural(*groups: str, **most: str) -> tuple[NaturalInput, ...]:
    return tuple([NaturalInput(group=group, source="tests") for group in groups]
                 + [NaturalInput(group=group, most=Decimal(value), source="tests") for group, value in most.items()])


class Plant(Site):
    """An organisation whose route takes `nature` from nature. Products have ids of their own names."""

    def __init__(self, nature: Sequence[NaturalInput] = (), route: Route | None = None) -> None:
        sector = works()
        routes = {**sector.routes, **({} if route is None else {"make": route})}
        sector = msgspec.structs.replace(sector, routes=routes, nature={"make": tuple(nature)} if nature else {})
        memory = MemoryLedger(Registry([Installed(sector, "c" * 64, "tests")],
                                       [FactorSet("hand", "By hand", "手", (factor_set(),))]))
        memory.activate_sets()
        super().__init__(memory, "plant")
        self._made: set[str] = set()

    def output(self, product: str, amount: str, role: Any = "product", **fields: Any) -> Output:
        """An output of a product, which is entered with the fields `named` at its first use."""
        named = {key: fields.pop(key) for key in ("fossil_carbon", "biogenic_carbon", "classifications")
                 if key in fields}
        if role == "waste":
            fields.setdefault("origin", "preConsumer")
        short = f"{product}{len(self._made)}"
        self.product(short, amount.split()[1], **named)
        self._made.add(short)
        return self.out(f"lot{short}", short, amount, role, **fields)

    def run(
        self, outputs: Sequence[Output], supplies: Sequence[Supply] = (), inputs: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> Sequenced:
        activity = fields.pop("activity", Make())
        return self._post(Transformation(**{
            "issuer": self.id, "nonce": self.ledger.nonce(), "facility": self.facility,
            "start": "2025-03-01T00:00:00Z", "end": "2025-03-02T00:00:00Z", "process": PROCESS,
            "activity": Raw(msgspec.json.encode(activity)), "supplies": list(supplies), "outputs": list(outputs),
            "inputs": [Flow(lot=self.name(lot), quantity=quantity(amount)) for lot, amount in (inputs or {}).items()],
            **fields,
        }))

    def findings(self, *args: Any, **fields: Any) -> dict[str, Finding]:
        """The findings of the bounds on a record, by code. The route burns nothing that its supplies bring: with
        `unburnt` that is among them."""
        unburnt = fields.pop("unburnt", False)
        leaf = self.ledger.assessment(self.run(*args, **fields).index)
        if leaf is None:
            return {}
        assessment = msgspec.json.decode(leaf.assessment, type=Assessment)
        return {finding.code: finding for finding in assessment.findings if finding.code != "no-reference" and (
            unburnt or finding.code != UNBURNT or finding.supply is None)}

    def escaped(self, code: str, *args: Any, **fields: Any) -> dict[int, float]:
        """Kg CO2e that outputs escape beside their allocation shares, by output, for findings of that code."""
        leaf = self.ledger.assessment(self.run(*args, **fields).index)
        if leaf is None:
            return {}
        assessment = msgspec.json.decode(leaf.assessment, type=Assessment)
        asked = {one.output: float(one.amount) for one in assessment.usual_shares
                 if one.code == code and one.amount is not None}
        assert set(asked) == {one.output for one in assessment.findings if one.code == code}
        assert all(one.amount is None for one in assessment.findings if one.code == code), "it would count twice"
        return asked

    def amounts(self, *args: Any, **fields: Any) -> dict[str, float]:
        """Kg CO2e in question by code, without findings about allocation, which have rules of their own."""
        findings = self.findings(*args, **fields)
        return {code: float(one.amount or 0) for code, one in findings.items() if code not in ALLOCATION}

    def refusal(self, *args: Any, **fields: Any) -> LedgerError:
        """The error that refuses a record."""
        try:
            self.run(*args, **fields)
        except LedgerError as error:
            return error
        raise AssertionError("the record is admitted")
