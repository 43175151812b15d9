"""A log whose entries lead: their times are after the auditor's clock, or after witnesses had cosigned them. Audits and
the monitor name the first of them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from support.clock import Clock
from support.publishing import acknowledged, proof, receipt, site, three_witnesses
from support.server import Server, command, prepared_home
from support.witness import registry
from support.workshop import workshop

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditFinding, AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.run_public import audit_public
from ledger.client.audit.source.http import http_source
from ledger.client.audit.source.public import PublicSource
from ledger.client.mirror.source import http_log
from ledger.core.log.policy import Policy
from ledger.host.clock import now

DAY: Final = 86_400_000
HOUR: Final = 3_600


def audits(server: Server, policy: Policy | None = None, later: int = 0) -> list[AuditReport]:
    """Over HTTP, with bodies and without, by an auditor whose clock says so much more than the host's."""
    options = AuditOptions(vkey=server.vkey, policy=policy, clock=lambda: now() + later)

    async def run() -> list[AuditReport]:
        async with http_source(server.url) as whole, http_log(server.url, 4) as log:
            return [await audit(whole, registry(), options), await audit_public(PublicSource(log), options)]

    return asyncio.run(run())


def found(findings: list[AuditFinding]) -> list[tuple[str, int | None]]:
    return [(one.rule, one.index) for one in findings]


def test_entries_ahead_of_the_auditor_s_clock(tmp_path: Path) -> None:
    """A ledger that began while its clock was two days ahead; what comes later keeps to that time."""
    clock = Clock(tmp_path / "clock")
    clock.set(48 * HOUR)
    with prepared_home() as home:
        with Server(home, installed=[clock.folder]) as server:
            clock.set(0)
            workshop(server, "works", pot="1")
            for report in audits(server):
                assert found(report.findings) == [("ahead", 0)], report.findings
            for report in audits(server, later=2 * DAY):
                assert report.ok, report.findings
            state = tmp_path / "state"
            watched = command(home, "monitor", server.url, "--vkey", server.vkey, "--state", str(state), "--once",
                              "--json")
            assert watched.returncode == 1, watched.stderr
            (told,) = json.loads(watched.stdout)["findings"]
            assert (told["rule"], told["index"]) == ("ahead", 0)
            again = command(home, "monitor", server.url, "--vkey", server.vkey, "--state", str(state), "--once")
            assert again.returncode == 0, "what was told is not told again"
        ended = command(home, "audit", "--json")
        assert [(one["rule"], one["index"]) for one in json.loads(ended.stdout)["findings"]] == [("ahead", 0)]


def test_entries_ahead_of_the_cosignatures_that_cover_them(tmp_path: Path) -> None:
    """An auditor who comes when the time has come still sees that the entries were there before."""
    clock = Clock(tmp_path / "clock")
    with site() as place, three_witnesses(place):
        with Server(place.home, None, [clock.folder], None, "ledger.cli", **place.variables) as server:
            shop = workshop(server, "works", pot="10")
            clock.set(2 * HOUR)
            said = f"{datetime.now(UTC) + timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
            accepted = command(place.home, "clock", "accept", "--time", said, installed=[clock.folder])
            assert accepted.returncode == 0, accepted.stderr
            (ahead,) = acknowledged(server, [shop.make({"a": "1"}, {"pot": "1"})])
            clock.set(0)
            assert receipt(proof(server, ahead.digest, wait=30)).index == ahead.index
            for policy in (place.policy, None):
                for report in audits(server, policy, later=30 * DAY):
                    assert found(report.findings) == [("ahead", ahead.index)], report.findings
        clock.set(30 * 24 * HOUR)
        ended = command(place.home, "audit", "--json", "--policy", str(place.policy_file), installed=[clock.folder])
        held = [(one["rule"], one["index"]) for one in json.loads(ended.stdout)["findings"]]
        assert held == [("ahead", ahead.index)]
