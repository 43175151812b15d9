"""The offline verifier: one HTML file with the modules of `clients/javascript` inside, which opens from disk.

The modules are joined without a bundler. Each becomes a function that gets its imports from the functions before it, so
that names of one module never meet names of another. Only the forms of `import` and `export` that our modules use are
known; any other form raises ValueError, so a change of the modules cannot make a file that fails in the browser. The
content policy names the digest of the script and of the stylesheet: the file runs nothing else, wherever it is opened.
"""

import base64
import hashlib
import re
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from posixpath import dirname, join, normpath
from typing import Final, NamedTuple

FILE_NAME: Final = "carbon-ledger-verifier.html"
_IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";\n', re.M)
_EXPORT: Final = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.M)
_OTHER: Final = re.compile(r"^(?:import|export)\b", re.M)
_UNSAFE: Final = re.compile(r"</script|</style|<!--|\r|\0", re.I)


class _Module(NamedTuple):
    """`imports`: the names in braces by the path of their module."""

    body: str
    imports: tuple[tuple[str, str], ...]
    exports: tuple[str, ...]


@cache
def offline_verifier() -> bytes:
    """The file. It has the same bytes on every machine."""
    script, style = f"\n{joined_modules()}", f"\n{_source('verifier/style.css')}"
    for text in (script, style):
        if _UNSAFE.search(text):
            raise ValueError("the text would end its element")
    values = {"script": script, "style": style, "script-digest": _digest(script), "style-digest": _digest(style),
              "version": version("carbon-ledger")}
    page = re.sub(r"\{\{([\w-]+)\}\}", lambda place: values[place[1]], _source("verifier/page.html"))
    return page.encode()


@cache
def verifier_digest() -> str:
    """SHA-256 of the file, in hexadecimal digits."""
    return hashlib.sha256(offline_verifier()).hexdigest()


def joined_modules(entrance: str = "verifier/app.js") -> str:
    """All modules that a page needs as one script, each after the modules that it imports. `entrance`: the module that
    begins."""
    modules: dict[str, _Module] = {}
    _collect(entrance, modules, ())
    names = {path: f"module{number}" for number, path in enumerate(modules)}
    return "\n".join([_wrapped(path, module, modules, names) for path, module in modules.items()])


def _collect(path: str, modules: dict[str, _Module], within: tuple[str, ...]) -> None:
    if path in within:
        raise ValueError(f"the modules import each other: {' '.join([*within, path])}")
    if path in modules:
        return
    module = _parsed(path)
    for _, other in module.imports:
        _collect(other, modules, (*within, path))
    modules[path] = module


def _parsed(path: str) -> _Module:
    text = _source(path)
    imports = tuple([(names, normpath(join(dirname(path), other))) for names, other in _IMPORT.findall(text)])
    body = _EXPORT.sub("", _IMPORT.sub("", text))
    other = _OTHER.search(body)
    if other is not None:
        raise ValueError(f"{path}: unknown form of import or export: {body[other.start() :].partition(chr(10))[0]}")
    return _Module(body, imports, tuple(_EXPORT.findall(text)))


def _wrapped(path: str, module: _Module, modules: dict[str, _Module], names: dict[str, str]) -> str:
    lines = [f"// {path}", f"const {names[path]} = (() => {{"]
    for imported, other in module.imports:
        pairs = [re.split(r" as ", name.strip()) for name in imported.split(",") if name.strip()]
        missing = [pair[0] for pair in pairs if pair[0] not in modules[other].exports]
        if missing:
            raise ValueError(f"{path}: {other} does not export {', '.join(missing)}")
        lines.append(f"const {{ {', '.join([': '.join(pair) for pair in pairs])} }} = {names[other]};")
    return "\n".join([*lines, module.body, f"return {{ {', '.join(module.exports)} }};", "})();", ""])


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _source(path: str) -> str:
    packed = files("ledger").joinpath("_javascript")
    # In the source tree the modules stand where people look for them.
    folder = packed if packed.is_dir() else files("ledger").joinpath("..", "clients", "javascript")
    return folder.joinpath(*path.split("/")).read_text(encoding="utf-8")
