"""Grants, publications and readers on the command line against a real server."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
from support.cli import Done, Served, run, served, temporary_folder
from support.clusters import copy_cluster

from ledger.access.links import link_digest
from ledger.core.record import canonical
from ledger.core.signatures.envelope import open_envelope

MILL, BANK = "urn:example:mill", "urn:example:bank"
GRANT: Final = ("--depth", "stages", "--until", "2033-01-01", "--purpose", "loan")


class House(NamedTuple):
    """A server, a mill with a product, and a bank."""

    folder: Path
    server: Served

    def run(self, *arguments: object, **env: str) -> Done:
        return run(*arguments, CARBON_LEDGER_URL=self.server.url, CARBON_LEDGER_ORIGIN=self.server.origin, **env)

    def told(self, *arguments: object) -> Any:
        return json.loads(self.run(*arguments, "--json").succeeded().out)

    def mill(self, *arguments: object) -> tuple[object, ...]:
        """A command with the options of the mill's key."""
        return (*arguments, "--key", self.folder / "mill.pem", "--issuer", MILL)

    def registrar(self, *arguments: object) -> Any:
        return self.told(*arguments, "--home", self.server.home)

    def enrolled(self, name: str) -> None:
        key = self.folder / f"{name}.pem"
        assert self.run("key", "new", key).code == 0
        self.registrar("enrol", "--key", key, "--id", f"urn:example:{name}", "--prefix", f"urn:example:{name}:")

    def grants(self, organization: str) -> list[dict[str, Any]]:
        return self.told("grants", "--organization", organization)["grants"]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with temporary_folder() as folder:
        copy_cluster(folder / "home")
        assert run("init", "--home", folder / "home").code == 0
        with served(folder / "home", "--access", "open") as server:
            opened = House(folder, server)
            opened.enrolled("mill")
            opened.enrolled("bank")
            product = folder / "product.json"
            product.write_text(json.dumps({
                "type": "product", "id": f"{MILL}:part", "sector": "steel", "unit": "KGM"}))
            opened.run(*opened.mill("submit", product)).succeeded()
            yield opened
            done = run("audit", "--home", server.home)
            assert done.code == 0, done.out + done.err


def test_a_grant_is_listed_until_it_is_revoked(house: House) -> None:
    scope = ("--product", f"{MILL}:part", "--period-start", "2026-01-01", "--period-end", "2027-01-01T00:00:00Z")
    given = house.told(*house.mill("grant", "--to", BANK, *GRANT, *scope))
    listed = {
        "index": given["index"], "record": given["digest"], "grantor": MILL, "grantee": BANK, "depth": "stages",
        "until": "2033-01-01T00:00:00Z", "purpose": "loan", "state": "inForce", "product": f"{MILL}:part",
        "start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z",
    }
    assert house.grants(MILL)[0] == house.grants(BANK)[0] == listed
    done = house.run("grants", "--organization", BANK)
    assert (done.code, given["digest"] in done.out, "inForce" in done.out) == (0, True, True)
    done = house.run(*house.mill("revoke", given["digest"]))
    assert (done.code, "the grant has ended: entry" in done.out) == (0, True)
    ended = house.grants(BANK)[0]
    assert (ended["state"], ended["revoked"]) == ("revoked", given["index"] + 1)


def test_the_secret_of_a_link_is_printed_once_and_is_not_on_the_ledger(house: House) -> None:
    given = house.told(*house.mill("grant", "--link", *GRANT))
    assert given["client"] == given["digest"]
    assert len(given["secret"]) >= 43
    body = httpx.get(f"{house.server.url}/v1/records/{given['digest']}", timeout=60).text
    assert link_digest(given["secret"]) == hashlib.sha256(given["secret"].encode()).hexdigest()
    assert link_digest(given["secret"]) in body
    assert given["secret"] not in body
    (listed,) = [one for one in house.grants(MILL) if one["record"] == given["digest"]]
    assert (listed["link"], "grantee" in listed) == (True, False)
    done = house.run(*house.mill("grant", "--link", *GRANT))
    assert [line.partition(": ")[0] for line in done.out.splitlines()][1:] == ["client", "secret", "address"]
    assert given["address"].endswith(f"/login#client_id={given['client']}&client_secret={given['secret']}")
    assert "the holder opens the address in a browser, or asks with CARBON_LEDGER_CLIENT_ID and" in done.err
    assert given["secret"] not in done.out


def test_a_dry_run_posts_nothing_and_prints_no_secret(house: House) -> None:
    before = house.grants(MILL)
    done = house.run(*house.mill("grant", "--link", *GRANT, "--dry-run")).succeeded()
    assert "read all its records at depth stages until 2033-01-01T00:00:00Z: loan" in done.out
    assert "secret" not in done.out
    refused = house.run(*house.mill("grant", "--to", "urn:example:nobody", *GRANT, "--dry-run"))
    assert (refused.code, "unknown-organization" in refused.err, house.grants(MILL)) == (1, True, before)


def test_a_signed_grant_can_be_posted_later(house: House) -> None:
    file = house.folder / "signed.ndjson"
    before = len(house.grants(MILL))
    house.run(*house.mill("grant", "--to", BANK, *GRANT, "-o", file, "--url", "http://127.0.0.1:9")).succeeded()
    assert len(house.grants(MILL)) == before
    envelope = canonical.digest(open_envelope(file.read_bytes()).body).hex()
    assert (house.run("submit", file).code, house.grants(MILL)[0]["record"]) == (0, envelope)


