"""`demo`: shows a closed loop from scrap to a second life, over HTTP, on a server and a database of its own."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import click
import msgspec

from ledger.answers.problems import Problem
from ledger.answers.stored import OrganizationAnswer
from ledger.cli.client import Client, patient_client
from ledger.cli.console import print_lines, say, show
from ledger.cli.demo import scenario as story
from ledger.cli.demo.actors import ACTORS, REGISTRAR
from ledger.cli.demo.gearbox import MAKER
from ledger.cli.demo.server import Running, command, environment, serving, temporary_home
from ledger.cli.demo.sights import AUDITOR, VERIFIER, Signers, reading_steps, show_sights
from ledger.cli.demo.tampering import halve_footprint, restore_footprint
from ledger.cli.demo.views import (
    heading,
    show_footprints,
    show_organizations,
    show_receipts,
    show_side_by_side,
    show_sources,
)
from ledger.cli.demo.writing import StoryStep
from ledger.cli.files import signing_key
from ledger.client.login import KeyLogin
from ledger.core.log.note import parse_vkey
from ledger.core.receipts.receipt import Receipt
from ledger.core.signatures.envelope import seal
from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError, LedgerError, Unavailable, VerificationError
from ledger.host.files.key_files import REGISTRAR_KEY, new_key, new_nonce, write_key
from ledger.registry.workers.trial import tried

POSTED_AT_ONCE = 20
SECTORS = ("circular", "equipment", "steel")
_AUDIT_SECONDS = 120.0


@click.command()
@click.option("--keep", is_flag=True, help="Keep the server running until Ctrl-C, and suggest commands to try.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the server.  [default: a free one]")
def demo(keep: bool, port: int) -> None:
    """Show a closed loop of steel and gearboxes on a ledger.

    Scrap becomes steel, steel becomes a gearbox, the worn gearbox becomes a remanufactured one, and the remainder
    becomes scrap again. The demo starts its own server and database in a temporary home, and removes them at the end.
    """
    # SIGINT too: a shell starts background jobs with SIGINT ignored, and child processes inherit that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    started = time.monotonic()
    installed = tried()
    missing = [name for name in SECTORS if installed.sector(name) is None]
    if missing:
        raise ConfigurationError(f"the demo needs the sector plugins: pip install "
                                 f"{' '.join(f'carbon-ledger-{name}' for name in missing)}")
    with temporary_home() as home:
        say(f"starting a server and a database in {home}")
        with serving(home, port) as running, patient_client(running.url, 10) as client:
            _run(running, client)
            show("", f"The demo is done, after {time.monotonic() - started:.0f} s.")
            if keep:
                _keep(running)


def _run(running: Running, client: Client) -> None:
    """Runs and prints the whole demo. Raises LedgerError at the first unexpected result."""
    origin = parse_vkey(running.vkey).name
    registrar = client.get("/v1/organizations", list[OrganizationAnswer], limit=1)[0].id
    heading("The ledger")
    show(f"address    {running.url}", f"origin     {origin}", f"vkey       {running.vkey}", f"registrar  {registrar}")
    signers = Signers(_keys(running.home), origin, new_nonce, registrar)
    steps = story.scenario(signers.keys, origin, new_nonce, registrar)
    receipts = post_steps(client, steps, signers.keys, origin)
    reading = reading_steps(signers)
    post_steps(client, reading, signers.keys, origin)
    heading("The organisations")
    show_organizations(client)
    heading(f"The story: {len(steps)} records, each signed by its organisation; one receipt of each kind")
    show_receipts(steps, receipts)
    with Client(running.url, auth=KeyLogin(signers.keys[AUDITOR.name])) as auditor:
        show_footprints(auditor, story.NEW_GEARBOX, story.REMANUFACTURED_GEARBOX)
        heading("Steel by two routes")
        show_side_by_side(auditor, {"electric arc furnace": story.ARC_STEEL, "blast furnace": story.BLAST_STEEL})
    heading("Access to the steel's figure and to its recipe; everything else here is shown to an auditor")
    show_sights(running.url, signers, [*steps, *reading],
                lambda more: post_steps(client, more, signers.keys, origin))
    heading("The sources of the figures")
    show_sources()
    heading("The audit: the whole log, replayed from zero")
    show(*_audit(running, expected=0).splitlines())
    _tamper(running, receipts, steps)


def post_steps(client: Client, steps: list[StoryStep], keys: Mapping[str, SigningKey], origin: str) -> list[Receipt]:
    """Posts the records in order, `POSTED_AT_ONCE` at a time. Raises the reason if the server refuses one."""
    receipts: list[Receipt] = []
    for start in range(0, len(steps), POSTED_AT_ONCE):
        part = steps[start : start + POSTED_AT_ONCE]
        answers = client.post([msgspec.json.encode(seal(step.record, keys[step.actor], origin)) for step in part])
        for step, answer in zip(part, answers, strict=True):
            if isinstance(answer, Problem):
                raise LedgerError(f"{step.note}: {answer.detail}", code=answer.code, field=answer.field)
            if not isinstance(answer, Receipt):
                raise LedgerError(f"{step.note}: the server sent an acknowledgement instead of a receipt, on a ledger "
                                  "without witnesses")
            receipts.append(answer)
    return receipts


def _keys(home: Path) -> dict[str, SigningKey]:
    """Writes a key file for each actor. Returns their keys, and the registrar's key, which the server made."""
    keys = {REGISTRAR: signing_key(home / REGISTRAR_KEY)}
    for name in (*ACTORS, AUDITOR.name, VERIFIER.name):
        keys[name] = new_key()
        write_key(_key_file(home, name), keys[name])
    return keys


