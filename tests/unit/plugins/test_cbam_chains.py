"""CBAM from ledger chains: installations by hand, in kg and t. A mill casts billets of crude steel, a forge forges
them.

    mill    100 t of billets and 10 t of slag (shares 0.9 and 0.1) of one record with, in kg CO2e,
            20,000 on site, 2,980 of methane, 5,000 upstream, 700 of transport, 300 of treatment, 50 MWh of grid power
            that emit 30,000; together 58,980, of which the billets carry 53,082
    forge   18 t of forgings of 20 t of billets, with 1,800 on site, 200 upstream, 9 MWh that emit 5,400;
            the billets came with 50 of transport

By the regulation slag carries nothing, so a t of billets embeds 200 kg direct and 300 kg indirect, and the forgings
1,800 + 20 * 200 = 5,800 kg direct and 5,400 + 20 * 300 = 11,400 kg indirect.
"""

import json
from typing import Any

import msgspec
import pytest
from carbon_ledger_cbam import exchange
from carbon_ledger_cbam.declaring import declare
from msgspec.structs import replace
from support.containing import Containing
from support.installations import emission, grid, made, near, process, production, reconciled, site, taken
from support.raising import raised

from ledger.errors import InvalidInput
from ledger.sdk import Installations, InstallationYear, TakenLot

MILL, FORGE, PROOF = "urn:mill:site", "urn:forge:site", "a" * 64
BILLET, FORGING = "urn:mill:billet", "urn:forge:forging"
HEADER = "cn,country,direct,indirect,source\n"
DEFAULTS = f"{HEADER}7207,CN,2.5,0.1,a study\n".encode()
MILLED = production(
    "steel.electricArcFurnace", power=[grid(50, 30000)],
    lines=[emission(20000), emission(100, "leaks", gas="CH4"), emission(5000, "lime", "upstream"),
           emission(700, "lorry", "transport"), emission(300, "dust", "treatment"),
           emission(30000, "electricity", "electricity")],
    makes=[made(BILLET, 100.0, "7207 11 14", 53082.0, 0.9),
           made("urn:mill:slag", 10.0, None, 5898.0, 0.1, role="byProduct")],
)
CARRIED = 0.2 * 53082 + 50
BILLETS = taken(BILLET, 20.0, CARRIED, made=CARRIED - 50, cn="72071114", facility=MILL, country="CN",
                process="steel.electricArcFurnace", year=2026, attested=PROOF)
FORGED = production(
    "equipment.forging", power=[grid(9, 5400)], takes=[BILLETS],
    lines=[emission(1800), emission(200, "gas", "upstream"), emission(5400, "electricity", "electricity")],
    makes=[made(FORGING, 18.0, "7326", 7400 + CARRIED)],
)


def forge(billets: TakenLot, *others: InstallationYear, year: int = 2026) -> Installations:
    return Installations(at=7, installations=[site(FORGE, replace(FORGED, taken=[billets]), year=year), *others])


def chain(attested: str | None = PROOF) -> Installations:
    return forge(replace(BILLETS, attested=attested), *([site(MILL, MILLED)] if attested else []))


# A chain of two installations


def test_a_precursor_with_an_attestation_counts_with_its_own_figures() -> None:
    report = declare(chain())
    mine, theirs = process(report, FORGE), process(report, MILL)
    assert (theirs.embedded_direct, theirs.embedded_indirect) == (near(0.2), near(0.3))
    assert (theirs.specific_direct, theirs.specific_indirect) == (near(0.2), near(0.3))
    assert (mine.specific_direct, mine.specific_indirect) == (near(0.1), near(0.3))
    assert (mine.embedded_direct, mine.embedded_indirect) == (near(5.8 / 18), near(11.4 / 18))
    assert mine.embedded_electricity == near((9 + 20 * 0.5) / 18)
    assert (mine.total_embedded, mine.total_footprint) == (near(17.2), near(7.4 + CARRIED / 1000))
    assert (mine.process.category, mine.process.route, mine.direct_only) == ("steelProducts", "forging", True)
    assert (mine.asked, theirs.asked, mine.default_share) == (True, False, 0.0)
    (precursor,) = report.precursors
    assert (precursor.way, precursor.facility, precursor.attested, precursor.made_in) == ("actual", MILL, PROOF, 2026)
    assert (precursor.direct, precursor.indirect, precursor.counted) == (near(0.2), near(0.3), 0.0)
    assert precursor.route == "electricArcFurnace"
    assert reconciled(report)


