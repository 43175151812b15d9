"""Chain answers to callers who see a part of the chain: a chain solved by hand, over HTTP."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from support.foundry import GEAR, Foundry, foundry
from support.inside import inside
from support.sectors import MAKE, NAME
from support.server import prepared_home

from ledger.footprint.derived.tables.rows import GROUPINGS


@pytest.fixture(scope="module")
def works() -> Iterator[Foundry]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        yield foundry(ledger)


def rows(works: Foundry, caller: str, by: str, **more: str) -> dict[tuple[str, str], float]:
    """The rows of a table, which add up to the figure, by their part and key."""
    answer = works.get(caller, "/v1/contributions", lot=works.lot("maker", "gear"), by=by, **more)
    assert math.isclose(math.fsum(row["amount"] for row in answer["rows"]), answer["figure"], rel_tol=1e-12)
    return {(row["part"], row["key"]): row["amount"] for row in answer["rows"] if row["part"] != "rest"}


def near(amounts: dict[tuple[str, str], float]) -> Any:
    return {key: pytest.approx(amount, rel=1e-9) for key, amount in amounts.items()}


def test_a_received_lot_stands_for_everything_behind_it(works: Foundry) -> None:
    cast = works.lot("caster", "cast-sold")
    assert rows(works, "maker", "stage") == near({("group", MAKE): 200, ("received", cast): 1100})
    answer = works.get("maker", "/v1/contributions", lot=works.lot("maker", "gear"), by="record")
    (received,) = [row["received"] for row in answer["rows"] if row["part"] == "received"]
    assert received == {
        "lot": cast, "supplier": works.of["caster"].id, "product": works.lot("caster", "part"), "quantity": "350",
        "unit": "KGM", "footprint": pytest.approx(1100), "questioned": 0.0}
    assert answer["hidden"] == {
        "amount": pytest.approx(1100), "received": pytest.approx(1100), "questioned": 0.0,
        "note": answer["hidden"]["note"]}


def test_by_organization_a_received_lot_counts_with_its_supplier(works: Foundry) -> None:
    assert rows(works, "maker", "organization") == near({
        ("group", works.of["maker"].id): 200, ("received", works.of["caster"].id): 1100})


def test_a_parent_reads_what_its_subsidiary_reads(works: Foundry) -> None:
    lot = works.lot("maker", "gear")
    for by in GROUPINGS:
        assert works.get("holding", "/v1/contributions", lot=lot, by=by) == works.get(
            "maker", "/v1/contributions", lot=lot, by=by)


def test_granted_records_are_visible_and_several_hidden_parties_are_one_row(works: Foundry) -> None:
    makers, caster = works.of["maker"].id, works.of["caster"].id
    assert rows(works, "full", "organization", burden="footprint") == near({
        ("group", makers): 275, ("group", caster): 175,
        ("received", works.of["mill"].id): 600, ("received", works.of["alloyer"].id): 250})
    assert rows(works, "full", "stage") == near({("group", MAKE): 450, ("hidden", "hidden"): 850})
    assert rows(works, "full", "source") == near({("group", "site"): 450, ("hidden", "hidden"): 850})


def test_a_single_hidden_party_counts_with_the_record_that_takes_its_lot(works: Foundry) -> None:
    assert rows(works, "maker-full", "stage") == near({("group", MAKE): GEAR})
    answer = works.get("maker-full", "/v1/contributions", lot=works.lot("maker", "gear"), by="record")
    assert sorted(row["amount"] for row in answer["rows"] if row["part"] == "group") == [
        pytest.approx(120), pytest.approx(1180)]
    assert answer["hidden"]["amount"] == answer["hidden"]["received"] == 0.0
    assert works.refused("maker-full", "/v1/contributions", lot=works.lot("maker", "gear"), by="source") == (
        403, "hidden-parts")


def test_the_depth_of_a_grant_decides_which_groupings_look_through(works: Foundry) -> None:
    whole = {("hidden", "hidden"): GEAR}
    assert rows(works, "totals", "stage") == rows(works, "totals", "record") == near(whole)
    assert rows(works, "stages", "stage") == near({("group", MAKE): 450, ("hidden", "hidden"): 850})
    assert rows(works, "stages", "organization") == rows(works, "stages", "record") == near(whole)
    assert rows(works, "suppliers", "organization") == near({
        ("group", works.of["maker"].id): 275, ("group", works.of["caster"].id): 175,
        ("received", works.of["mill"].id): 600, ("received", works.of["alloyer"].id): 250})
    assert rows(works, "suppliers", "record") == near(whole)


def test_a_grant_of_stages_shows_no_record(works: Foundry) -> None:
    answer = works.get("stages", "/v1/contributions", lot=works.lot("maker", "gear"), by="stage")
    assert not any("heaviest" in row for row in answer["rows"])


def test_contents_add_up_over_hidden_parts(works: Foundry) -> None:
    for caller in ("maker", "full", "maker-full", "stages", "totals"):
        assert rows(works, caller, "stage", content="mass")


def test_an_earlier_tree_size_is_refused_over_hidden_parts(works: Foundry) -> None:
    lot = works.lot("maker", "gear")
    size = works.get("maker", "/v1/contributions", lot=lot)["at"]
    for path in ("/v1/contributions", "/v1/gaps", "/v1/chain"):
        assert works.refused("maker", path, lot=lot, at=size) == (403, "hidden-parts")
        works.get("mill", path, lot=works.lot("mill", "steel-sold"), at=size)


def test_methods_and_equations_need_the_whole_chain(works: Foundry) -> None:
    lot = works.lot("maker", "gear")
    for path in ("/v1/footprint/method", "/v1/sensitivity", "/v1/uncertainty", "/v1/verification"):
        assert works.refused("maker", path, lot=lot) == (403, "hidden-parts")


def test_gaps_ask_the_supplier_of_a_received_lot(works: Foundry) -> None:
    answer = works.get("maker", "/v1/gaps", lot=works.lot("maker", "gear"))
    (gap,) = [gap for gap in answer["items"] if gap["kind"] == "hidden"]
    assert (gap["whom"], gap["kgCo2e"], gap["records"]) == (works.of["caster"].id, pytest.approx(1100), [])
    assert answer["wellFounded"] == pytest.approx(200)
    assert answer["explained"] == pytest.approx(answer["absolute"]) == pytest.approx(GEAR)


def test_gaps_ask_the_suppliers_that_a_grant_names_and_the_maker_of_the_lot(works: Foundry) -> None:
    def asked(caller: str) -> dict[str, float]:
        answer = works.get(caller, "/v1/gaps", lot=works.lot("maker", "gear"))
        return {gap["whom"]: gap["kgCo2e"] for gap in answer["items"] if gap["kind"] == "hidden"}

    assert asked("full") == near({f"{works.of['alloyer'].id}, {works.of['mill'].id}": 850})
    assert asked("totals") == near({works.of["maker"].id: GEAR})


def nodes(works: Foundry, caller: str, **parameters: Any) -> tuple[Any, dict[str, Any]]:
    answer = works.get(caller, "/v1/chain", **parameters)
    listed = {node["id"]: node for node in answer["nodes"]}
    assert {end for edge in answer["edges"] for end in (edge["source"], edge["target"])} <= listed.keys()
    return answer, listed


def test_a_chain_ends_at_received_lots(works: Foundry) -> None:
    answer, listed = nodes(works, "maker", lot=works.lot("maker", "gear"))
    cast = listed[works.lot("caster", "cast-sold")]
    assert (cast["kind"], cast["supplier"], cast["footprint"]) == (
        "lot", works.of["caster"].id, pytest.approx(1100))
    assert "facility" not in cast
    assert "process" not in cast
    assert {node["issuer"] for node in listed.values() if node["kind"] == "record"} == {works.of["maker"].id}
    assert "note" in answer["graph"]["hidden"]


def test_hidden_lots_of_several_parties_are_one_node(works: Foundry) -> None:
    answer, listed = nodes(works, "full", lot=works.lot("maker", "gear"))
    assert listed["hidden parts"]["footprint"] == pytest.approx(1700)
    (edge,) = [edge for edge in answer["edges"] if edge["source"] == "hidden parts"]
    assert edge.keys() == {"source", "target"}
    assert works.hidden_from(str(answer), "mill", "alloyer")


def test_a_single_hidden_party_has_no_node(works: Foundry) -> None:
    answer, listed = nodes(works, "maker-full", lot=works.lot("maker", "gear"))
    assert "hidden parts" not in listed
    assert len([node for node in listed.values() if node.get("hiddenInputs")]) == 1
    assert works.hidden_from(str(answer), "mill", "alloyer", "caster")


def test_downstream_ends_at_the_transfer(works: Foundry) -> None:
    _, listed = nodes(works, "mill", lot=works.lot("mill", "steel"), direction="downstream")
    assert {node["issuer"] for node in listed.values() if node["kind"] == "record"} == {works.of["mill"].id}
    assert "remaining" in listed[works.lot("mill", "steel")]
    assert "remaining" not in listed[works.lot("mill", "steel-sold")]


def test_downstream_of_a_received_lot_its_maker_stays_hidden(works: Foundry) -> None:
    answer, listed = nodes(works, "caster", lot=works.lot("mill", "steel-sold"), direction="downstream")
    assert works.lot("caster", "cast-sold") in listed
    assert {node["issuer"] for node in listed.values() if node["kind"] == "record"} == {works.of["caster"].id}
    assert listed[works.lot("mill", "steel-sold")]["supplier"] == works.of["mill"].id
    assert works.hidden_from(str(answer), "alloyer")


def test_no_answer_names_a_hidden_organisation(works: Foundry) -> None:
    lot, hidden = works.lot("maker", "gear"), ("mill", "alloyer", "stranger")
    for path in ("/v1/contributions", "/v1/gaps", "/v1/chain"):
        for caller in ("maker", "holding", "maker-full"):
            assert works.hidden_from(str(works.get(caller, path, lot=lot)), *hidden)
    for by in GROUPINGS:
        assert works.hidden_from(str(works.get("maker", "/v1/contributions", lot=lot, by=by)), *hidden)


def test_strangers_find_no_lot(works: Foundry) -> None:
    for path in ("/v1/contributions", "/v1/gaps", "/v1/chain"):
        for caller in ("stranger", "mill", None):
            assert works.refused(caller, path, lot=works.lot("maker", "gear")) == (404, "not-found")


YEAR = {"from": "2025-01-01", "to": "2026-01-01"}


def indicators(works: Foundry, caller: str | None, **parameters: str) -> tuple[int, bool, list[str]]:
    """The number of records, whether they are the caller's own alone, and the groups."""
    answer = works.get(caller, f"/v1/sectors/{NAME}/indicators", **parameters)
    return answer["records"], answer.get("onlyOwn", False), [group["key"] for group in answer.get("groups", [])]


