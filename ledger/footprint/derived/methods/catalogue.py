"""The methods of the ledger, each with its parameters. `cut-off/1` is stored; the others are computed on request from
stored figures.

Answers and signed statements contain `credit` and `limitations`.
"""

from typing import Final

from ledger.errors import InvalidInput
from ledger.footprint.derived.methods.describing import Method, Parameter
from ledger.footprint.stored.burdens import METHOD as CUT_OFF_NAME

PER_KG: Final = "kg CO2e/kg"
PER_UNIT: Final = "kg CO2e/unit"
PER_MJ: Final = "kg CO2e/MJ"
KG_PER_KG: Final = "kg/kg"
SHARE: Final = "1"
_ISO: Final = ("ISO 14067:2018", "GB/T 24067-2024")
"""GB/T 24067-2024 follows ISO 14067:2018. A method that one of them knows, the other knows too."""
_ANNEX: Final = "The rules for it in ISO 14067 (annex D), and so in GB/T 24067, are recalled."
_RECYCLED: Final = "recycled content, pre- and post-consumer, over the material's mass"

CUT_OFF: Final = Method(
    name=CUT_OFF_NAME, title="cut-off by recycled content", of="lot",
    formula="The stored figure. Recycled input carries the burdens that arose since it was waste. Power from the grid "
    "counts location-based: the life cycle of the grid's power with losses, whatever a contract says. Every answer "
    "states the market-based total beside it, with the same boundary: attributes that are used up, else a proved "
    "figure of the supplier, else the residual mix, and without proof never less than the grid. GB/T 24067 has no rule "
    "known to us by which a certificate replaces the grid's figure, and a location-based headline cannot be bought. "
    "PACT 3 and ISO 14067 (6.4.9.4) accept contracts: exchange the market-based total under them.",
    source="ISO 14067:2018; GB/T 24067-2024; PACT Methodology 3; GHG Protocol, Scope 2 Guidance",
    credit="No credit is given at the end of life. Every emission is counted once: the figures of all lots, plus the "
    "retained emissions, sum to the emissions.",
    standards=(*_ISO, "PACT Methodology 3"),
)

CIRCULAR: Final = Method(
    name="circular-footprint/1", title="PEF circular footprint formula", of="material",
    formula="Cut-off + sum over materials of m {R1 (1-A) (Ev Qsin - Erec) + (1-A) R2 (ErecEoL - EvStar Qsout) + "
    "(1-B) R3 (EER - LHV XERheat ESEheat - LHV XERelec ESEelec) + (1-R2-R3) Ed}: the cut-off figure includes (1-R1) Ev "
    "+ R1 Erec and the manufacturing already.",
    source="Zampori and Pant 2019, Suggestions for updating the Product Environmental Footprint method, 4.4.8.1; "
    "Commission Recommendation (EU) 2021/2279",
    credit="A part 1 - A of the savings by recycling is credited here for material that leaves for recycling, and "
    "charged here for recycled content. If both sides use the same A, emissions and qualities, and one takes all "
    "material that the other gives, the lots of a loop sum to the emissions. The credit for recovered energy lies with "
    "energy not made elsewhere.",
    limitations=(
        "Erec and Ev must be the amounts that the cut-off figure includes per kg of recycled and of primary material.",
        "Pre-consumer recycled content counts as recycled content.",
    ),
    parameters=(
        Parameter(name="R1", unit=SHARE, low="0", high="1", ledger=_RECYCLED, meaning="recycled part of the material"),
        Parameter(name="A", unit=SHARE, low="0", high="1", published=True, unless=("R1 + R2 = 0",),
                  meaning="part of burdens and credits of recycling that goes to the user of recycled material"),
        Parameter(name="Ev", unit=PER_KG, unless=("R1 = 0", "A = 1"), meaning="making 1 kg of primary material"),
        Parameter(name="Erec", unit=PER_KG, unless=("R1 = 0", "A = 1"),
                  meaning="making 1 kg of the recycled input material, with collection and sorting"),
        Parameter(name="Qsin", unit=SHARE, low="0", high="1", excludes="low", published=True,
                  unless=("R1 = 0", "A = 1"),
                  meaning="Qsin/Qp: quality of the recycled input, over the quality of primary material"),
        Parameter(name="R2", unit=SHARE, low="0", high="1",
                  meaning="part of the material that is recycled or reused in a later product"),
        Parameter(name="ErecEoL", unit=PER_KG, unless=("R2 = 0", "A = 1"),
                  meaning="recycling 1 kg at the end of life, with collection and sorting"),
        Parameter(name="EvStar", unit=PER_KG, unless=("R2 = 0", "A = 1"),
                  meaning="Ev*: making 1 kg of the primary material that the recycled material replaces"),
        Parameter(name="Qsout", unit=SHARE, low="0", high="1", excludes="low", published=True,
                  unless=("R2 = 0", "A = 1"),
                  meaning="Qsout/Qp: quality of the recycled output, over the quality of primary material"),
        Parameter(name="R3", unit=SHARE, low="0", high="1",
                  meaning="part of the material that goes to energy recovery at the end of life"),
        Parameter(name="B", unit=SHARE, low="0", high="1", published=True, unless=("R3 = 0",),
                  meaning="part of burdens and credits of energy recovery that goes to the user of the energy"),
        Parameter(name="EER", unit=PER_KG, unless=("R3 = 0", "B = 1"), meaning="recovering energy from 1 kg"),
        Parameter(name="LHV", unit="MJ/kg", low="0", unless=("R3 = 0", "B = 1"), meaning="lower heating value"),
        Parameter(name="XERheat", unit=SHARE, low="0", high="1", unless=("R3 = 0", "B = 1", "LHV = 0"),
                  meaning="part of the heating value that becomes useful heat"),
        Parameter(name="ESEheat", unit=PER_MJ, unless=("R3 = 0", "B = 1", "LHV = 0", "XERheat = 0"),
                  meaning="making the heat that is replaced"),
        Parameter(name="XERelec", unit=SHARE, low="0", high="1", unless=("R3 = 0", "B = 1", "LHV = 0"),
                  meaning="part of the heating value that becomes electricity"),
        Parameter(name="ESEelec", unit=PER_MJ, unless=("R3 = 0", "B = 1", "LHV = 0", "XERelec = 0"),
                  meaning="making the electricity that is replaced"),
        Parameter(name="Ed", unit=PER_KG, unless=("R2 + R3 = 1",), meaning="disposing of 1 kg of the rest"),
    ),
)