def test_embedded_and_payable_stand_apart() -> None:
    """Goods of annex II pay for direct emissions alone, and nobody pays before 2026."""
    report = declare(chain())
    assert (process(report, FORGE).payable, process(report, FORGE).total_payable) == (near(5.8 / 18), near(5.8))
    (goods,) = report.goods
    assert (goods.category, goods.tonnes, goods.total_payable) == ("steelProducts", 18, near(5.8))
    assert (goods.total_embedded, goods.zh) == (near(17.2), "钢铁制品")
    earlier = declare(forge(replace(BILLETS, year=2025), site(MILL, MILLED, year=2025), year=2025))
    assert (process(earlier, FORGE).total_embedded, {one.payable for one in earlier.processes}) == (near(17.2), {0.0})


def test_every_line_is_said_to_be_inside_or_outside() -> None:
    report = declare(chain())
    told = {(one.source, one.inside, one.reason): (one.footprint, one.embedded)
            for one in report.lines if one.process.facility == MILL}
    assert told == {
        ("furnace", True, "onSite"): (20000, 20000), ("leaks", False, "gas"): (near(2980), 0),
        ("lime", False, "upstream"): (5000, 0), ("lorry", False, "transport"): (700, 0),
        ("dust", False, "treatment"): (300, 0), ("electricity", True, "indirect"): (30000, 0),
    }


def test_footprint_and_embedded_differ_by_what_is_named() -> None:
    report = declare(chain())
    of = {name: {(one.reason, one.source): one.kilograms for one in report.differences if one.process.facility == name}
          for name in (MILL, FORGE)}
    assert of[MILL] == {
        ("gas", "leaks"): near(2980), ("upstream", "lime"): near(5000), ("transport", "lorry"): near(700),
        ("treatment", "dust"): near(300), ("allocation", "electricArcFurnace"): near(-5898),
    }
    assert of[FORGE] == {
        ("upstream", "gas"): near(200), ("sinceMade", BILLET): near(50), ("behind", BILLET): near(10616.4 - 10000),
    }
    assert reconciled(report)


def test_the_same_chain_by_an_installation_file() -> None:
    """The reader of FORMAT.md's cases, fed with the same figures in t, finds the same."""
    case = {
        "processes": [
            {"name": "forging", "goods": "steel", "activityLevelTonnes": 18, "directlyAttributableTonnesCO2e": 1.8,
             "electricityMWh": 9, "electricityFactor": 0.6, "precursors": [{"process": "billets", "tonnes": 20}]},
            {"name": "billets", "goods": "steel", "activityLevelTonnes": 100, "directlyAttributableTonnesCO2e": 20,
             "electricityMWh": 50, "electricityFactor": 0.6},
        ],
    }
    read: Any = msgspec.to_builtins(exchange().read(json.dumps(case).encode()))
    mine = process(declare(chain()), FORGE)
    assert read["processes"][0] == Containing({
        "embeddedDirect": near(mine.embedded_direct), "embeddedIndirect": near(mine.embedded_indirect),
        "embeddedElectricityMWhPerTonne": near(mine.embedded_electricity),
    })


def test_lots_that_differ_from_the_average_of_the_year() -> None:
    """A second heat of 100 t at 40,000 kg on site makes the year's average 0.3 direct; the lots that were taken are of
    the first heat."""
    second = production("steel.electricArcFurnace", lines=[emission(40000)],
                        makes=[made(BILLET, 100.0, "72071114", 40000)])
    report = declare(forge(BILLETS, site(MILL, MILLED, second)))
    assert process(report, MILL).embedded_direct == near(0.3)
    assert process(report, FORGE).embedded_direct == near((1.8 + 20 * 0.3) / 18)
    average = next(one for one in report.differences if one.reason == "average")
    assert average.kilograms == near(20 * 530.82 - 20 * (53082 + 40000) / 200)
    assert reconciled(report)


# Default values


@pytest.mark.parametrize(("year", "mark"), [(2025, 0), (2026, 10), (2027, 20), (2028, 30), (2031, 30)])
def test_a_precursor_without_an_attestation_has_the_default_value_with_its_mark_up(year: int, mark: int) -> None:
    report = declare(forge(replace(BILLETS, attested=None), year=year), DEFAULTS)
    mine = process(report, FORGE)
    direct, indirect = 2.5 * (1 + mark / 100), 0.1 * (1 + mark / 100)
    assert mine.embedded_direct == near((1.8 + 20 * direct) / 18)
    assert mine.embedded_indirect == near((5.4 + 20 * indirect) / 18)
    assert mine.default_share == near(20 * (direct + indirect) / (1.8 + 5.4 + 20 * (direct + indirect)))
    (precursor,) = report.precursors
    assert (precursor.way, precursor.mark_up, precursor.source) == ("default", mark, "a study")
    assert (precursor.direct, precursor.indirect, precursor.counted) == (near(direct), near(indirect), 0.0)
    assert any("default value" in text and BILLET in text for text in report.warnings)
    assert any(one.status == "given" and one.source == "a study" for one in report.sources)
    difference = next(one for one in report.differences if one.reason == "default")
    assert difference.kilograms == near(CARRIED - 20000 * (direct + indirect))
    assert reconciled(report)


