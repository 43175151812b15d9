"""The lists of an organisation: lots, transfers and records, in pages that hold together, and the page of one thing."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.trade import Trade, sent, traded
from support.workshop import START, workshop

from ledger.core.record.kinds import StandingAcceptance


@pytest.fixture(scope="module")
def trade() -> Iterator[Trade]:
    with traded() as found:
        yield found


def test_lots_of_a_holder(trade: Trade) -> None:
    """Newest first; what went out of a lot is not in its rest. `back` is a lot of the mill by a name of the shop's."""
    assert trade.lots(holder=trade.mill.id) == ["back", "c", "b", "a"]
    assert trade.lots(holder=trade.shop.id) == ["t6", "t5", "t4", "t3", "t2", "t1"]
    first = trade.ask("lot-list", holder=trade.shop.id)["lots"][-1]
    assert (first["quantity"], first["remaining"]) == ({"value": "40", "unit": "KGM"}, "25")
    assert (first["footprint"], first["footprintPerUnit"]) == (pytest.approx(20), pytest.approx(0.5))
    assert (first["title"], first["made"]) == ("footprint", "2025-03-01T00:00:00Z")
    for lot in trade.ask("lot-list", holder=trade.shop.id)["lots"]:
        answer = trade.ask("footprint", lot=lot["lot"])
        assert {name: lot.get(name) for name in answer["lot"]} == answer["lot"]
        names = ("title", "footprint", "footprintPerUnit", "unestimated", "questioned", "primaryShare")
        assert [lot.get(name) for name in names] == [answer.get(name) for name in names]
        assert lot["omitted"] == answer["burdens"].get("omittedAbs", 0.0)


def test_lots_of_owners_sites_and_products(trade: Trade) -> None:
    """Goods in custody are owned by the mill and held by the shop."""
    mill, shop = trade.mill, trade.shop
    assert trade.lots(owner=mill.id) == ["back", "t5", "c", "b", "a"]
    assert trade.lots(owner=shop.id) == ["t6", "t4", "t3", "t2", "t1"]
    assert trade.lots(facility=mill.name("site2")) == ["c"]
    assert trade.lots(product=mill.name("part")) == ["back", "c", "b", "a"]
    assert trade.lots(product=mill.name("part"), holder=shop.id) == ["t6", "t5", "t4", "t3", "t2", "t1"]
    assert (trade.lots(product=shop.name("part"), holder=shop.id), trade.lots(holder=trade.stranger.id)) == ([], [])


def test_stock_now_and_then(trade: Trade) -> None:
    """b is used up by its three transfers, of which one was withdrawn: 10 kg are there again."""
    assert trade.lots(holder=trade.mill.id, stock="true") == ["back", "c", "b", "a"]
    assert trade.lots(holder=trade.shop.id, stock="true") == ["t5", "t4", "t3", "t2", "t1"]
    before = trade.ask("show", name=trade.mill.name("t4"))["entered"]["index"]
    assert trade.lots(holder=trade.shop.id, stock="true", at=before) == ["t3", "t2", "t1"]
    (first,) = trade.ask("lot-list", holder=trade.shop.id, at=before, limit=1000)["lots"][-1:]
    assert first["remaining"] == "40"


def test_pages_make_the_whole(trade: Trade) -> None:
    """Pages of any length, whatever a filter drops, and with rows that come in between."""
    for path, rows, parameters in (
        ("lot-list", "lots", {"holder": trade.shop.id}), ("lot-list", "lots", {"owner": trade.mill.id}),
        ("received", "transfers", {"organization": trade.shop.id}),
        ("delivered", "transfers", {"organization": trade.mill.id, "from": "2025-04-01", "to": "2025-06-11"}),
        ("record-list", "records", {"issuer": trade.mill.id, "kind": "transfer"}),
    ):
        whole = trade.ask(path, **parameters)
        assert "next" not in whole
        assert len(whole[rows]) > 3
        for limit in (1, 2, 3):
            pages: list[Any] = []
            after: dict[str, int] = {}
            while True:
                page = trade.ask(path, limit=limit, **parameters, **after)
                assert len(page[rows]) <= limit
                pages += page[rows]
                if "next" not in page:
                    break
                after = {"after": page["next"]}
            assert pages == whole[rows], (path, limit)


