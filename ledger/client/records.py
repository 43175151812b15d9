"""Every record kind and its parts, as types: one import for programs that write records."""

from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.kinds import (
    Acceptance,
    Activation,
    Addition,
    Amount,
    AnyRecord,
    AppointedReader,
    Attestation,
    Baseline,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    Grant,
    GrantRevocation,
    GrantScope,
    KeyChange,
    Organization,
    OrganizationNames,
    ParentEnd,
    PassportPublication,
    Pool,
    Product,
    ProductCompletion,
    PublicationEnd,
    ReaderRevocation,
    Report,
    StandingAcceptance,
    Subject,
    Transfer,
    Transformation,
    WeekEvidence,
)
from ledger.core.record.revisions import Amendment, Change, Closing, Reopening
from ledger.core.record.study import AllocationBasis, ProductRules, StudyContext
from ledger.core.record.values import (
    Attribute,
    Claim,
    Credit,
    Evidence,
    Factor,
    Flow,
    Money,
    Output,
    PreviousLife,
    PublicKey,
    Quantity,
    Supply,
)
from ledger.core.signatures.envelope import Envelope
from ledger.core.signatures.signing import public_key

__all__ = (
    "Acceptance", "Accreditation", "Activation", "Addition", "AllocationBasis", "Amendment", "Amount", "AnyRecord",
    "AppointedReader", "Attestation", "AttestationScope", "Attribute", "Baseline", "Change", "Claim", "Closing",
    "Consumption", "Credit", "Declaration", "Envelope", "Erasure", "Evidence", "Facility", "Factor", "Flow", "Grant",
    "GrantRevocation", "GrantScope", "KeyChange", "Money", "Organization", "OrganizationNames", "Output", "ParentEnd",
    "PassportPublication", "Pool", "PreviousLife", "Product", "ProductCompletion", "ProductRules", "PublicKey",
    "PublicationEnd", "Quantity",
    "ReaderRevocation", "Reopening", "Report", "StandingAcceptance", "StudyContext", "Subject", "Supply", "Transfer",
    "Transformation", "WeekEvidence", "public_key",
)
