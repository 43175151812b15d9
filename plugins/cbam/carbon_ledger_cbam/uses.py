"""How each input of a process counts: as a precursor with its own figures, with a default value, or not at all.

Implementing Regulation (EU) 2025/2547: precursors are inputs of annex I (article 1). Precursors of the same
installation count with their own figures; precursors of another installation count with their own figures only if a
verification report covers the period in which they were made, else with default values (annex II, point E; article 15);
precursors of the Union and of exempt countries count as zero; the same precursor of two installations counts separately
(annex III, point B). Scrap and other inputs are no precursors.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from carbon_ledger_cbam.attribution import is_heat, is_power
from carbon_ledger_cbam.defaults import Defaults, DefaultValue, no_default
from carbon_ledger_cbam.electricity import count_grid, way_of
from carbon_ledger_cbam.goods import Good, Mark, digits, exemption, good_of, is_unclear, mark_up
from carbon_ledger_cbam.nodes import Key, Node, Take, TakeKey
from ledger.sdk import CARRYING_ROLES, InstallationYear, invalid_field

CBAM_DECLARATION: Final = "cbam"
_KG_PER_T: Final = 1000.0


class Use(NamedTuple):
    """`way`: own, actual, declared, default, exempt (of goods); grid, contract, directLine (of power); heat; material,
    unclassified, scrap or byProduct (outside).

    With a `link` it counts with `amount` of another process, in the unit of that process; without a link with the kg
    CO2e of this use. `counted` is the payable part of `indirect`.
    """

    way: str
    link: Key | None = None
    amount: float = 0.0
    direct: float = 0.0
    indirect: float = 0.0
    counted: float = 0.0
    megawatt_hours: float = 0.0
    source: str = ""
    default: DefaultValue | None = None
    mark: Mark | None = None

    @property
    def inside(self) -> bool:
        return self.way not in OUTSIDE


OUTSIDE: Final[Mapping[str, str]] = {
    "material": "no precursor: not a good of annex I",
    "unclassified": "its product states no CN code, or one that is too short: it does not count as a good of annex I",
    "scrap": "waste, scrap or a used product: no precursor",
    "byProduct": "a by-product of the installation's own goods, which carry its emissions",
    "attribute": "a green attribute: certificates do not count",
}


class Around(NamedTuple):
    """The data around a process: installations, processes and default values."""

    installations: Mapping[tuple[str, int], InstallationYear]
    nodes: Mapping[Key, Node]
    defaults: Defaults


def use_of(node: Node, key: TakeKey, take: Take, around: Around) -> Use:
    """How an input counts. Raises InvalidInput for a precursor that needs a default value without a row in the file."""
    if key.role not in CARRYING_ROLES:
        return Use("attribute" if key.role == "attribute" else "scrap")
    if is_power(key.unit):
        return _power(node, key, take, around)
    own = key.facility == node.key.facility
    made = None if key.facility is None or key.year is None else Key(key.facility, key.year, None, "", key.product)
    good = good_of(key.cn)
    if good is None:
        if made in around.nodes and (own or is_heat(key.unit)):
            return Use("heat" if is_heat(key.unit) else "own", made, take.quantity)
        if is_heat(key.unit):
            return Use("heat", direct=take.carried, source="as the lot carries it")
        if own and key.declared is None:
            return Use("byProduct")
        return Use("unclassified" if is_unclear(key.cn) else "material")
    return _precursor(node, key, take, good, around)


def _power(node: Node, key: TakeKey, take: Take, around: Around) -> Use:
    """Power of a direct line or contract with evidence, or of the installation itself, has the generator's own
    factor."""
    own = key.facility is not None and key.facility == node.key.facility
    if not own and key.evidence is None:
        installation = around.installations[node.key.facility, node.key.year]
        counted = count_grid(take.energy * 1000, installation, around.defaults)
        return Use("grid", indirect=counted.embedded, source=counted.factor)
    way = "directLine" if own else way_of(key.evidence or "")
    if key.facility is not None and key.year is not None:
        made = Key(key.facility, key.year, None, "", key.product)
        if made in around.nodes:
            return Use(way, made, take.quantity)
    return Use(way, indirect=take.carried, source="as the lot carries it")


def _precursor(node: Node, key: TakeKey, take: Take, good: Good, around: Around) -> Use:
    if not take.weighed:
        raise invalid_field(f"product {key.product}", "without a mass", "precursors are counted in tonnes",
                            code="missing-mass")
    own = key.facility == node.key.facility and key.declared is None
    if not own:
        exempt = exemption(key.country)
        if exempt is not None:
            return Use("exempt", source=exempt)
    if (own or key.attested is not None) and key.declared is None and key.facility is not None:
        made = Key(key.facility, key.year or 0, good.category, key.route)
        if made not in around.nodes:
            raise invalid_field("installations", f"without {key.facility} in {key.year}",
                                f"the installation that made {key.product}", code="installation-missing")
        return Use("own" if own else "actual", made, take.tonnes)
    if key.attested is not None and key.declared == CBAM_DECLARATION:
        return Use("declared", direct=take.carried - take.electricity, indirect=take.electricity,
                   counted=0.0 if good.direct_only else take.electricity, megawatt_hours=take.megawatt_hours,
                   source=f"declaration, attested by {key.attested}")
    return _default(node, key, take, good, around)


def _default(node: Node, key: TakeKey, take: Take, good: Good, around: Around) -> Use:
    """Default value x (1 + mark-up of the year and sector); the mark-up applies to the total."""
    code, year = digits(key.cn) or "", node.key.year
    row = around.defaults.find(code, key.country, year)
    if row is None:
        raise no_default(code, key.country, year, key.product)
    mark = mark_up(good.sector, year)
    scale = float(1 + mark.percent / 100) * take.tonnes * _KG_PER_T
    indirect = float(row.indirect) * scale
    return Use("default", direct=float(row.direct) * scale, indirect=indirect,
               counted=0.0 if good.direct_only else indirect, source=row.source, default=row, mark=mark)