def test_received_and_delivered(trade: Trade) -> None:
    """The same transfers from both sides. 10 of t2's 60 kg went back: 50 kg with 40 kg of CO2 were received."""
    received = trade.ask("received", organization=trade.shop.id)["transfers"]
    assert received == trade.ask("delivered", organization=trade.mill.id)["transfers"]
    rows = {name.rpartition(":")[2]: row for row in received for name in [row["lot"]]}
    assert {name: row["state"] for name, row in rows.items()} == {
        "t6": "withdrawn", "t5": "open", "t4": "open", "t3": "disputed", "t2": "accepted", "t1": "accepted"}
    assert {name: row["record"] for name, row in rows.items()} == trade.transfers
    second = rows["t2"]
    assert (second["quantity"]["value"], second["received"]["value"]) == ("60", "50")
    assert (second["footprint"], second["footprintPerUnit"]) == (pytest.approx(40), pytest.approx(0.8))
    assert (second["omitted"], second["title"]) == (pytest.approx(10), "incomplete footprint")
    assert (second["sender"], second["receiver"], second["purpose"]) == (trade.mill.id, trade.shop.id, "sale")
    assert rows["t5"]["purpose"] == "custody"


def test_a_standing_acceptance_accepts_on_arrival(trade: Trade) -> None:
    """The list names the rule, as the lot does."""
    sender, receiver = workshop(trade.server, "sender", pot="10"), workshop(trade.server, "receiver")
    (rule,) = trade.server.post([receiver.signed(StandingAcceptance(
        issuer=receiver.id, nonce=receiver.nonce(), sender=sender.id, tolerance="0.02", valid_from=START))])
    trade.server.post([sent(sender, receiver, "pot", "5", "d1", "2025-07-01")])
    (row,) = trade.ask("received", organization=receiver.id)["transfers"]
    assert (row["state"], row["accepted"], row["onArrival"]) == ("accepted", rule.index, True)
    (lot,) = trade.ask("lot-list", holder=receiver.id)["lots"]
    assert (lot["accepted"], lot["onArrival"]) == (rule.index, True)


@pytest.mark.parametrize(("parameters", "lots"), [
    ({"from": "2025-04-10"}, ["t6", "t5", "t4", "t3"]), ({"to": "2025-04-10"}, ["t2", "t1"]),
    ({"from": "2025-04-09T23:59:59Z", "to": "2025-05-10"}, ["t3", "t2"]), ({"from": "2026-01-01"}, []),
])
def test_periods_of_transfers(trade: Trade, parameters: dict[str, str], lots: list[str]) -> None:
    """A period begins after its start, and its end still counts."""
    rows = trade.ask("received", organization=trade.shop.id, **parameters)["transfers"]
    assert trade.short([row["lot"] for row in rows]) == lots


def test_parties_of_transfers(trade: Trade) -> None:
    mill, shop, stranger = trade.mill.id, trade.shop.id, trade.stranger.id
    assert len(trade.ask("received", organization=shop, party=mill)["transfers"]) == 6
    assert len(trade.ask("delivered", organization=mill, party=shop)["transfers"]) == 6
    for path, organization, party in (("received", shop, stranger), ("delivered", mill, stranger),
                                      ("delivered", shop, mill), ("received", mill, shop)):
        answer = trade.ask(path, organization=organization, party=party)
        assert answer == {"organization": organization, "transfers": []}


def test_records_by_kind_site_and_period(trade: Trade) -> None:
    """A record belongs to the period in which it ends, or happens."""
    mill = trade.mill

    def kinds(**parameters: Any) -> list[str]:
        return [row["type"] for row in trade.ask("record-list", **parameters)["records"]]

    assert kinds(issuer=mill.id) == ["amendment", *["transfer"] * 6, *["transformation"] * 3, "facility", "product",
                                     "facility"]
    assert kinds(issuer=mill.id, kind="transformation") == ["transformation"] * 3
    assert kinds(facility=mill.name("site2")) == ["transformation"]
    assert kinds(issuer=mill.id, **{"from": "2025-03-01", "to": "2025-03-10"}) == ["transfer", *["transformation"] * 3]
    withdrawn, *others = trade.ask("record-list", issuer=mill.id, kind="transfer")["records"]
    assert (withdrawn["state"], withdrawn["record"]) == ("withdrawn", trade.transfers["t6"])
    assert {row["state"] for row in others} == {"inForce"}
    (made,) = trade.ask("record-list", facility=mill.name("site2"))["records"]
    assert (made["lots"], made["start"], made["end"]) == (1, "2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z")
    assert made["process"] == "works.make"