def test_all_grants_of_a_receiver_end_at_once(house: House, tmp_path: Path) -> None:
    """Those in force to it alone: no link, no other receiver. What would end is named before."""
    house.enrolled("fund")
    house.enrolled("buyer")
    fund, every = "urn:example:fund", house.mill("revoke", "--to", "urn:example:fund")
    gone, other, *kept = [house.told(*house.mill("grant", "--to", to, *GRANT))["digest"]
                          for to in (fund, "urn:example:buyer", fund, fund)]
    house.run(*house.mill("revoke", gone)).succeeded()
    before = house.grants(MILL)
    foreseen = house.run(*every, "--dry-run").succeeded().out.splitlines()
    assert foreseen == [
        *[f"grant {one} of all records, depth stages, until 2033-01-01T00:00:00Z: loan" for one in reversed(kept)],
        f"2 grants to {fund} would end; nothing is posted",
    ]
    told = house.told(*every, "--dry-run")
    assert (told["dryRun"], [one["record"] for one in told["grants"]]) == (True, kept[::-1])
    done = house.run(*every, "-o", tmp_path / "signed").succeeded()
    assert ("2 records signed" in done.err, len((tmp_path / "signed").read_bytes().splitlines())) == (True, 2)
    assert house.grants(MILL) == before
    assert house.run(*every).succeeded().out.splitlines()[-1] == f"2 grants to {fund} have ended"
    states = {one["record"]: one["state"] for one in house.grants(MILL)}
    assert [states[one] for one in (gone, *kept, other)] == ["revoked"] * 3 + ["inForce"]
    assert {one["record"]: one["state"] for one in before if one["record"] not in kept}.items() <= states.items()
    again = house.run(*every)
    assert (again.code, again.out, len(again.err.splitlines())) == (1, "", 1)
    assert f"{MILL} has no grant in force to {fund}: nothing to revoke" in again.err
    house.told(*house.mill("grant", "--to", fund, *GRANT))
    assert house.run(*every).succeeded().out.splitlines()[-1] == f"1 grant to {fund} has ended"


@pytest.mark.parametrize(("arguments", "code", "said"), [
    (("revoke",), 2, "give either DIGEST or --to"),
    (("revoke", "0" * 64, "--to", BANK), 2, "give either DIGEST or --to"),
    (("revoke", "--to", BANK, "--dry-run", "-o", "signed"), 2, "--dry-run writes no file"),
    (("grant", *GRANT), 2, "give either --to or --link"),
    (("grant", "--to", BANK, "--link", *GRANT), 2, "give either --to or --link"),
    (("grant", "--to", BANK, *GRANT, "--dry-run", "-o", "signed"), 2, "--dry-run writes no file"),
    (("grant", "--to", BANK, "--depth", "stages", "--until", "2020-01-01", "--purpose", "loan"), 1, "until"),
    (("grant", "--to", BANK, "--depth", "stages", "--until", "soon", "--purpose", "loan"), 1, "until"),
    (("grant", "--to", BANK, *GRANT, "--lot", f"{MILL}:none"), 1, "scope.lot"),
    (("revoke", "0" * 64), 1, "grant"), (("revoke", "abc"), 1, "grant"),
    (("publish",), 2, "give one of --lot, --product, --declaration"),
    (("publish", "--lot", "a", "--product", "b"), 2, "give one of --lot, --product, --declaration"),
    (("publish", "--product", f"{BANK}:part"), 1, "product"), (("unpublish", "0" * 64), 1, "publication"),
])
def test_what_is_refused_names_the_field(house: House, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = house.run(*house.mill(*arguments))
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_publication_and_its_end(house: House) -> None:
    shown = house.run(*house.mill("publish", "--product", f"{MILL}:part"))
    assert (shown.code, f"{MILL}:part is published: entry" in shown.out) == (0, True)
    done = house.run(*house.mill("unpublish", shown.out.split()[-1]))
    assert (done.code, "the publication has ended: entry" in done.out) == (0, True)


def test_the_registrar_appoints_readers_in_public(house: House) -> None:
    appointed = house.registrar("reader", "appoint", BANK, "--purpose", "supervision", "--until",
                                "2033-01-01T00:00:00Z")
    listed = {"index": appointed["index"], "record": appointed["digest"], "organization": BANK,
              "purpose": "supervision", "state": "inForce", "until": "2033-01-01T00:00:00Z"}
    assert house.told("reader", "list")["readers"] == [listed]
    ended = house.registrar("reader", "end", appointed["digest"])
    assert house.told("reader", "list")["readers"] == [{**listed, "state": "revoked", "revoked": ended["index"]}]
    done = house.run("reader", "appoint", "urn:example:nobody", "--purpose", "x", "--home", house.server.home)
    assert (done.code, "organization" in done.err) == (1, True)


def test_lists_go_on_page_by_page(house: House) -> None:
    given = [house.told(*house.mill("grant", "--to", BANK, *GRANT))["index"] for _ in range(3)]
    url, asked, seen, after = f"{house.server.url}/v1/grants", {"organization": BANK, "limit": "2"}, [], None
    while True:
        page = httpx.get(url, params=asked | ({} if after is None else {"after": after}), timeout=60).json()
        seen += [one["index"] for one in page["grants"]]
        after = page.get("next")
        if after is None:
            break
        assert len(page["grants"]) == 2
    assert seen == sorted(set(seen), reverse=True)
    assert set(given) <= set(seen)
    unknown = httpx.get(url, params={"organization": "urn:example:nobody"}, timeout=60)
    assert (unknown.status_code, unknown.json()["field"]) == (404, "organization")