END_OF_LIFE: Final = Method(
    name="end-of-life/1", title="worldsteel closed material loop, with scrap credit", of="material",
    formula="Cut-off - sum over materials of m (RR - S) Y (Xpr - Xre).",
    source="worldsteel, Life cycle inventory methodology report, recycling methodology; Broadbent 2016, Int. J. Life "
    "Cycle Assess. 21, 1658, section 4",
    credit="The recycling after use is credited here, with Y (Xpr - Xre) for each kg of scrap; whoever uses that "
    "scrap by this method bears as much for it, so that the lots of a loop sum to the emissions. Beside the user's "
    "cut-off figure the saving would count twice.",
    standards=_ISO,
    limitations=(
        _ANNEX,
        "The quantities are as in Broadbent 2016; the equation itself is recalled.",
        "S from the ledger is recycled content / Y: the scrap that such content took at that yield.",
        "Recycled material is taken to be as good as primary.",
    ),
    parameters=(
        Parameter(name="RR", unit=KG_PER_KG, low="0", high="1", meaning="scrap recovered at the end of life"),
        Parameter(name="Y", unit=KG_PER_KG, low="0", high="1", excludes="low", unless=("RR - S = 0",),
                  meaning="yield: recycled material made of 1 kg of scrap"),
        Parameter(name="S", unit=KG_PER_KG, low="0", ledger=f"{_RECYCLED}, over Y", follows="Y",
                  meaning="scrap input"),
        Parameter(name="Xpr", unit=PER_KG, unless=("RR - S = 0",), meaning="making 1 kg of the material without scrap"),
        Parameter(name="Xre", unit=PER_KG, unless=("RR - S = 0",),
                  meaning="making 1 kg of the material from scrap only"),
    ),
)

