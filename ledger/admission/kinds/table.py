"""The table of record kinds: each Struct of `ledger.core.record.kinds` with its rules."""

from collections.abc import Mapping
from typing import Any, Final

from ledger.admission.kind import Kind
from ledger.admission.kinds.acceptance import AcceptanceKind
from ledger.admission.kinds.activation import ActivationKind
from ledger.admission.kinds.addition import AdditionKind
from ledger.admission.kinds.amendment import AmendmentKind
from ledger.admission.kinds.appointed_reader import AppointedReaderKind
from ledger.admission.kinds.attestation import AttestationKind
from ledger.admission.kinds.closing import ClosingKind
from ledger.admission.kinds.consumption import ConsumptionKind
from ledger.admission.kinds.declaration import DeclarationKind
from ledger.admission.kinds.erasure import ErasureKind
from ledger.admission.kinds.facility import FacilityKind
from ledger.admission.kinds.grant import GrantKind
from ledger.admission.kinds.grant_revocation import GrantRevocationKind
from ledger.admission.kinds.key_change import KeyChangeKind
from ledger.admission.kinds.organization import OrganizationKind
from ledger.admission.kinds.organization_names import OrganizationNamesKind
from ledger.admission.kinds.parent_end import ParentEndKind
from ledger.admission.kinds.passport_publication import PassportPublicationKind
from ledger.admission.kinds.pool import PoolKind
from ledger.admission.kinds.product import ProductKind
from ledger.admission.kinds.product_completion import ProductCompletionKind
from ledger.admission.kinds.publication_end import PublicationEndKind
from ledger.admission.kinds.reader_revocation import ReaderRevocationKind
from ledger.admission.kinds.reopening import ReopeningKind
from ledger.admission.kinds.report import ReportKind
from ledger.admission.kinds.standing_acceptance import StandingAcceptanceKind
from ledger.admission.kinds.transfer import TransferKind
from ledger.admission.kinds.transformation import TransformationKind
from ledger.core.record.kinds import (
    Acceptance,
    Activation,
    Addition,
    Amendment,
    AnyRecord,
    AppointedReader,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    Grant,
    GrantRevocation,
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
    Reopening,
    Report,
    StandingAcceptance,
    Transfer,
    Transformation,
)

KINDS: Final[Mapping[type[AnyRecord], Kind[Any]]] = {
    Organization: OrganizationKind(),
    ParentEnd: ParentEndKind(),
    KeyChange: KeyChangeKind(),
    Activation: ActivationKind(),
    Erasure: ErasureKind(),
    Facility: FacilityKind(),
    Product: ProductKind(),
    ProductCompletion: ProductCompletionKind(),
    Transformation: TransformationKind(),
    Transfer: TransferKind(),
    Acceptance: AcceptanceKind(),
    StandingAcceptance: StandingAcceptanceKind(),
    Consumption: ConsumptionKind(),
    Declaration: DeclarationKind(),
    Pool: PoolKind(),
    Addition: AdditionKind(),
    Amendment: AmendmentKind(),
    Closing: ClosingKind(),
    Reopening: ReopeningKind(),
    Attestation: AttestationKind(),
    Report: ReportKind(),
    Grant: GrantKind(),
    GrantRevocation: GrantRevocationKind(),
    AppointedReader: AppointedReaderKind(),
    ReaderRevocation: ReaderRevocationKind(),
    PassportPublication: PassportPublicationKind(),
    PublicationEnd: PublicationEndKind(),
    OrganizationNames: OrganizationNamesKind(),
}


def kind_of(record: AnyRecord) -> Kind[Any]:
    """The rules for a record of this kind."""
    return KINDS[type(record)]
