"""The report on an installation's case."""

from collections.abc import Sequence
from fractions import Fraction

from carbon_ledger_cbam.case import Case, check
from carbon_ledger_cbam.embedded import Embedded, embedded
from carbon_ledger_cbam.streams import pfc_emissions, stream_emissions
from ledger.sdk import Answer, spelled


class ProcessReport(Answer, frozen=True):
    """Per t of goods: t CO2e `specific` of the process itself and `embedded` with precursors; MWh of electricity."""

    name: str
    goods: str
    specific_direct: float
    embedded_direct: float
    specific_indirect: float
    embedded_indirect: float
    embedded_electricity: float = spelled("embeddedElectricityMWhPerTonne")


class Unattributed(Answer, frozen=True):
    """T CO2e of source streams and PFC that no process was attributed; negative if processes were attributed more."""

    direct: float = spelled("directTonnesCO2e")


class Report(Answer, frozen=True):
    """T CO2e of each source stream and of each entry of `pfc`, in the file's order."""

    processes: Sequence[ProcessReport]
    streams: Sequence[float]
    pfc: Sequence[float]
    unattributed: Unattributed


def report(case: Case) -> Report:
    """The emissions of a case. Raises InvalidInput for values that no installation can have."""
    check(case)
    streams = [stream_emissions(one) for one in case.source_streams]
    pfc = [pfc_emissions(one) for one in case.pfc]
    rest = sum((*streams, *pfc), Fraction(0)) - sum((Fraction(one.attributed) for one in case.processes), Fraction(0))
    return Report(
        processes=[
            _process(process.name, process.goods, figures)
            for process, figures in zip(case.processes, embedded(case), strict=True)
        ],
        streams=[float(one) for one in streams], pfc=[float(one) for one in pfc],
        unattributed=Unattributed(direct=float(rest) if streams or pfc else 0.0),
    )


def _process(name: str, goods: str, figures: Embedded) -> ProcessReport:
    return ProcessReport(
        name=name, goods=goods, specific_direct=float(figures.own.direct), embedded_direct=float(figures.whole.direct),
        specific_indirect=float(figures.own.indirect), embedded_indirect=float(figures.whole.indirect),
        embedded_electricity=float(figures.whole.electricity),
    )
