"""`monitor`: watches a log for forks and for keys. Exit 1 where it has broken a promise, with the evidence kept."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from ledger.cli.console import json_option, print_json, progress, say, show
from ledger.cli.files import FILE, text_or_file
from ledger.client.audit.report import AuditFinding
from ledger.client.monitor.events import Event
from ledger.client.monitor.log import LogReader
from ledger.client.monitor.monitor import Monitor, Violation
from ledger.client.monitor.state import MonitorState, load_state
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import Policy, parse_policy
from ledger.errors import Unavailable
from ledger.host.files.durable import replace


@click.command()
@click.argument("url")
@click.option("--vkey", required=True, help="The log's verifier key that you have pinned, or the file that holds it.")
@click.option("--state", "file", type=FILE, required=True, help="File that remembers what was seen; made if missing.")
@click.option("--organization", "organizations", multiple=True,
              help="Tell only what is entered for this organisation (URN); may be repeated.")
@click.option("--policy", type=FILE, help="File with witnesses and quorum: what they have cosigned is compared too.")
@click.option("--once", is_flag=True, help="Look once and end, for a schedule.")
@click.option("--every", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Seconds between looks.")
@json_option
def monitor(
    url: str, vkey: str, file: Path, organizations: tuple[str, ...], policy: Path | None, once: bool, every: float,
    as_json: bool,
) -> int:
    """Watch the log at URL: that it only grows, and which keys it enters for whom.

    Tells of each organisation that is enrolled, of keys that are added, revoked or compromised, of recoveries, and of
    activations of plugins. A fork, a rollback, a signature that does not hold, a head without the cosignatures that the
    log itself asks for or a public record that is not served ends it with exit code 1; the checkpoints that show it are
    kept beside the state, to be shown to others. Entries whose time leads this host's clock, or the time at which a
    quorum of --policy had cosigned them, are told; with --once the exit code is 1 then.
    """
    pinned = text_or_file(vkey)
    state = load_state(file, parse_vkey(pinned).name)
    rule: Policy | None = None if policy is None else parse_policy(policy.read_bytes())
    with LogReader(url) as reader:
        watching = Monitor(reader, pinned, rule)
        while True:
            try:
                state, found = _look(watching, state, file, frozenset(organizations), as_json)
            except Violation as violation:
                kept = _keep(file, violation)
                say(f"the log at {url} has broken its promise; the evidence is in {kept}")
                raise
            except Unavailable as error:
                if once:
                    raise
                say(f"{error.message}; looking again in {every:g} s")
            if once:
                return 1 if found else 0
            time.sleep(every)


def _look(
    monitor: Monitor, state: MonitorState, file: Path, wanted: frozenset[str], as_json: bool
) -> tuple[MonitorState, list[AuditFinding]]:
    with progress("reading the log") as told:
        found = monitor.look(state, told)
    events = [event for event in found.events if not wanted or event.subject in wanted]
    size, root = found.checkpoint.size, found.checkpoint.root.hex()
    if as_json:
        print_json({"size": size, "root": root, "vkey": found.keys.spans[-1].vkey, "rotations": [
            one._asdict() for one in found.rotations], "events": events, "warnings": found.warnings,
            "findings": found.findings})
    else:
        for rotation in found.rotations:
            how = "is followed by, and for now signs beside," if rotation.begins else "ends; alone signs"
            show(f"at {rotation.size} entries: the log's key {rotation.old} {how} {rotation.new}")
        for event in events:
            _tell(event)
        show(f"the log holds at {size} entries, root {root}", *[one for one in [found.keys.led] if one])
        for one in found.findings:
            show(f"DOES NOT HOLD at index {one.index}, rule {one.rule}: {one.message}")
    for warning in found.warnings:
        say(f"warning: {warning}")
    if found.state != state:
        # Told first: what is told twice after a crash is better than what is never told.
        replace(file, msgspec.json.encode(found.state))
    return found.state, found.findings


def _tell(event: Event) -> None:
    at = f"{datetime.fromtimestamp(event.time / 1000, UTC):%Y-%m-%d %H:%M:%S}"
    what = {
        "organization": "is enrolled", "keyChange": "changes its keys", "activation": f"is in force as {event.version}",
    }.get(event.type, event.type)
    if event.recovery is not None:
        what = f"recovery of its keys: {event.recovery}"
    if event.retired:
        what = f"is retired, version {event.version}"
    show(f"{at} entry {event.index}: {event.subject} {what}; signed by key {event.keyid}")
    for key in event.added:
        show(f"  added    {key}")
    for key in event.revoked:
        show(f"  revoked  {key}")
    if event.compromised_since is not None:
        show(f"  compromised since entry {event.compromised_since}")


def _keep(file: Path, violation: Violation) -> Path:
    """A file beside the state with the reason and the checkpoints; never in the place of an earlier one."""
    name = f"{file.name}-evidence-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
    path = file.with_name(name)
    replace(path, "\n".join([f"# {violation.code}: {violation.message}", *violation.notes]).encode())
    return path
