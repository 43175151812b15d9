"""The answers of a server, as types: one import for programs that name them."""

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
from ledger.client.posting import Submitted
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import ProvenLeaf, Receipt, Verified
from ledger.core.receipts.statement import Statement
from ledger.footprint.derived.gaps import LotGaps
from ledger.footprint.derived.tables.rows import Contributions
from ledger.registry.reference.catalogue import SchemaEntry, SchemaReference
from ledger.sdk.installation import Installations

__all__ = (
    "Acknowledgement", "ActivityAnswer", "AttestationAnswer", "BalanceAnswer", "CarrierAnswer", "CatalogueAnswer",
    "CategoryAnswer", "ChainLineAnswer", "ChainMethodAnswer", "ChangeAnswer", "ChangesAnswer", "ChoiceAnswer",
    "ClaimAnswer", "Contributions", "CountedAttestation", "CoverageAnswer", "DifferenceAnswer", "DirectAnswer",
    "DoubtAnswer", "EnergyAnswer", "EquityAnswer", "ErasureAnswer", "FacilityAnswer", "FactorSensitivityAnswer",
    "FigureChangeAnswer", "FootprintAnswer", "GoodsAnswer", "GroupAnswer", "IndicatorAnswer", "IndicatorsAnswer",
    "InputAnswer", "Installations", "IntensityAnswer", "InventoryAnswer", "KeyAnswer", "LeftOutAnswer", "LineAnswer",
    "LotAnswer", "LotAveragesAnswer", "LotFigure", "LotGaps", "MemberAnswer", "MethodAnswer", "MissingAnswer",
    "OmittedAnswer", "OpenPeriod", "OrganizationAnswer", "OverheadAnswer", "ParameterFault", "PeriodAnswer",
    "PeriodAverageAnswer", "PluginAnswer", "PluginMethod", "PluginVersionAnswer", "PowerAnswer", "Problem",
    "ProductAnswer", "ProductLotAnswer", "ProductionAnswer", "ProvenLeaf", "Receipt", "ReconciliationAnswer",
    "RecordAnswer", "RecoveryAnswer", "RepricedFactor", "RevisionAnswer", "SchemaEntry", "SchemaReference",
    "ScopesAnswer", "SectionAnswer", "SensitiveRecord", "SensitivityAnswer", "SiteAnswer", "SiteDifferenceAnswer",
    "SiteReconciliationAnswer", "SiteReportAnswer", "SpreadAnswer", "Statement", "StudyAnswer", "Submitted",
    "TargetAnswer", "UncertaintyAnswer", "UnreconciledAnswer", "VerificationAnswer", "Verified", "VerifiedAnswer",
)
