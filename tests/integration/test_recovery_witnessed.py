"""An organisation that lost its keys, on a log with witnesses, by the command line: they say when a week has passed."""

import json
from pathlib import Path
from typing import Any, Final

import httpx
from support.clock import Clock
from support.javascript import Case, verdicts
from support.parties import Party
from support.publishing import acknowledged, site, three_witnesses
from support.server import Server, command
from support.waiting import until
from support.workshop import Workshop

from ledger.client.verify.bundle import ReplayedKeys, verify_bundle
from ledger.core.receipts.bundle import read_bundle
from ledger.host.files.key_files import read_key

WEEK: Final = 7 * 24 * 3600


def told(home: Path, *arguments: str, code: int = 0) -> Any:
    """What a command prints with --json, on stderr where it fails."""
    done = command(home, *arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout or done.stderr)


def test_a_week_that_witnesses_have_seen(tmp_path: Path) -> None:
    """The completion carries two proofs of its request, which the commands fetch; both audits decide as the server."""
    clock = Clock(tmp_path / "clock")
    with site() as place, three_witnesses(place, clock.folder), Server(
        place.home, None, [clock.folder], None, "ledger.cli", CARBON_LEDGER_RENEW_SECONDS="1", **place.variables
    ) as server:
        shop, home = Workshop("lost"), place.home
        acknowledged(server, [shop.enrolment(server)], wait=30)
        told(home, "key", "new", str(tmp_path / "new.pem"))
        request = tmp_path / "request.json"
        request.write_text(command(home, "key", "request", str(tmp_path / "new.pem"), "--organization", shop.id,
                                   "--origin", server.origin).stdout)
        recover = ("key", "recover", shop.id, "--url", server.url)
        asked = told(home, *recover, "--request", str(request))
        until(lambda: place.checkpoint(server.url).checkpoint.size > asked["index"])
        began = max(place.checkpoint(server.url).times.values())
        early = told(home, *recover, "--complete", code=1)
        assert (early["code"], early["field"]) == ("recovery-early", "evidence.last")
        clock.set(WEEK + 60)
        until(lambda: min(place.checkpoint(server.url).times.values()) > began + WEEK)
        done = told(home, *recover, "--complete")
        until(lambda: place.checkpoint(server.url).checkpoint.size > done["index"])
        found = httpx.get(f"{server.url}/v1/organizations", params={"limit": 100}, timeout=60).json()
        (keys,) = [one["keys"] for one in found if one["id"] == shop.id]
        assert [(key["enrolled"] == done["index"], key.get("revoked")) for key in keys] == [
            (False, done["index"]), (True, None)]
        new = Party(shop.id, read_key(tmp_path / "new.pem", None))
        (placed,) = acknowledged(server, [(new, shop.opening()[0][1])], wait=30)
        until(lambda: place.checkpoint(server.url).checkpoint.size > placed.index)
        bundle = command(home, "export", "bundle", placed.digest, "--url", server.url).stdout.encode()
        checked = verify_bundle(read_bundle(bundle), ReplayedKeys(place.vkey))
        (verdict,) = verdicts([Case("bundle", bundle, {"vkey": place.vkey})])
        assert (checked.organization, verdict.ok, verdict.value["organization"]) == (shop.id, True, shop.id)
        for options in ([], ["--public"]):
            audited = command(home, "audit", server.url, "--vkey", place.vkey, *options, installed=[clock.folder])
            assert audited.returncode == 0, audited.stdout
