"""Checks of the log: its anchor, its witnesses and their cosignatures, and the clock against all times known here."""

import asyncio
import time
from typing import Final

from ledger.core.log.policy import Policy
from ledger.errors import ConfigurationError
from ledger.host.clock import LEAD, Timekeeper, host_clock, now, spelled
from ledger.service.backup.mark import is_restored
from ledger.service.doctor.installation import DoctorFinding, Installation, MissingPart
from ledger.service.heads.anchoring import standing
from ledger.service.heads.continuity import contradiction, read_head
from ledger.service.heads.heads import heads_of
from ledger.service.setup import has_registrar
from ledger.service.status.servers import last_answers
from ledger.service.witnesses.activated_policy import check_start, read_activated, read_shown
from ledger.service.witnesses.policy_file import read_policy
from ledger.service.witnesses.witness_client import WitnessClient
from ledger.store.anchor import fields_of, is_object, open_anchor
from ledger.store.database import PATIENCE_SECONDS
from ledger.store.sql import queries

LATE_SECONDS: Final = 60
"""Entries that wait longer than this for the quorum are an error."""
_RENEWAL_LATE_SECONDS: Final = 3_600
CLOCKS_DIFFER: Final = 5_000
"""Milliseconds by which the clocks of database and host may differ."""


async def check_anchor(here: Installation) -> DoctorFinding:
    """The anchor exists, can be read, and the database continues it."""
    settings = here.settings
    anchor = open_anchor(settings.anchor_at)
    if here.pool is None or here.keyring is None:
        anchor.read()
        raise MissingPart("the database's log could not be opened, so the anchor is not compared with it")
    heads = heads_of(settings, here.keyring, here.pool)
    async with here.pool.acquire() as connection:
        compared = await standing(connection, heads, anchor)
    if compared.contradiction is not None:
        return DoctorFinding(
            "anchor", "error", compared.contradiction,
            "bring back the missing part; if it is lost, decide that the database's history counts: `carbon-ledger "
            f"anchor accept --size {compared.size}`",
        )
    kind = "object" if anchor.remote else "file"
    return DoctorFinding("anchor", "ok", f"{kind} {anchor.location}, {compared.signed} of {compared.size} entries")


async def check_restored(here: Installation) -> DoctorFinding:
    if is_restored(here.settings.home):
        if here.pool is not None and here.keyring is not None and (await check_anchor(here)).level == "ok":
            return DoctorFinding("restored", "warning", "this home was restored, and the database continues the anchor",
                                 "start a server: it resumes signing once the log's witnesses agree")
        return DoctorFinding(
            "restored", "error",
            "this home was restored, and it is not settled which history counts: nothing is signed",
            "bring back the anchor of the lost home, or start with CARBON_LEDGER_POLICY so that witnesses are asked, "
            "or decide with `carbon-ledger anchor accept --size SIZE`; `anchor show` prints the size of the database",
        )
    return DoctorFinding("restored", "ok", "this home does not wait for a decision after a restore")


async def check_place(here: Installation) -> DoctorFinding:
    """A place outside this host remembers the signed heads."""
    settings = here.settings
    if is_object(settings.anchor_at):
        return DoctorFinding("place", "ok", "the anchor is outside this host")
    if settings.policy is not None and here.keyring is not None:
        policy = read_policy(settings.policy, here.keyring.keys)
        if policy.quorum is not None:
            return DoctorFinding("place", "ok", "the anchor is a file on this host, and witnesses know the log too")
    return DoctorFinding(
        "place", "warning", f"the anchor {settings.anchor_at} is a file: if a copy of the whole disk brings back an "
        "older database with an older anchor, nothing detects it", "set CARBON_LEDGER_ANCHOR=s3://BUCKET/KEY, or name "
        "witnesses by CARBON_LEDGER_POLICY",
    )


async def check_witnesses(here: Installation) -> DoctorFinding:
    """The policy can be read, is for this log and is the policy in force. A log with witnesses has a policy."""
    settings = here.settings
    if here.pool is None or here.keyring is None:
        raise MissingPart("the database's log could not be opened")
    first = await here.pool.fetchval(queries("publication")["first"])
    if settings.policy is None:
        if first is not None:
            return DoctorFinding(
                "witnesses", "error", f"this log has had a witness policy since size {first}, but no policy is named",
                "set CARBON_LEDGER_POLICY to a policy, which may be `quorum none`",
            )
        return DoctorFinding("witnesses", "ok", "no policy: heads are public as soon as they are signed")
    policy = read_policy(settings.policy, here.keyring.keys)
    async with here.pool.acquire() as connection:
        activated, history = await read_activated(connection), await read_shown(connection)
    note = open_anchor(settings.anchor_at).read()
    check_start(policy, activated, {} if note is None else fields_of(note), history, registrar=has_registrar(settings))
    if policy.quorum is None:
        return DoctorFinding(
            "witnesses", "warning", f"{settings.policy} says `quorum none`", "name witnesses and a quorum"
        )
    return DoctorFinding("witnesses", "ok", ", ".join(one.name for one in policy.witnesses))


