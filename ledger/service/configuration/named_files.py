"""The files that settings name, as this account can read them. Commands that use a file report it too; `doctor` and
`config --check` find its fault before a server starts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ledger.errors import ConfigurationError
from ledger.service.settings import Settings

NAMED: Final = ("policy", "tls_cert", "tls_key", "ca", "metrics_token_file")
"""The settings that name a file which a server reads. Anchor and home are places where it writes."""
_LEAST: Final = 16


def file_faults(settings: Settings) -> Iterator[ConfigurationError]:
    """A fault for each named file that this account cannot read, or that holds no tokens."""
    for name in NAMED:
        path: Path | None = getattr(settings, name)
        try:
            if name == "metrics_token_file":
                read_tokens(path)
            elif path is not None:
                path.open("rb").close()
        except OSError as error:
            yield ConfigurationError(f"cannot read {path}, which `{name}` names: {error.strerror}", field=name,
                                     value=path, rule="a file that the account of the server can read")
        except ConfigurationError as error:
            yield error


def read_tokens(path: Path | None) -> list[bytes]:
    """The tokens that read the metrics; an empty list without a file. Raises ConfigurationError for a file that cannot
    be read or has no tokens."""
    if path is None:
        return []
    try:
        tokens = path.read_bytes().split()
    except OSError as error:
        raise ConfigurationError(f"cannot read the tokens of the metrics in {path}: {error.strerror}",
                                 field="metrics_token_file", value=path,
                                 rule="a file that the account of the server can read") from None
    if not tokens or min(map(len, tokens)) < _LEAST:
        raise ConfigurationError(
            f"{path} has no token, or one that can be guessed", field="metrics_token_file", value=path,
            rule=f"a line of at least {_LEAST} characters without spaces, such as `openssl rand -hex 32` writes")
    return tokens