@pytest.mark.parametrize(("path", "parameters", "status", "code", "field"), [
    ("lot-list", {}, 400, "invalid-input", "holder"),
    ("lot-list", {"stock": "true"}, 400, "invalid-input", "holder"),
    ("lot-list", {"holder": "urn:x", "owner": "urn:y"}, 400, "invalid-input", "owner"),
    ("lot-list", {"holder": "urn:x"}, 404, "unknown-organization", "holder"),
    ("lot-list", {"owner": "urn:x"}, 404, "unknown-organization", "owner"),
    ("lot-list", {"facility": "urn:x"}, 404, "unknown-facility", "facility"),
    ("lot-list", {"product": "urn:x"}, 404, "unknown-product", "product"),
    ("received", {}, 400, "invalid-request", "organization"),
    ("received", {"organization": "urn:x"}, 404, "unknown-organization", "organization"),
    ("received", {"organization": "SHOP", "party": "urn:x"}, 404, "unknown-organization", "party"),
    ("received", {"organization": "SHOP", "from": "March"}, 400, "instant", "from"),
    ("delivered", {"organization": "SHOP", "from": "2025-02-01", "to": "2025-01-01"}, 400, "period", "to"),
    ("received", {"organization": "SHOP", "limit": "0"}, 400, "invalid-request", "limit"),
    ("received", {"organization": "SHOP", "limit": "1001"}, 400, "invalid-request", "limit"),
    ("received", {"organization": "SHOP", "after": "-1"}, 400, "invalid-request", "after"),
    ("received", {"organization": "SHOP", "after": "9" * 30}, 400, "invalid-request", "after"),
    ("received", {"organization": "SHOP", "at": "9999"}, 400, "tree-size", "at"),
    ("record-list", {}, 400, "invalid-input", "issuer"),
    ("record-list", {"issuer": "urn:x"}, 404, "unknown-organization", "issuer"),
    ("record-list", {"facility": "urn:x"}, 404, "unknown-facility", "facility"),
    ("record-list", {"issuer": "SHOP", "kind": "delivery"}, 400, "unknown-kind", "kind"),
    ("show", {"name": "urn:x"}, 404, "not-found", "name"),
    ("show", {"name": "0" * 64}, 404, "not-found", "name"),
    ("show", {"name": "99999"}, 404, "not-found", "name"),
    ("show", {"name": ""}, 400, "invalid-request", "name"),
])
def test_lists_that_cannot_be(
    trade: Trade, path: str, parameters: dict[str, str], status: int, code: str, field: str
) -> None:
    asked = {name: trade.shop.id if value == "SHOP" else value for name, value in parameters.items()}
    response = trade.get(path, **asked)
    problem = response.json()
    assert (response.status_code, problem["code"], problem.get("field")) == (status, code, field), problem
    if code == "unknown-kind":
        assert {"transformation", "transfer", "pool"} <= set(problem["rule"].split())


def test_show_names_each_kind_of_thing(trade: Trade) -> None:
    mill = trade.mill
    digest = trade.transfers["t1"]
    record = trade.ask("show", name=digest)
    for name, kind in ((mill.id, "organization"), (mill.name("site"), "facility"), (mill.name("part"), "product"),
                       (mill.name("a"), "lot"), (digest, "record"), (str(record["entered"]["index"]), "record")):
        answer = trade.ask("show", name=name)
        assert (answer["id"], answer["kind"]) == (name, kind)
        assert answer["entered"]["issuer"] in (mill.id, trade.server.registrar.id)
        for question in answer["questions"]:
            response = httpx.get(f"{trade.server.url}{question['route']}", timeout=60)
            assert response.status_code == 200 or response.json()["code"] == "no-purchases", question
    assert trade.ask("show", name=mill.name("a"))["lot"] == trade.ask("lot-list", holder=mill.id)["lots"][-1]
    assert trade.ask("show", name=mill.name("part"))["body"]["unit"] == "KGM"
    assert "body" not in trade.ask("show", name=trade.transfers["t6"])


# --- the command line ------------------------------------------------------------------------------------------------