async def check_quorum(here: Installation) -> DoctorFinding:
    """A quorum has cosigned the newest checkpoint, it is not old, and the quorum would survive the loss of a witness.
    """
    if here.settings.policy is None:
        return DoctorFinding("quorum", "ok", "no policy, so no quorum is needed")
    try:
        log = await here.log()
    except ConfigurationError:
        raise MissingPart("the witness policy cannot be read") from None
    policy = log.policy
    if policy is None or policy.quorum is None:
        return DoctorFinding("quorum", "ok", "the policy needs no quorum")
    times = {} if log.note is None else policy.cosigned(log.note)
    silent = [witness.name for witness in policy.witnesses if witness.name not in times]
    remedy = "ask their operators, or name other witnesses; `carbon-ledger status` lists the cosignatures"
    past = policy.past(times)
    if past is None:
        return DoctorFinding("quorum", "error", "no checkpoint has a quorum of cosignatures yet: nothing is published; "
                             f"silent: {', '.join(silent)}", remedy)
    age, waiting = time.time() - past, log.size - log.published
    if log.unpublished_seconds > LATE_SECONDS:
        answers = last_answers(await here.asking)
        unsigned = [f"{one.name} at {one.at}: {one.answer}" for one in answers.values() if not one.cosigned]
        unsigned += [name for name in silent if name not in answers]
        silence = f"; silent: {'; '.join(unsigned)}" if unsigned else ", though all witnesses have answered"
        return DoctorFinding(
            "quorum", "error", f"{waiting} entries wait for cosignatures, the oldest for {log.unpublished_seconds} s"
            f"{silence}", f"start a server if no server runs; else {remedy}",
        )
    if age > here.settings.renew_seconds + _RENEWAL_LATE_SECONDS:
        return DoctorFinding(
            "quorum", "warning", f"the cosignatures are {age / 3_600:.1f} h old, but should be renewed every "
            f"{here.settings.renew_seconds / 3_600:g} h", f"start a server if no server runs; else {remedy}",
        )
    needed = _indispensable(policy, list(times))
    if silent and needed:
        return DoctorFinding(
            "quorum", "warning", f"{', '.join(silent)} did not cosign the newest checkpoint; if one of "
            f"{', '.join(needed)} fails too, nothing is published", remedy,
        )
    return DoctorFinding("quorum", "ok", f"{len(times)} of {len(policy.witnesses)} witnesses, {age:.0f} s ago")


async def check_seen(here: Installation) -> DoctorFinding:
    """No witness shows a head of this log that the database lacks. Then servers sign nothing."""
    settings = here.settings
    if settings.policy is None:
        return DoctorFinding("seen", "ok", "no policy, so no witness knows the log")
    if here.pool is None or here.keyring is None:
        raise MissingPart("the database's log could not be opened")
    policy, keys = read_policy(settings.policy, here.keyring.keys), here.keyring.keys
    clients = [WitnessClient(witness, PATIENCE_SECONDS) for witness in policy.witnesses if witness.url is not None]
    try:
        shown = dict(zip([client.name for client in clients],
                         await asyncio.gather(*[client.shown(keys) for client in clients]), strict=True))
    finally:
        await asyncio.gather(*[client.close() for client in clients])
    wrong = []
    async with here.pool.acquire() as connection:
        # After the answers, since the log may grow meanwhile.
        held = await read_head(connection, here.keyring.origin)
        for name, head in shown.items():
            why = None if head is None else await contradiction(connection, held, [head])
            if head is not None and why is not None:
                wrong.append(f"witness {name} was shown {head.size} entries by this log: {why}")
    if wrong:
        return DoctorFinding(
            "seen", "error", f"{'; '.join(wrong)}; servers sign nothing",
            "bring back the missing entries from a newer backup; if there is no newer one, name other witnesses or "
            f"`quorum none` in the policy, run `carbon-ledger anchor accept --size {held.size}`, and inform everyone "
            "who holds receipts",
        )
    known = [f"{name} {head.size}" for name, head in shown.items() if head is not None]
    if not known:
        return DoctorFinding("seen", "warning", "no witness says which head it was shown, so this check cannot find "
                             "entries that the database lacks", "look at /health/ready of a server")
    return DoctorFinding("seen", "ok", f"of {held.size} entries, witnesses were shown: {', '.join(known)}")


def _indispensable(policy: Policy, cosigned: list[str]) -> list[str]:
    """The witnesses without which the others that cosigned are not a quorum."""
    return [name for name in cosigned if not policy.satisfied([other for other in cosigned if other != name])]


async def check_clock(here: Installation) -> DoctorFinding:
    """The host's clock agrees with the believed time, the log, the database's host and the witnesses."""
    if here.pool is None:
        raise MissingPart("the database could not be opened")
    keeper = Timekeeper(host_clock(), here.settings.home)
    newest = await here.pool.fetchval(queries("log")["time"]) or 0
    keeper.begin(newest)
    keeper.require_right()
    remedy = "set the clock right, and keep it right with NTP"
    past = await _cosigned_past(here)
    for source, other in (("the newest entry is", newest), ("the witnesses' cosignatures are", past)):
        if other - now() > LEAD:
            return DoctorFinding("clock", "warning", f"the host's clock shows {spelled(now())}, but {source} of "
                                 f"{spelled(other)}: the clock is behind, or that time was wrong", remedy)
    differs = await here.pool.fetchval(queries("log")["clock"]) - now()
    if abs(differs) > CLOCKS_DIFFER:
        return DoctorFinding("clock", "warning", f"the clock of the database's host differs by {differs / 1000:.1f} s",
                             f"{remedy}, on both hosts")
    return DoctorFinding("clock", "ok", spelled(keeper()))


async def _cosigned_past(here: Installation) -> int:
    """The latest time that a quorum states as past, in ms; 0 if there is no policy or no quorum."""
    try:
        log = await here.log()
    except ConfigurationError:
        return 0
    if log.policy is None or log.note is None:
        return 0
    return (log.policy.past(log.policy.cosigned(log.note)) or 0) * 1000
