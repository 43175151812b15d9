"""The file that leads a browser to the page of the login. Arguments of a browser stand in lists of processes, and the
addresses that it visits in its history. So the code is in a file that only its user can read, and leaves in a form."""

import html
import os
from pathlib import Path
from typing import Final

from ledger.cli.identity.sessions import sessions_folder
from ledger.errors import ConfigurationError
from ledger.host.files.durable import replace

_FILE: Final = "browser.html"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>carbon-ledger</title></head>
<body>
<form method="post" action="{address}"><input type="hidden" name="code" value="{code}"><button>Log in</button></form>
<script>document.forms[0].submit();</script>
</body>
</html>
"""


def language() -> str:
    """The language of pages for the user's locale."""
    spoken = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "zh" if spoken.lower().startswith("zh") else "en"


def write_opening(address: str, code: str, file: Path | None) -> Path:
    """Writes the file, of mode 0600, that posts the code to this address. The code in an older one has ended. Raises
    ConfigurationError."""
    path = (file or sessions_folder() / _FILE).absolute()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(path, _PAGE.format(address=html.escape(address), code=html.escape(code)).encode())
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}", field="browser-file", value=path) from None
    return path
