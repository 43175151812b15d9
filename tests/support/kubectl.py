"""`kubectl` and `helm` for a namespace of `support.namespace`, and `carbon-ledger`: programs on PATH for scripts.

They know the verbs and the flags that the chart's runbooks use, and refuse all others, so that no script passes by
accident. Each passes its words to the process of the tests, which answers with output and exit code.
"""

import base64
import fnmatch
import json
import os
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from helm_python import HelmError

from support import prefork
from support.manifests import CHART, NAMESPACE, merged
from support.namespace import SERVER, Namespace

_PROGRAM: Final = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({socket!r})
    asked.sendall(json.dumps([{name!r}, sys.argv[1:], os.getcwd(), dict(os.environ)]).encode())
    asked.shutdown(socket.SHUT_WR)
    code, out, err = json.loads(b"".join(iter(lambda: asked.recv(65536), b"")))
sys.stdout.write(out)
sys.stdout.flush()
sys.stderr.write(err)
sys.exit(code)
"""


class Refused(Exception):
    """What the program prints on stderr, before it ends with code 1."""


class Answer(NamedTuple):
    code: int
    out: str = ""
    err: str = ""


class Words(NamedTuple):
    """A command line: words, and values by flag."""

    words: list[str]
    flags: Mapping[str, list[str]]

    def take(self, *patterns: str) -> list[str]:
        """The words, which must match the patterns one by one."""
        if len(self.words) != len(patterns) or not all(map(fnmatch.fnmatchcase, self.words, patterns)):
            raise Refused(f"error: unknown command: {' '.join(self.words)}")
        return self.words

    def flag(self, name: str) -> str:
        (value,) = self.flags.get(name, [""])
        return value


def parsed(arguments: Sequence[str], known: Sequence[str]) -> Words:
    """Refuses a flag that is not known, or has no value."""
    words: list[str] = []
    flags: dict[str, list[str]] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            words.append(word)
            continue
        name, equals, value = word.partition("=")
        if name not in known or (not equals and not rest):
            raise Refused(f"error: unknown flag: {word}")
        flags.setdefault(name, []).append(value if equals else rest.pop(0))
    return Words(words, flags)


class Kubectl:
    """Answers for `namespace`. Raises Refused."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._deployment = f"deployment/{namespace.release}"
        self._verbs: Mapping[str, tuple[Sequence[str], Callable[[Words], str]]] = {
            "get": (("-l", "-o"), self._get), "scale": (("--replicas",), self._scale),
            "rollout": (("--timeout",), self._rollout), "wait": (("--for", "-l", "--timeout"), self._wait),
            "create": (("--from-file", "--from"), self._create), "patch": (("--patch-file",), self._patch),
            "logs": ((), self._logs),
        }

    def run(self, arguments: Sequence[str]) -> Answer:
        if tuple(arguments[:2]) != ("-n", NAMESPACE):
            raise Refused(f"error: the first words must be -n {NAMESPACE}")
        verb, *rest = arguments[2:]
        if verb == "exec":
            return self._exec(rest)
        if verb not in self._verbs:
            raise Refused(f"error: unknown command: {verb}")
        flags, answer = self._verbs[verb]
        return Answer(0, answer(parsed(rest, flags)))

    def _exec(self, arguments: Sequence[str]) -> Answer:
        target, container, name, dashes, *words = [*arguments, "", "", "", ""]
        words = words[: len(arguments) - 4]
        if (container, name, dashes) != ("-c", SERVER, "--") or not words:
            raise Refused(f"error: unknown command: exec {' '.join(arguments)}")
        try:
            pod = self._namespace.serving() if target == self._deployment else self._pod(target)
            done = pod.executed(SERVER, *words)
        except LookupError as missing:
            raise Refused(f"error: {missing}") from None
        return Answer(done.returncode, done.stdout, done.stderr)

    def _pod(self, target: str) -> Any:
        (server,) = [server for server in self._namespace.servers if target == f"pod/{server.name}"]
        if server.pod is None:
            raise Refused("error: the pod does not run")
        return server.pod

    def _get(self, asked: Words) -> str:
        match asked.words, asked.flag("-o"):
            case ["pods"], "name":
                return "".join(f"pod/{pod.name}\n" for pod in self._selected(_required(asked, "-l")))
            case ["pods"], "":
                return "".join(f"{pod.name} Running\n"
                               for pod in self._selected(_required(asked, "-l")))
            case [self._deployment], "jsonpath={.spec.replicas}":
                return str(self._namespace.replicas)
            case ["secret", name], "" if name in self._namespace.secrets:
                return f"{name} Opaque\n"
            case ["secret", name], "":
                raise Refused(f'Error from server (NotFound): secrets "{name}" not found')
        raise Refused(f"error: unknown command: get {asked}")

    def _selected(self, selector: str) -> list[Any]:
        workloads = [*self._namespace.servers, *self._namespace.jobs.values()]
        return [workload for workload in workloads if _matches(selector, workload.labels)]

    def _scale(self, asked: Words) -> str:
        asked.take(self._deployment)
        self._namespace.scale(int(asked.flag("--replicas")))
        return f"{asked.words[0]} scaled\n"

    def _rollout(self, asked: Words) -> str:
        match asked.words, list(asked.flags):
            case ["restart", self._deployment], []:
                self._namespace.restart()
                return f"{self._deployment} restarted\n"
            case ["status", self._deployment], ["--timeout"]:
                _until(self._namespace.is_rolled_out, asked)
                return f"{self._deployment} successfully rolled out\n"
        raise Refused(f"error: unknown command: rollout {asked}")

    def _wait(self, asked: Words) -> str:
        match asked.flag("--for"), asked.words:
            case "delete", ["pod"]:
                _until(lambda: not self._selected(_required(asked, "-l")), asked)
            case "condition=complete", ["job"]:
                jobs = self._selected(_required(asked, "-l"))
                if not jobs:
                    raise Refused("error: no matching resources found")
                _until(lambda: all(job.complete for job in jobs), asked)
            case "condition=complete", [word] if word.startswith("job/"):
                _until(lambda: self._job(word).complete, asked)
            case _:
                raise Refused(f"error: unknown command: wait {asked}")
        return "condition met\n"

    def _job(self, word: str) -> Any:
        try:
            return self._namespace.jobs[word.removeprefix("job/")]
        except KeyError:
            raise Refused(f'Error from server (NotFound): jobs "{word}" not found') from None

    def _create(self, asked: Words) -> str:
        match asked.words, list(asked.flags):
            case ["secret", "generic", name], ["--from-file"] if name not in self._namespace.secrets:
                pairs = [pair.partition("=") for pair in asked.flags["--from-file"]]
                self._namespace.secrets[name] = {key: Path(file).read_text(encoding="utf-8") for key, _, file in pairs}
                return f"secret/{name} created\n"
            case ["job", name], ["--from"]:
                kind, _, cron_job = asked.flag("--from").partition("/")
                if kind != "cronjob" or len(name) > 63:
                    raise Refused(f"error: cannot create the job {name} from a {kind}")
                self._namespace.start_dump(name, cron_job)
                return f"job.batch/{name} created\n"
        raise Refused(f"error: cannot create {asked}")

    def _patch(self, asked: Words) -> str:
        _, name = asked.take("secret", "*")
        patch = json.loads(Path(_required(asked, "--patch-file")).read_text(encoding="utf-8"))
        if list(patch) != ["data"] or name not in self._namespace.secrets:
            raise Refused(f'Error from server: cannot patch the secret "{name}"')
        secret = dict(self._namespace.secrets[name])
        for key, value in patch["data"].items():
            if value is None:
                secret.pop(key, None)
            else:
                secret[key] = base64.b64decode(value, validate=True).decode()
        self._namespace.secrets[name] = secret
        return f"secret/{name} patched\n"

    def _logs(self, asked: Words) -> str:
        (word,) = asked.take("job/*")
        return str(self._job(word).output)


