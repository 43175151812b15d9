"""`monitor`: watches a log for forks and for new keys. If the log breaks a promise, it saves the evidence and exits
with 1."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from ledger.cli.client import Client, Seconds
from ledger.cli.console import json_option, print_json, progress, say, show
from ledger.cli.files import FILE, given_vkey
from ledger.cli.trust import ca_option
from ledger.client.audit.report import AuditFinding
from ledger.client.monitor.accesses import OwnAccesses
from ledger.client.monitor.events import Event
from ledger.client.monitor.log import LogReader
from ledger.client.monitor.monitor import Monitor
from ledger.client.monitor.state import MonitorState, load_state
from ledger.client.monitor.violation import Violation
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import Policy, parse_policy
from ledger.errors import Unavailable
from ledger.host.files.durable import replace


@click.command()
@click.argument("url")
@click.option("--vkey", required=True, help="Your pinned verifier key of the log, or a file with it.")
@click.option("--state", "file", type=FILE, required=True, help="File with the monitor's state; made if missing.")
@click.option("--organization", "organizations", multiple=True,
              help="Report only entries for this organisation (URN); may be repeated.")
@click.option("--accesses", metavar="ORGANIZATION",
              help="Also check the rows about this organisation in the access log: your own, so log in first.")
@click.option("--policy", type=FILE, help="Policy file: compare the checkpoints that its witnesses cosigned too.")
@click.option("--once", is_flag=True, help="Check once and exit, for scheduled runs.")
@click.option("--every", type=Seconds(1), default=60.0, show_default=True,
              help="Seconds between checks.")
@ca_option
@json_option
def monitor(
    url: str, vkey: str, file: Path, organizations: tuple[str, ...], accesses: str | None, policy: Path | None,
    once: bool, every: float, as_json: bool,
) -> int:
    """Watch the log at URL: check that it only grows, and report new keys.

    It reports enrolled organisations, keys that are added, revoked or compromised, recoveries, and activations of
    plugins. It exits with 1 after a fork, a rollback, an invalid signature, a head without the cosignatures that the
    log's own policy requires, or a missing public record; the checkpoints that prove it are saved next to the state
    file, as evidence for others. It keeps the signed roots of the access log's days, and exits with 1 if a day is
    rewritten, shortened or missing; with --accesses also if rows about your data change or disappear. It also reports
    entries whose time is ahead of this host's clock, or ahead of the time at which a quorum of --policy cosigned them;
    with --once the exit code is then 1.
    """
    pinned = given_vkey(vkey)
    state = load_state(file, parse_vkey(pinned).name)
    rule: Policy | None = None if policy is None else parse_policy(policy.read_bytes())
    with LogReader(url) as reader, Client(url) as client:
        own = None if accesses is None else OwnAccesses(client, accesses)
        watching = Monitor(reader, pinned, rule, own=own)
        while True:
            try:
                state, findings = _look(watching, state, file, frozenset(organizations), as_json)
            except Violation as violation:
                evidence = _keep(file, violation)
                say(f"the log at {url} has broken its promises; the evidence is in {evidence}")
                raise
            except Unavailable as error:
                if once:
                    raise
                say(f"{error.message}; next check in {every:g} s")
            if once:
                return 1 if findings else 0
            time.sleep(every)


def _look(
    monitor: Monitor, state: MonitorState, file: Path, wanted: frozenset[str], as_json: bool
) -> tuple[MonitorState, list[AuditFinding]]:
    with progress("reading the log") as report_progress:
        look = monitor.look(state, report_progress)
    events = [event for event in look.events if not wanted or event.subject in wanted]
    size, root = look.checkpoint.size, look.checkpoint.root.hex()
    if as_json:
        print_json({"size": size, "root": root, "vkey": look.keys.spans[-1].vkey, "rotations": [
            rotation._asdict() for rotation in look.rotations], "events": events, "warnings": look.warnings,
            "findings": look.findings})
    else:
        for rotation in look.rotations:
            show(f"at {rotation.size} entries: the log's key {rotation.old} " + (
                f"is followed by {rotation.new}; for now both sign" if rotation.begins else
                f"ends; {rotation.new} signs alone"
            ))
        for event in events:
            _print_event(event)
        show(f"the log is valid at {size} entries, root {root}", *([look.keys.led] if look.keys.led else []))
        for finding in look.findings:
            show(f"DOES NOT HOLD at index {finding.index}, rule {finding.rule}: {finding.message}")
    for warning in look.warnings:
        say(f"warning: {warning}")
    if look.state != state:
        # The report comes before the state: after a crash, a report may repeat but is not lost.
        replace(file, msgspec.json.encode(look.state))
    return look.state, look.findings


def _print_event(event: Event) -> None:
    at = f"{datetime.fromtimestamp(event.time / 1000, UTC):%Y-%m-%d %H:%M:%S}"
    change = {
        "organization": "is enrolled", "keyChange": "changes its keys", "activation": f"is in force as {event.version}",
    }.get(event.type, event.type)
    if event.recovery is not None:
        change = f"recovery of its keys: {event.recovery}"
    if event.retired:
        change = f"is retired, version {event.version}"
    show(f"{at} entry {event.index}: {event.subject} {change}; signed by key {event.keyid}")
    for key in event.added:
        show(f"  added    {key}")
    for key in event.revoked:
        show(f"  revoked  {key}")
    if event.compromised_since is not None:
        show(f"  compromised since entry {event.compromised_since}")


def _keep(file: Path, violation: Violation) -> Path:
    """Writes the reason and the checkpoints to a new file next to the state; it never replaces an earlier file."""
    name = f"{file.name}-evidence-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
    path = file.with_name(name)
    replace(path, "\n".join([f"# {violation.code}: {violation.message}", *violation.notes]).encode())
    return path