@pytest.mark.parametrize(("rows", "direct"), [
    ("7207,*,3,0,other\n", 3.0), ("7207,*,3,0,other\n7207,CN,2,0,x\n", 2.0),
    ("7207,CN,2,0,x\n72071114,CN,1,0,x\n", 1.0), ("72071114,*,4,0,x\n7207,CN,2,,x\n", 2.0),
])
def test_which_default_value_holds(rows: str, direct: float) -> None:
    """The country before all others, then the longest code."""
    assert declare(chain(None), (HEADER + rows).encode()).precursors[0].direct == near(direct * 1.1)


def test_a_value_of_the_year_comes_first() -> None:
    rows = b"cn,country,year,direct,indirect,source\n7207,CN,,2,0,x\n7207,CN,2026,3,0,x\n7207,CN,2027,4,0,x\n"
    assert declare(chain(None), rows).precursors[0].direct == near(3.3)


def test_a_precursor_of_unknown_country() -> None:
    unknown = replace(BILLETS, attested=None, facility=None, country=None)
    rows = HEADER + "7207,*,3,0,x\n"
    report = declare(forge(unknown), rows.encode())
    assert report.precursors[0].direct == near(3.3)
    assert any("country" in text for text in report.warnings)
    assert declare(forge(unknown), (rows + "7207,unknown,5,0,x\n").encode()).precursors[0].direct == near(5.5)


@pytest.mark.parametrize("defaults", [
    None, HEADER.encode(), HEADER.encode() + b"7207,VN,1,0,x\n", HEADER.encode() + b"72071199,CN,1,0,x\n",
])
def test_a_missing_default_value_is_never_guessed(defaults: bytes | None) -> None:
    error = raised(InvalidInput, declare, chain(None), defaults)
    assert error.code == "no-default-value"
    assert all(part in error.message for part in ("72071114", "CN", BILLET))


@pytest.mark.parametrize("data", [
    b"", b"cn,country,direct,source\n", b"cn;country;direct;indirect;source\n", HEADER.encode() + b"72,CN,1,0,x\n",
    HEADER.encode() + b"7207,China,1,0,x\n", HEADER.encode() + b"7207,CN,-1,0,x\n",
    HEADER.encode() + b"7207,CN,1e3,0,x\n",
    HEADER.encode() + b"7207,CN,,0,x\n", HEADER.encode() + b"7207,CN,nan,0,x\n", HEADER.encode() + b"7207,CN,1,0,\n",
    HEADER.encode() + b"7207,CN,1,0,x\n7207,CN,2,0,x\n", HEADER.encode() + b"7207,CN,1,0,x,y\n", b"\xff\xfe",
    HEADER.encode() + b'7207,CN,1,0,"x\n', b"cn,country,direct,indirect,source,note\n",
    b"cn,country,direct,indirect,source,year\n7207,CN,1,0,x,26\n", HEADER.encode() + b"7207,CN,99999,0,x\n",
])
def test_what_is_no_file_of_default_values(data: bytes) -> None:
    error = raised(InvalidInput, declare, chain(None), data)
    assert error.code == "invalid-defaults"
    assert None not in (error.field, error.rule)


def test_precursors_of_the_union_count_as_zero() -> None:
    report = declare(forge(replace(BILLETS, attested=None, country="DE")))
    assert (process(report, FORGE).embedded_direct, report.precursors[0].way) == (near(0.1), "exempt")
    assert reconciled(report)


def test_the_same_precursor_of_two_installations_stays_apart() -> None:
    other = replace(BILLETS, attested=None, facility="urn:other", tonnes=5.0, quantity=5.0, carried=9.0, made=9.0)
    mine = site(FORGE, replace(FORGED, taken=[BILLETS, other]))
    report = declare(Installations(at=7, installations=[mine, site(MILL, MILLED)]), DEFAULTS)
    told = {one.facility: (one.way, one.tonnes, one.direct) for one in report.precursors}
    assert told == {MILL: ("actual", 20, near(0.2)), "urn:other": ("default", 5, near(2.75))}
    assert process(report, FORGE).embedded_direct == near((1.8 + 20 * 0.2 + 5 * 2.75) / 18)