def test_tables_for_people(trade: Trade) -> None:
    done = trade.run("lots", "--holder", trade.shop.id, "--in-stock").succeeded()
    lines = done.out.splitlines()
    assert (lines[0].split()[:5], len(lines)) == (["lot", "product", "quantity", "left", "kg"], 6)
    assert "disputed" in next(line for line in lines if trade.mill.name("t3") in line)
    done = trade.run("received", "--organization", trade.shop.id, "--from", "2025-03-01", "--to", "2025-03-31")
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == [trade.mill.name("t1")]
    done = trade.run("delivered", "--organization", trade.stranger.id)
    assert done.out == f"no transfers from {trade.stranger.id}\n"
    done = trade.run("records", "--issuer", trade.mill.id, "--kind", "transformation")
    assert len(done.out.splitlines()) == 4
    done = trade.run("show", trade.mill.name("a"))
    assert done.out.startswith(f"lot {trade.mill.name('a')}\n")
    assert f"carbon-ledger footprint {trade.mill.name('a')}" in done.out


def test_limits_and_cursors_of_commands(trade: Trade) -> None:
    done = trade.run("lots", "--holder", trade.shop.id, "--limit", 2)
    assert len(done.out.splitlines()) == 3
    after = done.err.partition("--after ")[2].partition(",")[0]
    rest = trade.run("lots", "--holder", trade.shop.id, "--after", after, "--json")
    assert trade.short([lot["lot"] for lot in json.loads(rest.out)["lots"]]) == ["t4", "t3", "t2", "t1"]
    assert json.loads(rest.out)["next"] is None


@pytest.mark.parametrize("arguments", [
    ("lots", "--holder", "MILL"), ("received", "--organization", "SHOP"), ("delivered", "--organization", "MILL"),
    ("records", "--issuer", "MILL"), ("organizations",),
])
def test_csv_of_lists(trade: Trade, arguments: tuple[str, ...]) -> None:
    """A row for each row of the answer, all of one length; numbers as JSON has them."""
    names = {"MILL": trade.mill.id, "SHOP": trade.shop.id}
    asked = [names.get(argument, argument) for argument in arguments]
    heading, *rows = csv.reader(io.StringIO(trade.run(*asked, "--csv").succeeded().out))
    (listed,) = [rows for rows in json.loads(trade.run(*asked, "--json").out).values() if isinstance(rows, list)]
    assert len(rows) == len(listed) > 0
    assert ({len(row) for row in rows}, len(set(heading))) == ({len(heading)}, len(heading))
    table = [dict(zip(heading, row, strict=True)) for row in rows]
    assert [int(row["record"]) for row in table] == [row["index"] for row in listed]
    if "kg CO2e" in heading:
        assert [float(row["kg CO2e"]) for row in table] == [row["footprint"] for row in listed]


def german(text: str) -> list[dict[str, str]]:
    """The rows of CSV for German spreadsheets, with points for the decimal commas of numbers."""
    return [{name: value.replace(",", ".") if value.replace(",", "").lstrip("-").isdigit() else value
             for name, value in row.items()} for row in csv.DictReader(io.StringIO(text), delimiter=";")]


@pytest.mark.parametrize("arguments", [
    ("lots", "--holder", "MILL"), ("received", "--organization", "SHOP"), ("records", "--issuer", "MILL"),
    ("organizations",), ("coverage", "--organization", "SHOP"), ("contributions", "LOT", "--by", "organization"),
    ("gaps", "LOT"), ("footprint", "--product", "PRODUCT"),
    ("footprint", "--received-from", "MILL", "--organization", "SHOP"),
])
def test_csv_with_german_numbers(trade: Trade, arguments: tuple[str, ...]) -> None:
    """Semicolons between the cells and commas in the numbers; else the same cells."""
    names = {"MILL": trade.mill.id, "SHOP": trade.shop.id, "LOT": trade.mill.name("b"),
             "PRODUCT": trade.mill.name("part")}
    asked = [names.get(argument, argument) for argument in arguments]
    plain, done = trade.run(*asked, "--csv"), trade.run(*asked, "--csv", "--numbers", "de")
    assert (plain.code, done.code) == (0, 0), plain.err + done.err
    rows = list(csv.DictReader(io.StringIO(plain.out)))
    assert german(done.out) == rows
    assert rows
    assert trade.run(*asked, "--csv", "--numbers", "en").out == plain.out


