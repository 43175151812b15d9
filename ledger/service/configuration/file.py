"""Reads a settings file: TOML, with the names of settings as keys. It reports all faults, not only the first."""

import os
import stat
import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ledger.errors import ConfigurationError
from ledger.service.configuration.catalogue import BY_NAME, CONFIG, Setting, nearest
from ledger.service.configuration.kinds import text_of

NAME: Final = "ledger.toml"
"""The settings file in the home."""
_LARGEST: Final = 1 << 20
_TYPES: Final = {
    bool: "a boolean", int: "a whole number", float: "a number", str: "a string", list: "an array", dict: "a table",
}
_EXAMPLES: Final = {int: "a whole number", float: "a number", str: "a string", list: "an array of strings"}


class SettingsFile(NamedTuple):
    """The settings in a file, in the spelling of the environment. `path` is None if there is no file."""

    path: Path | None
    texts: dict[str, str]
    faults: list[ConfigurationError]


def read_file(path: Path, *, required: bool, own_home: bool) -> SettingsFile:
    """Reads a settings file. `required`: it must exist. `own_home`: it was found in the home, so it cannot name the
    home. It never raises: every fault is in the result."""
    try:
        data, status = _bytes_of(path)
    except FileNotFoundError:
        return SettingsFile(None, {}, [_unreadable(path, "there is no such file")] if required else [])
    except OSError as error:
        return SettingsFile(path, {}, [_unreadable(path, error.strerror or str(error))])
    try:
        values = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return SettingsFile(path, {}, [ConfigurationError(f"{path} is not TOML: {error}", field="config", value=path,
                                                          rule="lines such as `renew_seconds = 600`")])
    texts, faults = {}, []
    for name, value in values.items():
        fault = _fault(path, name, value, own_home)
        if fault is None:
            texts[name] = text_of(value)
        else:
            faults.append(fault)
    return SettingsFile(path, texts, [*faults, *_exposed(path, status, texts)])


def _bytes_of(path: Path) -> tuple[bytes, os.stat_result]:
    # Without O_NONBLOCK, opening a pipe would wait for ever.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "it is not a regular file")
        data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise OSError(0, f"it has more than {_LARGEST} bytes")
        return data, status


def _unreadable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(f"cannot read the settings file {path}: {why}", field="config", value=path,
                              rule=f"{CONFIG} names a TOML file; without it, {NAME} in the home may be one")


def _fault(path: Path, name: str, value: Any, own_home: bool) -> ConfigurationError | None:
    setting = BY_NAME.get(name)
    if setting is None or not setting.in_file:
        names = [one.name for one in BY_NAME.values() if one.in_file]
        why = "unknown key" if setting is None else "only clients use it; set it in the environment or by its option:"
        rule = f"such as {nearest(name, names)}; `carbon-ledger config` lists all"
        return ConfigurationError(f"{path}: {why} {name!r}", field=name, rule=rule)
    if name == "home" and own_home:
        return ConfigurationError(f"{path}: home cannot be set by a file in the home", field=name, value=value,
                                  rule=f"set CARBON_LEDGER_HOME or --home, or name the file by {CONFIG}")
    if not _has_type(setting, value):
        wanted = " or ".join(_EXAMPLES[kind] for kind in setting.kind.types)
        return ConfigurationError(f"{path}: {name} is {_TYPES.get(type(value), 'a time')}, not {wanted}", field=name,
                                  rule=setting.kind.allowed)
    if value == "":
        return ConfigurationError(f"{path}: {name} is empty", field=name,
                                  rule=f"{setting.kind.allowed}; remove the line for the default")
    return None


def _has_type(setting: Setting, value: Any) -> bool:
    if isinstance(value, list):
        return list in setting.kind.types and all(isinstance(item, str) for item in value)
    return isinstance(value, setting.kind.types) and not isinstance(value, bool)


def _exposed(path: Path, status: os.stat_result, texts: dict[str, str]) -> list[ConfigurationError]:
    """A fault if the file holds a secret that other accounts can read. Like PostgreSQL for key files: mode 0600, or
    0640 if root owns the file."""
    secrets = [name for name, text in texts.items() if BY_NAME[name].secret or has_password(text)]
    if not secrets or not status.st_mode & (0o037 if status.st_uid == 0 else 0o077):
        return []
    return [ConfigurationError(
        f"{path} holds a secret ({', '.join(secrets)}), but other accounts can read it (mode "
        f"{stat.S_IMODE(status.st_mode):04o})", code="secret-exposed", field="config",
        rule=f"chmod 600 '{path}', and replace the secret if others may have read it",
    )]


def has_password(url: str) -> bool:
    """Whether the address of a database has a password in it."""
    try:
        parts = urlsplit(url)
        return bool(parts.scheme) and (
            parts.password is not None or any(name.lower() == "password" for name, _ in parse_qsl(parts.query)))
    except ValueError:
        return True