class Helm:
    """`upgrade` alone. The values of earlier releases do not count, as with Helm if any are given."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace

    def run(self, arguments: Sequence[str]) -> Answer:
        asked = parsed(arguments, ("-n", "-f"))
        _, _, chart = asked.take("upgrade", self._namespace.release, "*")
        if asked.flag("-n") != NAMESPACE or Path(chart).resolve() != CHART:
            raise Refused("Error: UPGRADE FAILED: another release")
        values: dict[str, Any] = {}
        for file in asked.flags.get("-f", []):
            values = merged(values, yaml.safe_load(Path(file).read_text(encoding="utf-8")))
        try:
            self._namespace.upgrade(values)
        except HelmError as error:
            raise Refused(f"Error: UPGRADE FAILED: {error}") from None
        return Answer(0, f'Release "{self._namespace.release}" has been upgraded.\n')


def local(arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> Answer:
    """The program of this machine."""
    done = prefork.run([*prefork.COMMAND, *arguments], capture_output=True, text=True, cwd=folder,
                       env={**environment, "PYTHONPATH": os.pathsep.join(prefork.PATHS)})
    return Answer(done.returncode, done.stdout, done.stderr)


@contextmanager
def programs(folder: Path, namespace: Namespace) -> Iterator[Path]:
    """A folder for PATH, whose programs answer until the end of the block."""
    kubectl, helm = Kubectl(namespace), Helm(namespace)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            name, arguments, cwd, environment = json.loads(self.rfile.read())
            try:
                answer = (local(arguments, cwd, environment) if name == "carbon-ledger" else
                          (kubectl if name == "kubectl" else helm).run(arguments))
            except Refused as refusal:
                answer = Answer(1, "", f"{refusal}\n")
            except Exception as error:
                answer = Answer(70, "", f"{name}: {type(error).__name__}: {error}\n")
            try:
                self.wfile.write(json.dumps(answer).encode())
            except OSError:
                """The script has ended it."""

    socket = folder / "s"
    for name in ("kubectl", "helm", "carbon-ledger"):
        path = folder / name
        path.write_text(_PROGRAM.format(python=sys.executable, socket=str(socket), name=name), encoding="utf-8")
        path.chmod(0o755)
    with socketserver.ThreadingUnixStreamServer(str(socket), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        try:
            yield folder
        finally:
            server.shutdown()
            thread.join()


def _matches(selector: str, labels: Mapping[str, str]) -> bool:
    pairs = [pair.partition("=") for pair in selector.split(",")]
    return all(labels.get(name) == value for name, _, value in pairs)


def _required(asked: Words, flag: str) -> str:
    value = asked.flag(flag)
    if not value:
        raise Refused(f"error: {flag} is missing")
    return value


def _until(condition: Callable[[], bool], asked: Words) -> None:
    text = _required(asked, "--timeout")
    if not text.endswith("s"):
        raise Refused(f"error: invalid duration {text!r}")
    give_up = time.monotonic() + float(text.removesuffix("s"))
    while not condition():
        if time.monotonic() > give_up:
            raise Refused("error: timed out waiting for the condition")
        time.sleep(0.05)