def _audit(running: Running, *, expected: int) -> str:
    """Runs `carbon-ledger audit` like an auditor, with both keys pinned. Raises VerificationError if the exit code is
    not the expected one."""
    registrar = signing_key(running.home / REGISTRAR_KEY).keyid.hex()
    try:
        completed = subprocess.run(
            command("audit", running.url, "--vkey", running.vkey, "--registrar", registrar),
            env=_auditing(running), check=False, capture_output=True, text=True, timeout=_AUDIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"the audit takes more than {_AUDIT_SECONDS:.0f} s", code="timeout") from None
    if completed.returncode != expected:
        raise VerificationError(
            f"the audit ended with {completed.returncode}, not {expected}: {completed.stdout}{completed.stderr}"
        )
    return completed.stdout.strip()


def _auditing(running: Running) -> dict[str, str]:
    """The environment of the appointed reader's commands."""
    return {**environment(running.home), "CARBON_LEDGER_URL": running.url,
            "CARBON_LEDGER_KEY": str(_key_file(running.home, AUDITOR.name))}


def _key_file(home: Path, actor: str) -> Path:
    return home / "keys" / f"{actor}.pem"


def _tamper(running: Running, receipts: list[Receipt], steps: list[StoryStep]) -> None:
    """Changes one figure in the database, past all triggers. Checks that the audit names the record, and undoes the
    change."""
    lot = story.NEW_GEARBOX
    index = next(
        receipt.index for step, receipt in zip(steps, receipts, strict=True)
        if any(output.lot == lot for output in getattr(step.record, "outputs", []))
    )
    heading("Tampering: the database's owner halves the new gearbox's footprint")
    before = halve_footprint(running.home, lot)
    report = _audit(running, expected=1)
    faults = [line for line in report.splitlines() if line.startswith("DOES NOT HOLD")]
    if not any(f"index {index}," in line for line in faults):
        raise VerificationError(f"the audit did not find the change at index {index}: {report}")
    show(*faults, f"caught: the record at index {index} commits to another figure")
    restore_footprint(running.home, lot, before)
    _audit(running, expected=0)
    show("undone: the audit passes again")


def _keep(running: Running) -> None:
    """Prints commands to try, and waits for Ctrl-C, SIGTERM, or the server's end."""
    run, url, vkey = "carbon-ledger", running.url, running.vkey
    show(
        "", "Try, in another terminal:",
        f"  {run} login --url {url} --key {_key_file(running.home, AUDITOR.name)}",
        f"  {run} footprint {story.REMANUFACTURED_GEARBOX} --url {url}",
        f"  {run} trace {story.REMANUFACTURED_GEARBOX} --url {url}",
        f"  {run} trace {story.ARC_STEEL} --direction down --url {url}",
        f"  {run} plugin list --url {url}",
        f"  {run} audit {url} --vkey {vkey}",
        f"  {run} lots --holder {ACTORS[MAKER].id} --url {url}",
        f"The organisations' keys are in {running.home / 'keys'}. Ctrl-C stops the demo and removes everything.", "",
    )
    print_lines(f"{url}\n{vkey}")
    with contextlib.suppress(KeyboardInterrupt):
        code = running.process.wait()
        raise Unavailable(f"the server ended by itself, with {code}", code="server-down")


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt
