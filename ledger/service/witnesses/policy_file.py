"""Reads the policy of a log from its file, and checks that the log can be published by it."""

from pathlib import Path

from ledger.client.http import address_of
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.note import vkey
from ledger.core.log.policy import Policy, parse_policy
from ledger.errors import ConfigurationError, InvalidInput


def read_policy(path: Path, keys: LogKeys) -> Policy:
    """The policy in a file, for the log with these keys; it may name any of them. Raises ConfigurationError if it
    cannot be read, is for other logs, or its quorum needs witnesses without an address."""
    try:
        policy = parse_policy(path.read_bytes())
    except OSError as error:
        raise _unfit(path, str(error.strerror)) from error
    except InvalidInput as error:
        raise _unfit(path, error.message, error.field, error.value, error.rule) from error
    named = {one.key_hash for one in policy.log(keys.origin)}
    if policy.logs and not named & {span.verifier.key_hash for span in keys.spans}:
        raise _unfit(path, f"names logs, but not {keys.origin} with its key", "log.vkey",
                     ", ".join(vkey(one.verifier.name, one.verifier.key) for one in policy.logs),
                     f"its key is {keys.spans[-1].vkey}")
    addressed = [one.name for one in policy.witnesses if one.url is not None]
    for witness in policy.witnesses:
        try:
            if witness.url is not None:
                address_of(witness.url, "witness.url")
        except InvalidInput as error:
            raise _unfit(path, f"the address of witness {witness.name} is not http:// or https://", error.field,
                         error.value, error.rule) from error
    if not policy.satisfied(addressed):
        listed = f"only these have an address: {', '.join(addressed)}" if addressed else "no witness has an address"
        raise _unfit(path, f"the witnesses with an address do not form a quorum; {listed}", "quorum",
                     policy.quorum, "the log asks the witnesses of the quorum, so they need an address")
    return policy


def _unfit(
    path: Path, why: str, field: str | None = "policy", value: object = None, rule: str | None = None
) -> ConfigurationError:
    return ConfigurationError(f"CARBON_LEDGER_POLICY {path}: {why}", code="invalid-policy", field=field, value=value,
                              rule=rule)
