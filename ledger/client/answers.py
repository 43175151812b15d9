"""The answers of a server, as types: one import for programs that name them."""

from ledger.answers.brief import LotBrief, OmissionBrief, PricedBrief
from ledger.answers.checked import CheckedRecord, InputBrief, RestatedLot, RestatementBrief
from ledger.answers.indicators import CoverageAnswer, GroupAnswer, IndicatorAnswer, IndicatorsAnswer, TargetAnswer
from ledger.answers.inventory import (
    ActivityAnswer,
    CarrierAnswer,
    CategoryAnswer,
    DifferenceAnswer,
    EnergyAnswer,
    EquityAnswer,
    GoodsAnswer,
    IntensityAnswer,
    InventoryAnswer,
    LeftOutAnswer,
    MemberAnswer,
    OmittedAnswer,
    OverheadAnswer,
    PowerAnswer,
    ScopesAnswer,
    SectionAnswer,
    SiteAnswer,
    SiteReportAnswer,
)
from ledger.answers.lists import (
    ListedLotAnswer,
    ListedRecordAnswer,
    LotListAnswer,
    NextQuestion,
    RecordListAnswer,
    ShownAnswer,
    TransferAnswer,
    TransferListAnswer,
)
from ledger.answers.methods import (
    CatalogueAnswer,
    ChoiceAnswer,
    FactorSensitivityAnswer,
    LotFigure,
    MethodAnswer,
    MissingAnswer,
    PluginMethod,
    RepricedFactor,
    SensitiveRecord,
    SensitivityAnswer,
)
from ledger.answers.problems import ParameterFault, Problem
from ledger.answers.products import FacilityAnswer, ProductAnswer, ProductionAnswer, ProductLotAnswer, SpreadAnswer
from ledger.answers.purchases import (
    ApartAnswer,
    BoughtFiguresAnswer,
    BoughtGoodsAnswer,
    PurchaseCoverageAnswer,
    ReceivedFootprintAnswer,
    SupplierCoverageAnswer,
    TitleShareAnswer,
)
from ledger.answers.sites import (
    BalanceAnswer,
    PeriodAnswer,
    ReconciliationAnswer,
    SiteDifferenceAnswer,
    SiteReconciliationAnswer,
    UnreconciledAnswer,
)
from ledger.answers.stored import (
    AttestationAnswer,
    ChainLineAnswer,
    ChainMethodAnswer,
    ChangeAnswer,
    ChangesAnswer,
    ClaimAnswer,
    CountedAttestation,
    DirectAnswer,
    DoubtAnswer,
    ErasureAnswer,
    FigureChangeAnswer,
    FootprintAnswer,
    InputAnswer,
    KeyAnswer,
    LineAnswer,
    LotAnswer,
    LotAveragesAnswer,
    Next,
    OpenPeriod,
    OrganizationAnswer,
    PeriodAverageAnswer,
    PluginAnswer,
    PluginVersionAnswer,
    RecordAnswer,
    RecoveryAnswer,
    RevisionAnswer,
    StudyAnswer,
    VerifiedAnswer,
)
from ledger.answers.uncertainty import UncertaintyAnswer
from ledger.answers.verification import VerificationAnswer
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import ProvenLeaf, Receipt, Verified
from ledger.core.receipts.statement import Statement
from ledger.footprint.derived.gaps import LotGaps
from ledger.footprint.derived.tables.rows import Contributions
from ledger.registry.reference.catalogue import SchemaEntry, SchemaReference
from ledger.sdk.installation import Installations

__all__ = (
    "Acknowledgement", "ActivityAnswer", "ApartAnswer", "AttestationAnswer", "BalanceAnswer", "BoughtFiguresAnswer",
    "BoughtGoodsAnswer", "CarrierAnswer", "CatalogueAnswer", "CategoryAnswer", "ChainLineAnswer", "ChainMethodAnswer",
    "ChangeAnswer", "ChangesAnswer", "CheckedRecord", "ChoiceAnswer", "ClaimAnswer", "Contributions",
    "CountedAttestation", "CoverageAnswer", "DifferenceAnswer", "DirectAnswer", "DoubtAnswer", "EnergyAnswer",
    "EquityAnswer", "ErasureAnswer", "FacilityAnswer", "FactorSensitivityAnswer", "FigureChangeAnswer",
    "FootprintAnswer", "GoodsAnswer", "GroupAnswer", "IndicatorAnswer", "IndicatorsAnswer", "InputAnswer", "InputBrief",
    "Installations", "IntensityAnswer", "InventoryAnswer", "KeyAnswer", "LeftOutAnswer", "LineAnswer",
    "ListedLotAnswer", "ListedRecordAnswer", "LotAnswer", "LotAveragesAnswer", "LotBrief", "LotFigure", "LotGaps",
    "LotListAnswer", "MemberAnswer", "MethodAnswer", "MissingAnswer", "Next", "NextQuestion", "OmissionBrief",
    "OmittedAnswer", "OpenPeriod", "OrganizationAnswer", "OverheadAnswer", "ParameterFault", "PeriodAnswer",
    "PeriodAverageAnswer", "PluginAnswer", "PluginMethod", "PluginVersionAnswer", "PowerAnswer", "PricedBrief",
    "Problem", "ProductAnswer", "ProductLotAnswer", "ProductionAnswer", "ProvenLeaf", "PurchaseCoverageAnswer",
    "Receipt", "ReceivedFootprintAnswer", "ReconciliationAnswer", "RecordAnswer", "RecordListAnswer", "RecoveryAnswer",
    "RepricedFactor", "RestatedLot", "RestatementBrief", "RevisionAnswer", "SchemaEntry", "SchemaReference",
    "ScopesAnswer", "SectionAnswer", "SensitiveRecord", "SensitivityAnswer", "ShownAnswer", "SiteAnswer",
    "SiteDifferenceAnswer", "SiteReconciliationAnswer", "SiteReportAnswer", "SpreadAnswer", "Statement", "StudyAnswer",
    "SupplierCoverageAnswer", "TargetAnswer", "TitleShareAnswer", "TransferAnswer", "TransferListAnswer",
    "UncertaintyAnswer", "UnreconciledAnswer", "VerificationAnswer", "Verified", "VerifiedAnswer",
)
