"""The methods' formulas, per kg of material unless stated otherwise. Emissions in kg CO2e per kg, shares from 0 to 1.

They use + - * / in explicit loops, as stored figures do, so that two machines agree bit for bit.
"""

from typing import NamedTuple


class Circular(NamedTuple):
    """The circular footprint formula's parameters. `qsin` and `qsout`: ratios of quality to the quality of primary
    material; `lhv` in MJ per kg; `heat` and `power` in kg CO2e per MJ of replaced energy."""

    r1: float
    a: float
    ev: float
    erec: float
    qsin: float
    r2: float
    erec_eol: float
    ev_star: float
    qsout: float
    b: float
    r3: float
    eer: float
    lhv: float
    heat_share: float
    heat: float
    power_share: float
    power: float
    ed: float


class CircularTerms(NamedTuple):
    """The five terms of the formula, kg CO2e per kg."""

    virgin: float
    recycled_in: float
    recycling_out: float
    energy: float
    disposal: float

    @property
    def total(self) -> float:
        return self.virgin + self.recycled_in + self.recycling_out + self.energy + self.disposal


def circular_footprint(p: Circular) -> CircularTerms:
    """Zampori and Pant 2019, 4.4.8.1: (1-R1) Ev + R1 [A Erec + (1-A) Ev Qsin/Qp] + (1-A) R2 [ErecEoL - Ev* Qsout/Qp]
    + (1-B) R3 (EER - LHV XERheat ESEheat - LHV XERelec ESEelec) + (1-R2-R3) Ed."""
    return CircularTerms(
        virgin=(1.0 - p.r1) * p.ev,
        recycled_in=p.r1 * (p.a * p.erec + (1.0 - p.a) * (p.ev * p.qsin)),
        recycling_out=(1.0 - p.a) * p.r2 * (p.erec_eol - p.ev_star * p.qsout),
        energy=(1.0 - p.b) * p.r3 * (
            p.eer - p.lhv * p.heat_share * p.heat - p.lhv * p.power_share * p.power
        ),
        disposal=(1.0 - p.r2 - p.r3) * p.ed,
    )


def recycled_input(p: Circular) -> float:
    """The term that the formula adds to a cut-off figure for recycled content. That figure has (1-R1) Ev + R1 Erec
    already, so R1 (1-A) (Ev Qsin/Qp - Erec) is missing."""
    return p.r1 * (1.0 - p.a) * (p.ev * p.qsin - p.erec)


def scrap_value(metal_yield: float, primary: float, recycled: float) -> float:
    """Y (Xpr - Xre): the emissions that 1 kg of scrap saves when it is melted, and the burden that its user bears."""
    return metal_yield * (primary - recycled)


def end_of_life(recovered: float, scrap: float, value: float) -> float:
    """-(RR - S) Y (Xpr - Xre), to be added to a cradle-to-gate figure. `recovered` and `scrap`: kg of scrap per kg of
    material."""
    return (scrap - recovered) * value


def primary_and_recycled(saving: float, share: float, metal_yield: float = 1.0) -> tuple[float, float]:
    """Xpr and Xre from the saving per kg of scrap. `share`: the saving over the emissions of primary production."""
    primary = saving / share
    return primary, primary - saving / metal_yield


def net_output_flow(recovered: float, recycled: float) -> float:
    """Kg that leave for recycling minus kg of recycled input, per kg; may be negative (EN 15804+A2)."""
    return recovered - recycled


def module_d(net: float, recycling: float, substituted: float, quality: float) -> float:
    """net (EMR - EVMSub QR/QSub): kg CO2e beyond the boundary; negative for a benefit (EN 15804+A2, annex D)."""
    return net * (recycling - substituted * quality)


def use_series(rate: float, uses: int) -> tuple[float, ...]:
    """Kg in the first, second, ... use of 1 kg of primary material that is recycled at `rate` after each use."""
    amounts, left = [], 1.0
    for _ in range(uses):
        amounts.append(left)
        left = left * rate
    return tuple(amounts)


def cumulated_use(rate: float, uses: int | None) -> float:
    """Kg of use that 1 kg of primary material gives in `uses` uses; None: endless uses, 1 / (1 - rate) for a rate below
    1."""
    if uses is None:
        return 1.0 / (1.0 - rate)
    total = 0.0
    for use in use_series(rate, uses):
        total += use
    return total


def cycle_average(rate: float, primary: float, recycled: float, uses: int | None) -> float:
    """Kg CO2e per kg of use over all uses: (Xpr + (T - 1) Xre) / T, with T the cumulated use; for endless uses (None)
    (1-R) Xpr + R Xre."""
    if uses is None:
        return (1.0 - rate) * primary + rate * recycled
    total = cumulated_use(rate, uses)
    return (primary + (total - 1.0) * recycled) / total
