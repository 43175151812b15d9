"""The steps of `key rotate-log` and `key rotate-tokens`, which need the packages of the server."""

import time

from ledger.cli.operator.opened import opened_database
from ledger.core.log.key_rotation import Rotation
from ledger.core.log.policy import Policy
from ledger.service.heads.heads import heads_of
from ledger.service.heads.keyring import key_file, vkey_of
from ledger.service.heads.rotation import begin, finish, prepare
from ledger.service.identity.token_keys import TokenKeys
from ledger.service.settings import Settings
from ledger.service.witnesses.policy_file import read_policy


async def rotate(settings: Settings, step: str) -> dict[str, object]:
    """Does one step (`prepare`, `begin` or `finish`) and returns the lines of its report."""
    async with opened_database(settings) as (pool, keyring), pool.acquire() as connection:
        heads = heads_of(settings, keyring, pool)
        # Read the policy before the step: a malformed policy must not fail the command after the rotation.
        policy = None if settings.policy is None else read_policy(settings.policy, keyring.keys)
        if step == "prepare":
            new_key = prepare(settings, heads)
            file = key_file(settings.home, len(keyring.keys.spans) + 1)
            return {"new": vkey_of(new_key), "file": str(file), **_next(policy, ended=False)}
        rotation = await (begin(connection, settings, heads) if step == "begin" else finish(connection, heads))
        return {**_summary(rotation), **_next(policy, ended=not rotation.begins)}


async def replace_token_key(settings: Settings) -> int:
    """The number of the new key of access tokens. Servers follow at the next request."""
    async with opened_database(settings) as (pool, keyring):
        return (await TokenKeys(pool, keyring, time.time).replace()).number


def _summary(rotation: Rotation) -> dict[str, object]:
    signs = "both" if rotation.begins else "the new key"
    return {"old": rotation.old, "new": rotation.new, "size": rotation.size, "signs": signs}


def _next(policy: Policy | None, *, ended: bool) -> dict[str, str]:
    """The operator's next step: a witness knows the configured vkeys only and does not follow rotations."""
    if policy is None or not policy.witnesses:
        return {}
    names = ", ".join(one.name if one.url is None else f"{one.name} ({one.url})" for one in policy.witnesses)
    return {"next": f"ask these witnesses to remove the old vkey from their logs: {names}" if ended else
            f"ask these witnesses to add the new vkey to their logs before --finish: {names}"}