def test_csv_of_contributions_adds_up(trade: Trade) -> None:
    lot = trade.mill.name("t1")
    answer = json.loads(trade.run("contributions", lot, "--by", "organization", "--json").out)
    rows = list(csv.DictReader(io.StringIO(trade.run("contributions", lot, "--by", "organization", "--csv").out)))
    assert [float(row["amount"]) for row in rows] == [row["amount"] for row in answer["rows"]]
    assert sum(float(row["amount"]) for row in rows) == pytest.approx(answer["figure"])
    british = trade.run("contributions", lot, "--by", "organisation", "--json")
    assert (british.code, json.loads(british.out)) == (0, answer)
    wrong = trade.run("contributions", lot, "--by", "organism")
    assert (wrong.code, "'organization'" in wrong.err) == (2, True)
    assert {(row["lot"], row["by"], row["unit"]) for row in rows} == {(lot, "organization", answer["unit"])}


def test_csv_of_gaps(trade: Trade) -> None:
    lot = trade.mill.name("b")
    answer = json.loads(trade.run("gaps", lot, "--json").out)
    rows = list(csv.DictReader(io.StringIO(trade.run("gaps", lot, "--csv").out)))
    assert [(row["kind"], row["gap"], row["from"]) for row in rows] == [
        (gap["kind"], gap["what"], gap["whom"]) for gap in answer["items"]]


def test_csv_of_a_product(trade: Trade) -> None:
    """A row for all lots, and the facilities, which add up to it."""
    answer = json.loads(trade.run("footprint", "--product", trade.mill.name("part"), "--json").out)
    done = trade.run("footprint", "--product", trade.mill.name("part"), "--csv")
    whole, *rows = csv.DictReader(io.StringIO(done.out))
    assert (whole["part"], float(whole["kg CO2e"]), whole["title"]) == (
        "product", answer["footprint"], answer["title"])
    assert [(row["part"], row["facility"]) for row in rows] == [
        ("facility", one["facility"]) for one in answer["facilities"]]
    assert sum(float(row["kg CO2e"]) for row in rows) == pytest.approx(answer["footprint"])
    assert all(line in done.err for line in answer.get("limitations", []))


def test_organizations(trade: Trade) -> None:
    """Oldest first, in pages; each has what a reader needs to name it."""
    listed = httpx.get(f"{trade.server.url}/v1/organizations", params={"limit": 1000}).json()
    done = trade.run("organizations")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == [row["id"] for row in listed]
    assert trade.mill.party.prefix in done.out
    first = json.loads(trade.run("organizations", "--limit", "2", "--json").out)
    rest = json.loads(trade.run("organizations", "--after", first["next"], "--json").out)
    assert [*first["organizations"], *rest["organizations"]] == listed
    assert (len(first["organizations"]), rest["next"]) == (2, None)
    assert f"--after {first['next']}" in trade.run("organizations", "--limit", "2").err
    assert trade.run("organizations", "--after", listed[-1]["index"]).out == "no organisations after that row\n"


@pytest.mark.parametrize(("arguments", "words"), [
    (("organizations", "--csv", "--json"), "give either --json or --csv"),
    (("organizations", "--numbers", "de"), "--numbers needs --csv"),
    (("organizations", "--numbers", "fr", "--csv"), "'en', 'de'"),
    (("contributions", "x", "--csv", "--json"), "give either --json or --csv"),
    (("gaps", "x", "--json", "--csv"), "give either --json or --csv"),
    (("footprint", "x", "--csv"), "--csv need --product or --received-from"),
    (("organizations", "--limit", "0"), "--limit"),
])
def test_wrong_usage_of_csv(trade: Trade, arguments: tuple[str, ...], words: str) -> None:
    done = trade.run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


@pytest.mark.parametrize("arguments", [
    ("lots",), ("lots", "--holder", "x", "--owner", "y"), ("lots", "--holder", "x", "--json", "--csv"),
    ("received",), ("records",), ("records", "--kind", "transfer"), ("lots", "--holder", "x", "--limit", "0"),
    ("show",), ("received", "--organization", "x", "--after", "-1"),
])
def test_wrong_usage(trade: Trade, arguments: tuple[str, ...]) -> None:
    done = trade.run(*arguments)
    assert (done.code, done.out) == (2, "")


def test_errors_of_commands(trade: Trade) -> None:
    done = trade.run("lots", "--holder", "urn:x")
    assert (done.code, done.out) == (1, "")
    assert "holder" in done.err
    assert "'urn:x' is not on the ledger" in done.err
    done = trade.run("records", "--issuer", trade.mill.id, "--kind", "delivery")
    assert done.code == 1
    assert "transformation" in done.err
