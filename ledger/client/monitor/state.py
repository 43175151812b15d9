"""The state of a monitor between looks: the last verified checkpoint, its tree, and the keys entered so far."""

import base64
from pathlib import Path

import msgspec
from msgspec import Struct

from ledger.client.monitor.accesses import KeptAccesses
from ledger.core.log.frontier import Frontier
from ledger.errors import ConfigurationError, InvalidInput


class MonitorState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`note`: the last checkpoint, None before the first look. `frontier`: base64 of the tree's right edge. `keys`: all
    keys that the log has entered, as base64 SPKI by hex keyid. `ahead`: the notes, by witness, that the witness has
    cosigned and the log has not shown yet. `rotations`: the rotation notes of the log's own key. `policy`: the digest
    of the witness policy that the log says is in force. `accesses`: the days of the access log."""

    origin: str
    note: str | None = None
    frontier: str = base64.b64encode(Frontier().to_bytes()).decode()
    keys: dict[str, str] = {}
    ahead: dict[str, str] = {}
    rotations: list[str] = []
    policy: str | None = None
    accesses: KeptAccesses = KeptAccesses()

    def tree(self) -> Frontier:
        return Frontier.from_bytes(base64.b64decode(self.frontier))


def load_state(path: Path, origin: str) -> MonitorState:
    """The state in a file, or a new state if the file does not exist. Raises ConfigurationError if the file is not a
    state of this log."""
    try:
        state = msgspec.json.decode(path.read_bytes(), type=MonitorState)
        state.tree()
    except FileNotFoundError:
        return MonitorState(origin=origin)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", field="state", value=path) from error
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidInput, ValueError) as error:
        raise ConfigurationError(f"{path} is not the state of a monitor: {error}", field="state", value=path) from error
    if state.origin != origin:
        raise ConfigurationError(f"{path} is the state of log {state.origin}, not of {origin}", field="state",
                                 value=path)
    return state
