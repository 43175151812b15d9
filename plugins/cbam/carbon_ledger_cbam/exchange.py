"""The exchange's front page."""

from collections.abc import Sequence

from carbon_ledger_cbam.answers import ChainReport
from carbon_ledger_cbam.case import Case
from carbon_ledger_cbam.declaring import declare
from carbon_ledger_cbam.report import Report, report
from carbon_ledger_cbam.tables import tables
from ledger.sdk import Answer, Exchange, Sheet, invalid_field, read_document


def read(data: bytes) -> Report:
    """The embedded emissions of an installation's case. Raises InvalidInput that names field, value and rule."""
    return report(read_document(data, Case, "case"))


def sheets(answer: Answer) -> Sequence[Sheet]:
    """The tables of an answer of `declare`."""
    if not isinstance(answer, ChainReport):
        raise invalid_field("answer", type(answer).__name__, "the report of an installation and year")
    return tables(answer)


def exchange() -> Exchange:
    """The exchange `cbam`, after Implementing Regulation (EU) 2025/2547 (2023/1773 for the transitional period)."""
    return Exchange(
        name="cbam", version="0.1.0", en="Carbon border adjustment mechanism", zh="碳边境调节机制", read=read,
        report=declare, sheets=sheets,
    )
