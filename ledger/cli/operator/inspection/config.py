"""`config`: lists the settings with their values in force and where each value comes from, and checks them."""

from pathlib import Path

import click
from msgspec import Struct
from rich.table import Table

from ledger.cli.console import CommandProblem, explained, json_option, print_json, problem_of, say, show, stacked
from ledger.cli.environment import configuration, home_option
from ledger.cli.files import passphrase_file_option
from ledger.service.configuration.named_files import file_faults
from ledger.service.configuration.resolve import Configuration, SettingInForce


class SettingAnswer(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A setting. `value` is redacted, and absent if the setting has no value. `source`: `option`, `environment`, `file`
    or `default`, with `place`: the option, the variable, or path and key of the file."""

    name: str
    source: str
    meaning: str
    allowed: str
    value: str | None = None
    place: str | None = None
    default: str | None = None
    variable: str | None = None
    option: str | None = None
    in_file: bool = True


class ConfigurationAnswer(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`file` is absent if there is no settings file. `unknown`: variables that look like settings, but are not."""

    ok: bool
    settings: list[SettingAnswer]
    faults: list[CommandProblem]
    unknown: list[str] = []
    file: str | None = None


@click.command()
@click.option("--check", is_flag=True, help="Only check the settings: print nothing but faults.")
@home_option
@passphrase_file_option
@json_option
def config(check: bool, home: Path | None, passphrase_file: Path | None, as_json: bool) -> int:
    """List the settings: value in force, source, meaning, values allowed. Exit code 1 if a setting is wrong.

    An option wins over the environment, which wins over the settings file: the TOML file that CARBON_LEDGER_CONFIG
    names, else `ledger.toml` in the home. Its keys are the names of this list. The account has to be able to read the
    files that settings name: run the command as the server's account. It opens no database; `doctor` checks the
    installation. Passwords and passphrases are not shown.
    """
    resolved = configuration(home, passphrase_file)
    if not resolved.faults:
        resolved = resolved._replace(faults=tuple(file_faults(resolved.checked())))
    answer = _answer(resolved)
    if as_json:
        print_json(answer)
    else:
        if not check:
            show(*_lines(answer, resolved))
        _complain(answer, resolved)
    return 0 if answer.ok else 1


def _answer(resolved: Configuration) -> ConfigurationAnswer:
    return ConfigurationAnswer(
        ok=not resolved.faults, settings=[_setting(value) for value in resolved.settings],
        faults=[problem_of(fault) for fault in resolved.faults], unknown=resolved.unknown,
        file=None if resolved.file is None else str(resolved.file),
    )


def _setting(value: SettingInForce) -> SettingAnswer:
    setting = value.setting
    return SettingAnswer(
        name=setting.name, source=value.source.kind, meaning=setting.meaning, allowed=setting.kind.allowed,
        value=value.shown, place=value.source.place or None, default=setting.default or setting.without,
        variable=setting.variable_name, option=setting.option, in_file=setting.in_file,
    )


def _lines(answer: ConfigurationAnswer, resolved: Configuration) -> list[str | Table]:
    table = Table(box=None, pad_edge=False)
    for title in ("setting", "value", "source", "meaning and values allowed"):
        table.add_column(title, overflow="fold")
    for setting in answer.settings:
        value = f"({setting.default})" if setting.value is None else setting.value
        table.add_row(setting.name, value, stacked([setting.source, *([setting.place] if setting.place else [])]),
                      f"{setting.meaning}: {setting.allowed}")
    where = f"file       {answer.file}" if answer.file else f"file       no settings file ({resolved.looked_for})"
    return [where, "", table]


def _complain(answer: ConfigurationAnswer, resolved: Configuration) -> None:
    for name in answer.unknown:
        say(f"warning: no setting has the variable {name}")
    for fault in resolved.faults:
        say(f"error: {explained(fault)}")