MODULE_D: Final = Method(
    name="module-d/1", title="module D beside the total", of="material",
    formula="Cut-off; beside it, never added, sum over materials of m (MMRout - MMRin) (EMR - EVMSub Q).",
    source="EN 15804:2012+A2:2019, annex D",
    credit="The total is the cut-off figure and includes no credit. Module D lies beyond the product's boundary: the "
    "possible savings there by a net output of recycled material. If one lot gives material and another takes it, the "
    "two amounts cancel in the sum.",
    limitations=(
        "The annex's symbols and formula are recalled; the net output flow is as EPD programmes explain it.",
        "Covers materials that are recycled or reused; not exported energy, and not savings by landfill gas.",
    ),
    parameters=(
        Parameter(name="MMRout", unit=KG_PER_KG, low="0", high="1",
                  meaning="material that leaves for recycling, at the point at which it ceases to be waste"),
        Parameter(name="MMRin", unit=KG_PER_KG, low="0", high="1", ledger=_RECYCLED,
                  meaning="recycled input material"),
        Parameter(name="EMR", unit=PER_KG, unless=("MMRout - MMRin = 0",),
                  meaning="processing 1 kg, from the end of waste to the point of substitution"),
        Parameter(name="EVMSub", unit=PER_KG, unless=("MMRout - MMRin = 0",),
                  meaning="making 1 kg of the primary material that it replaces"),
        Parameter(name="Q", unit=SHARE, low="0", high="1", excludes="low", unless=("MMRout - MMRin = 0",),
                  meaning="QRout/QSub: its quality, over the quality of the material that it replaces"),
    ),
)

MULTI_CYCLE: Final = Method(
    name="multi-cycle/1", title="equal burdens for all uses of a material", of="material",
    formula="Cut-off + sum over materials of m {[Xpr + (T-1) Xre] / T - (1-R1) Xpr - R1 Xre}, with T = 1 + R + R^2 + "
    "... over n uses; for endless uses T = 1/(1-R), and the first term is (1-R) Xpr + R Xre.",
    source="Thomas and Broadbent 2007, Method to take into account material recycling and end of life in LCA, LCA "
    "Forum Lausanne",
    credit="Every use of the material bears the same. Over all n uses of a material the figures sum to making it once "
    "and recycling it after each use; future uses bear a part of today's emissions.",
    standards=_ISO,
    limitations=(
        _ANNEX,
        "R is taken to stay the same, and the material as good as new.",
        "Xpr and Xre must be the amounts that the cut-off figure includes per kg of primary and of recycled material.",
    ),
    parameters=(
        Parameter(name="R1", unit=SHARE, low="0", high="1", ledger=_RECYCLED, meaning="recycled part of the material"),
        Parameter(name="R", unit=KG_PER_KG, low="0", high="1", excludes="high",
                  meaning="material for the next use per kg in use: recovery times yield"),
        Parameter(name="Xpr", unit=PER_KG, meaning="making 1 kg of primary material"),
        Parameter(name="Xre", unit=PER_KG, unless=("R + R1 = 0",), meaning="making 1 kg of the material from scrap"),
        Parameter(name="n", unit=SHARE, low="1", high="1000", whole=True, optional=True,
                  meaning="number of uses; endless if omitted"),
    ),
)

MULTI_LIFE: Final = Method(
    name="multi-life/1", title="equal burdens for all lives of an item", of="lot",
    formula="quantity {r reman + (1-r) new}.",
    source="average of new and remanufactured items by the rate of remanufacturing, as in Appl. Sci. 15(23), 12517",
    credit="Every life bears the same. Over the lives so far the figures sum to the emissions of these lives; a "
    "further life changes the average.",
    # The same words whether there is a hidden life or not, so that nobody can tell.
    limitations=("A life that is not on the ledger, or that the reader may not see, is not in the average, unless new, "
                 "reman and r are given.",),
    parameters=(
        Parameter(name="r", unit=SHARE, low="0", high="1", ledger="lives after the first, over lives",
                  meaning="part of the items that are remanufactured"),
        Parameter(name="new", unit=PER_UNIT, ledger="burden that the first life added", unless=("r = 1",),
                  meaning="making a new item"),
        Parameter(name="reman", unit=PER_UNIT, ledger="average burden that a later life added", unless=("r = 0",),
                  meaning="remanufacturing an item"),
    ),
)

METHODS: Final = (CUT_OFF, CIRCULAR, END_OF_LIFE, MODULE_D, MULTI_CYCLE, MULTI_LIFE)


def method_named(name: str) -> Method:
    """The method `name`. Raises InvalidInput (`unknown-method`) for an unknown name."""
    for method in METHODS:
        if method.name == name:
            return method
    raise InvalidInput(
        f"unknown method {name!r}", code="unknown-method", field="method", value=name,
        rule=f"one of: {', '.join(method.name for method in METHODS)}",
    )