def test_sums_over_others_are_of_ended_years_and_enough_organisations(works: Foundry) -> None:
    maker = works.of["maker"].id
    assert indicators(works, "stranger", **YEAR) == indicators(works, None, **YEAR) == (5, False, [])
    assert indicators(works, "maker", **YEAR) == (5, False, [])
    assert indicators(works, "maker", **YEAR, by="organization") == (5, False, [maker])
    assert indicators(works, "stranger", **YEAR, by="facility") == (5, False, [])


def test_other_periods_and_sizes_show_own_records_alone(works: Foundry) -> None:
    for parameters in ({}, {"from": "2025-01-01", "to": "2025-04-01"}, {"from": "2024-01-01", "to": "2026-01-01"},
                       {**YEAR, "at": "20"}):
        assert indicators(works, "stranger", **parameters) == (0, True, [])
        records, only_own, _ = indicators(works, "maker", **parameters)
        assert only_own
        assert records <= 2


def test_a_product_counts_only_visible_lots(works: Foundry) -> None:
    answer = works.get("maker", "/v1/footprint/product", product=works.lot("maker", "part"))
    assert answer["numberOfLots"] == 2
    assert works.hidden_from(str(answer), "mill", "alloyer", "caster")
    assert works.refused("caster", "/v1/footprint/product", product=works.lot("maker", "part")) == (404, "not-found")


