"""The value in force of each setting: an option wins over the environment, which wins over the settings file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from ledger.core.urls import HIDDEN, shown
from ledger.errors import ConfigurationError
from ledger.service.configuration.catalogue import CONFIG, SETTINGS, Setting, unknown_variables
from ledger.service.configuration.file import NAME, SettingsFile, read_file
from ledger.service.limits import ClientLimits
from ledger.service.settings import Settings

_LIMITS: Final = "limits."


class SettingSource(NamedTuple):
    """`place`: the option, the variable, or path and key of the file, such as `/etc/ledger.toml:workers`."""

    kind: Literal["option", "environment", "file", "default"]
    place: str = ""


class SettingInForce(NamedTuple):
    """`text`: the value in the spelling of the environment; None if the default applies. `value`: None if the text is
    wrong, or the default applies."""

    setting: Setting
    source: SettingSource = SettingSource("default")
    text: str | None = None
    value: object = None

    @property
    def shown(self) -> str | None:
        """The value without secrets; None if the setting has no value."""
        if self.text is None:
            return self.setting.default
        return HIDDEN if self.setting.secret else shown(self.text) if "://" in self.text else self.text


class Configuration(NamedTuple):
    """All settings of a command. `file`: the settings file, if there is one. `looked_for`: the path where it was
    expected. `unknown`: variables that look like settings, but are not."""

    settings: tuple[SettingInForce, ...]
    file: Path | None
    looked_for: Path
    faults: tuple[ConfigurationError, ...]
    unknown: list[str]

    def checked(self) -> Settings:
        """The settings as values. Raises ConfigurationError: the only fault, or an error whose parts are the faults."""
        if len(self.faults) == 1:
            raise self.faults[0]
        if self.faults:
            error = ConfigurationError(f"{len(self.faults)} faults in the settings", code="invalid-settings")
            error.parts = self.faults
            raise error
        fields = {one.setting.field: one.value for one in self.settings
                  if one.setting.field is not None and one.value is not None}
        limits: dict[str, Any] = {name.removeprefix(_LIMITS): value for name, value in fields.items()
                                  if name.startswith(_LIMITS)}
        others: dict[str, Any] = {name: value for name, value in fields.items() if not name.startswith(_LIMITS)}
        return Settings(limits=ClientLimits(**limits), **others)


def resolve(options: Mapping[str, str], environment: Mapping[str, str], default_home: Path) -> Configuration:
    """The settings in force. `options`: values of options by the name of their setting. Faults are in the result."""
    home = Path(options.get("home") or environment.get("CARBON_LEDGER_HOME") or default_home).expanduser().absolute()
    chosen = environment.get(CONFIG) or None
    path = home / NAME if chosen is None else Path(chosen).expanduser().absolute()
    file = read_file(path, required=chosen is not None, own_home=chosen is None)
    faults = list(file.faults)
    in_force = [_in_force(setting, options, environment, file, faults) for setting in SETTINGS]
    if in_force[0].value is None:
        in_force[0] = in_force[0]._replace(text=str(home), value=home)
    return Configuration(tuple(in_force), file.path, path, tuple(faults), unknown_variables(environment))


def settings_from(environment: Mapping[str, str], default_home: Path) -> Settings:
    """The settings of an environment, and of the settings file that it leads to. Raises ConfigurationError."""
    return resolve({}, environment, default_home).checked()


def _in_force(
    setting: Setting, options: Mapping[str, str], environment: Mapping[str, str], file: SettingsFile,
    faults: list[ConfigurationError],
) -> SettingInForce:
    """The value in force. Adds a fault if it is wrong, and a fault for a wrong value in the file even if another value
    overrides it."""
    filed = None
    if file.path is not None and setting.name in file.texts:
        place = SettingSource("file", f"{file.path}:{setting.name}")
        filed = _read(setting, place, file.texts[setting.name], file.path.parent, faults)
    if setting.name in options:
        source = SettingSource("option", setting.option or "")
        return _read(setting, source, options[setting.name], Path.cwd(), faults)
    variable = setting.variable_name or ""
    if environment.get(variable):
        return _read(setting, SettingSource("environment", variable), environment[variable], Path.cwd(), faults)
    return filed or SettingInForce(setting)


def _read(
    setting: Setting, source: SettingSource, text: str, folder: Path, faults: list[ConfigurationError]
) -> SettingInForce:
    try:
        return SettingInForce(setting, source, text, setting.kind.read(text, folder))
    except ValueError:
        # An address may hold a password at any place if it is malformed.
        value = HIDDEN if setting.secret or setting.name == "database_url" else shown(text)
        faults.append(ConfigurationError(f"{source.place} is {value!r}: it must be {setting.kind.allowed}",
                                         field=setting.name, value=value, rule=setting.kind.allowed))
        return SettingInForce(setting, source, text)
