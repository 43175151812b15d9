"""What a monitor keeps between looks: the last checkpoint that held, the tree below it, and the keys entered so far."""

import base64
from pathlib import Path

import msgspec
from msgspec import Struct

from ledger.core.log.frontier import Frontier
from ledger.errors import ConfigurationError, InvalidInput


class MonitorState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`note`: the last checkpoint, None before the first look. `frontier`: base64 of the tree's right edge. `keys`:
    base64 SPKI by hex keyid, of all keys that the log has entered. `ahead`: notes by witness that they have cosigned
    and the log did not show yet. `rotations`: how the log's own key was rotated, as notes. `policy`: the digest of the
    witness policy that the log says is in force."""

    origin: str
    note: str | None = None
    frontier: str = base64.b64encode(Frontier().to_bytes()).decode()
    keys: dict[str, str] = {}
    ahead: dict[str, str] = {}
    rotations: list[str] = []
    policy: str | None = None

    def tree(self) -> Frontier:
        return Frontier.from_bytes(base64.b64decode(self.frontier))


def load_state(path: Path, origin: str) -> MonitorState:
    """The state in a file, a new one where there is none. Raises ConfigurationError for what is none of this log."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=MonitorState)
        found.tree()
    except FileNotFoundError:
        return MonitorState(origin=origin)
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}", field="state", value=path) from error
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidInput, ValueError) as error:
        raise ConfigurationError(f"{path} holds no state of a monitor: {error}", field="state", value=path) from error
    if found.origin != origin:
        raise ConfigurationError(f"{path} is about the log {found.origin}, not {origin}", field="state", value=path)
    return found