def test_purchases_are_the_committed_figures_of_received_lots(works: Foundry) -> None:
    for path, more in (("/v1/coverage", {}), ("/v1/footprint/received", {"party": works.of["caster"].id})):
        answer = works.get("maker", path, organization=works.of["maker"].id, **more)
        assert answer["footprint"] == pytest.approx(1100)
        assert works.hidden_from(str(answer), "mill", "alloyer")


def test_inventories_name_no_hidden_organisation(works: Foundry) -> None:
    for path, parameters in (
        ("/v1/inventory", {"organization": works.of["maker"].id}),
        ("/v1/inventory/report", {"facility": works.lot("maker", "site")}),
        ("/v1/cbam", {"facility": works.lot("maker", "site")}),
    ):
        answer = works.get("maker", path, year=2025, **parameters)
        assert works.hidden_from(str(answer), "mill", "alloyer"), path


def test_a_restatement_by_another_shows_the_own_lot_alone(works: Foundry) -> None:
    changes = works.get("maker", "/v1/changes", holder=works.of["maker"].id)["changes"]
    assert {(change["lot"], change["record"], change["type"]) for change in changes} == {
        (works.lot("caster", "cast-sold"), "", ""), (works.lot("maker", "gear"), "", "")}
    assert [change["difference"] for change in changes] == [pytest.approx(60), pytest.approx(60)]
    assert not any("reason" in change for change in changes)
    assert works.hidden_from(str(changes), "mill", "alloyer")
    (own,) = [change for change in works.get("mill", "/v1/changes", holder=works.of["mill"].id)["changes"]
              if change["lot"] == works.lot("mill", "steel")]
    assert (own["type"], own["reason"]) == ("amendment", "another reading")