def test_a_declaration_of_another_installation() -> None:
    """Attested CBAM figures count; a footprint of another method does not."""
    declared = replace(BILLETS, declared="cbam", process=None, carried=20000.0, made=20000.0, electricity=6000.0,
                       kilowatt_hours=10000.0)
    report = declare(forge(declared))
    assert (report.precursors[0].way, report.precursors[0].direct) == ("declared", near(0.7))
    assert (report.precursors[0].indirect, process(report, FORGE).embedded_direct) == (near(0.3), near((1.8 + 14) / 18))
    assert process(report, FORGE).embedded_electricity == near((9 + 10) / 18)
    assert declare(forge(replace(declared, declared="pact")), DEFAULTS).precursors[0].way == "default"
    assert declare(forge(replace(declared, attested=None)), DEFAULTS).precursors[0].way == "default"


def test_what_is_no_precursor() -> None:
    scrap = taken("urn:scrap", 30.0, 500.0, role="waste", cn="7207 11 14")
    ore = taken("urn:ore", 10.0, 800.0, cn="2601 11 00", facility="urn:mine", year=2026, process="x.mine", country="AU")
    oddity = taken("urn:oddity", 1.0, 70.0)
    report = declare(Installations(at=7, installations=[site(FORGE, replace(FORGED, taken=[scrap, ore, oddity]))]))
    assert (report.precursors, process(report, FORGE).embedded_direct) == ([], near(0.1))
    told = {one.reason: one.kilograms for one in report.differences}
    assert (told["scrap"], told["material"], told["unclassified"]) == (near(500), near(800), near(70))
    assert [text for text in report.warnings if "urn:oddity" in text]
    assert not [text for text in report.warnings if "urn:ore" in text or "urn:scrap" in text]


# Routes, loops, and what cannot be


def test_goods_categories_and_routes_stand_apart_and_add_up() -> None:
    arc = production("steel.electricArcFurnace", lines=[emission(1000)], makes=[made(BILLET, 10.0, "7207", 1000)])
    oxygen = production("steel.basicOxygen", lines=[emission(6000)], makes=[made(BILLET, 30.0, "7207", 6000)])
    rolled = production("steel.rolling", lines=[emission(90)], makes=[made("urn:sheet", 3.0, "7208", 90)])
    report = declare(Installations(at=1, installations=[site("urn:plant", arc, oxygen, rolled)]))
    assert {(one.process.category, one.process.route): one.embedded_direct for one in report.processes} == {
        ("crudeSteel", "electricArcFurnace"): near(0.1), ("crudeSteel", "basicOxygen"): near(0.2),
        ("steelProducts", "rolling"): near(0.03)}
    goods = {one.category: (one.tonnes, one.embedded_direct) for one in report.goods}
    assert goods == {"crudeSteel": (40, near(7 / 40)), "steelProducts": (3, near(0.03))}


def looped(back: float) -> Installations:
    """The forge sells `back` t of forgings to the mill, which casts them into its 100 t of billets."""
    forgings = taken(FORGING, back, 0.0, cn="7326", facility=FORGE, country="CN", year=2026,
                     process="equipment.forging", attested=PROOF)
    return Installations(at=1, installations=[
        site(FORGE, FORGED), site(MILL, replace(MILLED, taken=[forgings]))])


def test_installations_that_feed_each_other() -> None:
    """f = 0.1 + 20/18 b; b = 0.2 + 9/100 f -> f = (0.1 + 20/18 * 0.2) / (1 - 0.1)."""
    report = declare(looped(9.0))
    forgings = (0.1 + 20 / 18 * 0.2) / (1 - 20 / 18 * 0.09)
    assert process(report, FORGE).embedded_direct == near(forgings)
    assert process(report, MILL).embedded_direct == near(0.2 + 0.09 * forgings)
    assert "circular" in str(raised(InvalidInput, declare, looped(90.0)))


@pytest.mark.parametrize(("installations", "code"), [
    ([site(FORGE, replace(FORGED, made=[made(FORGING, 18.0, None, 1.0)]))], "no-goods"),
    ([site(FORGE, replace(FORGED, made=[made(FORGING, None, "7326", 1.0, quantity=18.0, unit="EA")]))], "missing-mass"),
    ([site(FORGE, replace(FORGED, taken=[replace(BILLETS, tonnes=None)]))], "missing-mass"),
    ([site(FORGE, FORGED)], "installation-missing"),
])
def test_what_cannot_be_declared(installations: list[InstallationYear], code: str) -> None:
    error = raised(InvalidInput, declare, Installations(at=1, installations=installations))
    assert error.code == code
    assert None not in (error.field, error.rule)


def test_provisional_records_are_said_to_be() -> None:
    report = declare(forge(BILLETS, site(MILL, replace(MILLED, provisional=True))))
    assert [one.provisional for one in report.processes] == [False, True]
    assert any("provisional" in text for text in report.warnings)
