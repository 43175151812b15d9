"""The demo's section on access: the same question by a buyer, a competitor, and a verifier with a grant."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET
from rich.table import Table

from ledger.answers.stored import FootprintAnswer, RecordAnswer
from ledger.cli.client import Client
from ledger.cli.console import show
from ledger.cli.demo.actors import ACTORS, REGISTRAR, Actor
from ledger.cli.demo.writing import StoryStep
from ledger.client.login import KeyLogin
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    AnyRecord,
    AppointedReader,
    Grant,
    GrantRevocation,
    Organization,
    Transfer,
    Transformation,
)
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.errors import NotFound, VerificationError

AUDITOR: Final = Actor("auditor", "Qinhuai Audits (demo)", "秦淮审计（演示）", "", "")
"""Whom the registrar lets read everything."""
VERIFIER: Final = Actor("verifier", "Xuanwu Verification (demo)", "玄武核查（演示）", "", "")
"""To whom the electric steel mill grants its records for a time."""
_MILL, _BUYER, _COMPETITOR = "arc-mill", "forge", "blast-mill"
_DAYS: Final = 30
Post = Callable[[list[StoryStep]], object]


class Signers(NamedTuple):
    """`keys`: by actor, with the auditor's, the verifier's and the registrar's. `registrar`: its id."""

    keys: Mapping[str, SigningKey]
    origin: str
    nonce: Callable[[], str]
    registrar: str


def reading_steps(signers: Signers) -> list[StoryStep]:
    """The records that enrol both, let the auditor read everything, and let the verifier read the mill's records."""
    until = (datetime.now(UTC) + timedelta(days=_DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        _enrolled(signers, AUDITOR), _enrolled(signers, VERIFIER),
        StoryStep(REGISTRAR, AppointedReader(
            issuer=signers.registrar, nonce=signers.nonce(), organization=AUDITOR.id, purpose="audit of the ledger",
        ), f"{AUDITOR.en} may read everything"),
        StoryStep(_MILL, Grant(
            issuer=ACTORS[_MILL].id, nonce=signers.nonce(), grantee=VERIFIER.id, depth="full", until=until,
            purpose="verification",
        ), f"{VERIFIER.en} may read the mill's records"),
    ]


def _enrolled(signers: Signers, actor: Actor) -> StoryStep:
    key = public_key(signers.keys[actor.name], signers.origin, actor.id)
    return StoryStep(REGISTRAR, Organization(
        issuer=signers.registrar, nonce=signers.nonce(), id=actor.id, keys=[key], names={"en": actor.en,
                                                                                         "zh": actor.zh},
    ), f"{actor.en} is enrolled")


def show_sights(url: str, signers: Signers, steps: list[StoryStep], post: Post) -> None:
    """Prints how much each of them sees of the mill's steel. Raises VerificationError if one sees more, or less."""
    sent = _first(steps, lambda record: isinstance(record, Transfer) and record.issuer == ACTORS[_MILL].id
                  and record.to == ACTORS[_BUYER].id)
    heat = _first(steps, lambda record: isinstance(record, Transformation) and record.issuer == ACTORS[_MILL].id)
    lot, digest = sent.new_lot if isinstance(sent, Transfer) else "", _digest(heat)

    def asked(actor: str) -> tuple[str, str]:
        with Client(url, auth=KeyLogin(signers.keys[actor])) as client:
            return _figure(client, lot), _recipe(client, digest)

    table = Table("", "the steel's figure", "the mill's recipe", box=None, pad_edge=False)
    rows = [(f"{ACTORS[_BUYER].en}, which bought it", asked(_BUYER)),
            (f"{ACTORS[_COMPETITOR].en}, a competitor", asked(_COMPETITOR)),
            (f"{VERIFIER.en}, by the mill's grant", asked(VERIFIER.name))]
    grant = _first(steps, lambda record: isinstance(record, Grant))
    post([StoryStep(_MILL, GrantRevocation(issuer=ACTORS[_MILL].id, nonce=signers.nonce(), grant=_digest(grant)),
                    "the grant is revoked")])
    rows.append(("the same, after its revocation", asked(VERIFIER.name)))
    for name, cells in rows:
        table.add_row(name, *cells)
    show(table)
    seen = [tuple(cell != _HIDDEN for cell in cells) for _, cells in rows]
    if seen != [(True, False), (False, False), (True, True), (False, False)]:
        raise VerificationError(f"the callers see {seen} of the mill's steel")


_HIDDEN: Final = "nothing"


def _figure(client: Client, lot: str) -> str:
    try:
        answer = client.get("/v1/footprint", FootprintAnswer, lot=lot)
    except NotFound:
        return _HIDDEN
    return f"{answer.footprint_per_unit:,.1f} kg CO2e per t, {answer.title}"


def _recipe(client: Client, digest: str) -> str:
    try:
        record = client.get(f"/v1/records/{digest}", RecordAnswer)
    except NotFound:
        return _HIDDEN
    if record.body is UNSET:
        return _HIDDEN
    made = msgspec.json.decode(record.body, type=Transformation)
    return f"inputs {len(made.inputs)}, supplies {len(made.supplies)}"


def _first(steps: list[StoryStep], fits: Callable[[AnyRecord], bool]) -> AnyRecord:
    return next(step.record for step in steps if fits(step.record))


def _digest(record: AnyRecord) -> str:
    return canonical.digest(canonical.encode(record)).hex()
