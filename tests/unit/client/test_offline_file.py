"""The offline verifier is one file, the same on every machine, that runs its own script and no other."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from support.cli import run
from support.javascript import run_node

from ledger.client.verify import offline_file
from ledger.client.verify.offline_file import FILE_NAME, joined_modules, offline_verifier, verifier_digest

SOURCES: Final = Path(__file__).parents[3] / "clients" / "javascript"
PRINTS: Final = "from ledger.client.verify.offline_file import verifier_digest; print(verifier_digest())"


def page() -> str:
    return offline_verifier().decode()


def element(name: str) -> str:
    """The content of the only element of this name."""
    (content,) = re.findall(f"<{name}[^>]*>(.*?)</{name}>", page(), re.S)
    return str(content)


def test_other_processes_write_the_same_bytes() -> None:
    for seed in ("1", "2"):
        done = subprocess.run([sys.executable, "-c", PRINTS], env={"PYTHONHASHSEED": seed, "PATH": "", "LANG": "C"},
                              capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.strip() == verifier_digest()


def test_the_command_prints_the_digest_of_the_file(tmp_path: Path) -> None:
    done = run("export", "verifier", cwd=tmp_path).succeeded()
    assert done.out == f"{FILE_NAME}: SHA-256 {verifier_digest()}\n"
    assert hashlib.sha256((tmp_path / FILE_NAME).read_bytes()).hexdigest() == verifier_digest()
    again = run("export", "verifier", "--out", "other.html", "--json", cwd=tmp_path).succeeded()
    assert json.loads(again.out) == {"file": "other.html", "sha256": verifier_digest()}
    assert (tmp_path / "other.html").read_bytes() == offline_verifier()


def test_the_policy_allows_its_own_script_and_style_alone() -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page())
    digests = {name: base64.b64encode(hashlib.sha256(element(name).encode()).digest()).decode()
               for name in ("script", "style")}
    assert policy.split("; ") == [
        "default-src 'none'", f"script-src 'sha256-{digests['script']}'", f"style-src 'sha256-{digests['style']}'",
        "connect-src http: https:", "base-uri 'none'", "form-action 'none'",
    ]
    assert re.findall(r"<script|<style|<noscript", page()) == ["<style", "<noscript", "<script"]
    assert re.findall(r"\s(?:src|href|style|on\w+)=\"(?!#)[^\"]*\"", page().replace(element("script"), "")) == []


def test_each_module_stands_in_it_as_in_its_file() -> None:
    script = element("script")
    names = re.findall(r"^// ([\w/.]+)$", script, re.M)
    assert {"src/statement.js", "src/edwards.js", "verifier/app.js"} <= set(names)
    assert not re.search(r"^(?:import|export)\b", script, re.M)
    for name in names:
        text = (SOURCES / name).read_text(encoding="utf-8")
        body = re.sub(r'^import \{[^}]*\} from "[^"]+";\n', "", text, flags=re.M)
        assert re.sub(r"^export ", "", body, flags=re.M) in script, name


def test_the_script_is_a_module_that_parses() -> None:
    done = run_node("--check", "--input-type=module", "-", stdin=joined_modules())
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("modules", "fault"), [
    ({"verifier/app.js": 'import "./a.js";\n'}, "unknown form"),
    ({"verifier/app.js": "export default 1;\n"}, "unknown form"),
    ({"verifier/app.js": 'export * from "./a.js";\n'}, "unknown form"),
    ({"verifier/app.js": 'import { b } from "./a.js";\n', "verifier/a.js": "export const a = 1;\n"},
     "does not export b"),
    ({"verifier/app.js": 'import { a } from "./a.js";\n', "verifier/a.js": 'import { b } from "./app.js";\n'},
     "import each other"),
])
def test_other_forms_of_modules_are_refused(
    monkeypatch: pytest.MonkeyPatch, modules: Mapping[str, str], fault: str
) -> None:
    monkeypatch.setattr(offline_file, "_source", modules.__getitem__)
    with pytest.raises(ValueError, match=fault):
        joined_modules()


def test_names_of_modules_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {
        "verifier/app.js": 'import { a as other, b } from "../src/a.js";\nconst a = 1;\nconsole.log(a, other, b());\n',
        "src/a.js": "export const a = 2;\nconst hidden = 3;\nexport function b() {\n  return hidden;\n}\n",
    }
    monkeypatch.setattr(offline_file, "_source", modules.__getitem__)
    assert run_node("--input-type=module", "-", stdin=joined_modules()).stdout == "1 2 3\n"


def test_a_text_that_would_end_its_element_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    source = {"verifier/app.js": 'const a = "</ScRiPt>";\n', "verifier/style.css": "", "verifier/page.html": ""}
    monkeypatch.setattr(offline_file, "_source", source.__getitem__)
    with pytest.raises(ValueError, match="end its element"):
        offline_verifier.__wrapped__()
