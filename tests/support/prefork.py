"""Processes of the command line that need not import it: forked from one that has done so, and is nothing else.

Starting Python and importing a server takes a second, which a thousand tests would wait for again and again. A process
here is as real as any: descriptors, environment, folder and end of its own. Only its memory begins as a copy. Tests of
how a process starts make theirs with `subprocess` itself.

A server whose plugins are the usual ones gets its workers in the same way, from a process that it leaves behind as it
starts. One that has others installed starts workers as ever.
"""

import atexit
import contextlib
import faulthandler
import fcntl
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

from litestar import Litestar

from ledger.cli.root import COMMANDS, main
from ledger.registry.installed import GROUP, SETS
from ledger.registry.workers import child
from ledger.registry.workers.process import INSTALLED

COMMAND: Final = (sys.executable, "-m", "ledger.cli")
"""What the arguments of such a process begin with."""
FRESH: Final = "ledger.cli.__main__"
"""The same program, but never forked: it loads what its own path has, and its memory is all its own."""
_TESTS: Final = Path(__file__).resolve().parents[1]
PATHS: Final = (str(_TESTS.parent), str(_TESTS), str(_TESTS / "support" / "installed"))
_LONGEST: Final = 1 << 20
_STANDARD: Final = 3
_WORKER: Final = (sys.executable, "-P", "-X", "faulthandler", "-m", INSTALLED.module)
_CHANNELS: Final = 2
"""Descriptors that a worker gets besides."""
_ABOVE: Final = 512
"""No descriptor of a server has such a number."""


class Popen(subprocess.Popen[Any]):
    """As `subprocess.Popen`. What is not `COMMAND` with more arguments, or wants anything that only a new interpreter
    can have, is started as ever."""

    _told = -1

    def _execute_child(
        self, args: Sequence[str], executable: Any, preexec_fn: Any, close_fds: Any, pass_fds: Any, cwd: Any,
        env: Mapping[str, str] | None, startupinfo: Any, creationflags: Any, shell: Any, p2cread: int, p2cwrite: int,
        c2pread: int, c2pwrite: int, errread: int, errwrite: int, *more: Any,
    ) -> None:
        environment = dict(os.environ if env is None else env)
        worker = _serving and tuple(args[: len(_WORKER)]) == _WORKER
        if not worker and (preexec_fn is not None or pass_fds or more[-2] or not _is_fit(args, environment)):
            super()._execute_child(  # type: ignore[misc]
                args, executable, preexec_fn, close_fds, pass_fds, cwd, env, startupinfo, creationflags, shell, p2cread,
                p2cwrite, c2pread, c2pwrite, errread, errwrite, *more,
            )
            return
        request = json.dumps({
            "arguments": [str(one) for one in args[len(_WORKER if worker else COMMAND) :]],
            "cwd": os.fspath(cwd or Path.cwd()), "environment": environment, "channels": list(pass_fds),
        }).encode()
        told, telling = os.pipe()
        streams = [own if own != -1 else standard for standard, own in enumerate((p2cread, c2pwrite, errwrite))]
        try:
            self.pid = _parent().ask(request, [*streams, telling, *pass_fds])
        except BaseException:
            os.close(told)
            raise
        finally:
            os.close(telling)
            self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)  # type: ignore[attr-defined]
        self._told = told
        self._child_created = True

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        """Its end, told by its parent; closed without a word where that is gone too."""
        if self._told == -1:
            found: tuple[int, int] = super()._try_wait(wait_flags)  # type: ignore[misc]
            return found
        if wait_flags and not select.select([self._told], [], [], 0)[0]:
            return 0, 0
        status = os.read(self._told, 16)
        os.close(self._told)
        return self.pid, int(status or 0)

    def _internal_poll(self, *args: Any, **options: Any) -> int | None:
        if self._told == -1:
            found: int | None = super()._internal_poll(*args, **options)  # type: ignore[misc]
            return found
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):  # type: ignore[attr-defined]
            try:
                if self.returncode is None:
                    pid, status = self._try_wait(os.WNOHANG)
                    if pid:
                        self._handle_exitstatus(status)  # type: ignore[attr-defined]
            finally:
                self._waitpid_lock.release()  # type: ignore[attr-defined]
        return self.returncode


def _is_fit(args: Sequence[Any], environment: Mapping[str, str]) -> bool:
    """Whether a copy of a process that has started elsewhere will do."""
    def settled(name: str) -> bool:
        """Of what an interpreter heeds as it starts."""
        return name != "PYTHONPATH" and name.startswith(("PYTHON", "LC_", "LANG", "MALLOC", "LD_"))

    wanted = {name: value for name, value in environment.items() if settled(name)}
    own = {name: value for name, value in os.environ.items() if settled(name)}
    customized = any(
        Path(path, "sitecustomize.py").exists() for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path)
    return tuple(args[: len(COMMAND)]) == COMMAND and wanted == own and not customized


def run(*args: Any, **options: Any) -> subprocess.CompletedProcess[Any]:
    """As `subprocess.run`, with `capture_output`, `input`, `text`, `timeout` and what `Popen` takes."""
    given, timeout = options.pop("input", None), options.pop("timeout", None)
    options.pop("check", None)
    if options.pop("capture_output", False):
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    if given is not None:
        options["stdin"] = subprocess.PIPE
    with Popen(*args, **options) as process:
        try:
            out, err = process.communicate(given, timeout)
        except BaseException:
            process.kill()
            process.wait()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


class _Parent:
    """The process that forks, from outside. It ends with the one that asks it."""

    def __init__(self, asking: socket.socket) -> None:
        self._turn = threading.Lock()
        self._socket = asking

    def ask(self, request: bytes, descriptors: Sequence[int]) -> int:
        """The pid of a new process."""
        with self._turn:
            socket.send_fds(self._socket, [request], descriptors)
            pid = self._socket.recv(16)
        if not pid:
            raise RuntimeError("the process that forks has ended")
        return int(pid)


@cache
def _parent() -> _Parent:
    ours, theirs = _pair()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARBON_LEDGER_")}
    environment["PYTHONPATH"] = os.pathsep.join(PATHS)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "support.prefork", str(theirs.fileno())], pass_fds=[theirs.fileno()], cwd="/",
            env=environment,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return _Parent(ours)


def _pair() -> tuple[socket.socket, socket.socket]:
    found = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for size in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        found[0].setsockopt(socket.SOL_SOCKET, size, 2 * _LONGEST)
    return found


def fork_for(asking: socket.socket) -> int:
    """Forks a process for another one, which sends its streams and the address for the exit code. Returns the pid."""
    request, descriptors, _, _ = socket.recv_fds(asking, _LONGEST, _STANDARD + 1)
    try:
        return _parent().ask(request, descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


# --- in the process that forks ---------------------------------------------------------------------------------------


def serve(asked: socket.socket) -> Mapping[str, Any] | None:
    """Forks on demand until nobody can ask any more; in a new process what that is to do."""
    woken, waking = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([asked.fileno(), woken], [], [])
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            _tell_ends(running)
        if asked.fileno() in ready:
            request, descriptors, _, _ = socket.recv_fds(asked, _LONGEST, _STANDARD + 1 + _CHANNELS)
            if not request:
                return None
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return _settle(json.loads(request), descriptors)
            running[pid] = descriptors[_STANDARD]
            for descriptor in descriptors[:_STANDARD] + descriptors[_STANDARD + 1 :]:
                os.close(descriptor)
            asked.send(b"%d" % pid)


def _tell_ends(running: dict[int, int]) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            telling = running.pop(pid)
            with contextlib.suppress(BrokenPipeError):
                os.write(telling, b"%d" % status)
            os.close(telling)


def _settle(request: Mapping[str, Any], descriptors: Sequence[int]) -> Mapping[str, Any]:
    """Makes this process as if it had been started so."""
    for standard, descriptor in enumerate(descriptors[:_STANDARD]):
        os.dup2(descriptor, standard)
    moved = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, _ABOVE) for descriptor in descriptors[_STANDARD + 1 :]]
    os.closerange(_STANDARD, _ABOVE)
    for descriptor, number in zip(moved, request.get("channels", ()), strict=True):
        os.dup2(descriptor, number)
    os.closerange(_ABOVE, os.sysconf("SC_OPEN_MAX"))
    for standard, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        errors = "backslashreplace" if standard == 2 else "strict"
        setattr(sys, name, open(standard, mode, encoding="utf-8", errors=errors, closefd=False,  # noqa: SIM115
                                buffering=1 if standard == 2 else -1))
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    wanted = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if moved:
        sys.path[:] = wanted
        return request
    sys.path[:] = [request["cwd"], *wanted, *[path for path in sys.path[1:] if path not in {*PATHS, *wanted}]]
    if not set(wanted) <= set(PATHS):
        # Another version of a plugin may be there.
        for name in [name for name in sys.modules if name.partition(".")[0] in _plugins()]:
            del sys.modules[name]
    elif request["arguments"][:1] == ["serve"]:
        return _leave_nursery(request)
    return request


_serving = False
"""Whether this process is a server, whose workers come from its nursery."""


def _leave_nursery(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leaves a process behind that forks this server's workers. Returns what this process is to do: to serve, or in
    one that the other has forked, to be a worker."""
    global _parent, _serving
    ours, theirs = _pair()
    if not os.fork():
        os.setsid()
        ours.close()
        worker = serve(theirs)
        if worker is None:
            os._exit(0)
        os.setsid()
        theirs.detach()
        return worker
    theirs.close()
    parent = _Parent(ours)
    _parent, _serving = lambda: parent, True  # type: ignore[assignment]
    subprocess.Popen = Popen  # type: ignore[misc]
    return request


@cache
def _plugins() -> frozenset[str]:
    """The packages of the installed plugins."""
    return frozenset(
        point.module.partition(".")[0] for group in (GROUP, SETS) for point in entry_points(group=group))


def _loaded() -> None:
    """Imports whatever a command does, plugins with their factor sets, and what Litestar imports for an application."""
    for lazy in COMMANDS.values():
        import_module(lazy.target.partition(":")[0])
    for point in entry_points(group=GROUP):
        import_module(point.module)
    for point in entry_points(group=SETS):
        # A set is immutable, and read from thousands of rows.
        module = import_module(point.module)
        setattr(module, point.attr, cache(getattr(module, point.attr)))
        getattr(module, point.attr)()
    _plugins()
    Litestar(logging_config=None)
    gc.collect()
    gc.freeze()


def _leave(code: int) -> None:
    """Ends the process as an interpreter does, except that it does not take apart all modules: their memory is the
    parent's, and would be copied for it. Returns where something cannot be written, which the interpreter reports."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _loaded()
    with socket.socket(fileno=int(sys.argv[1])) as _asked:
        _request = serve(_asked)
        if _request is not None:
            _asked.detach()
    if _request is not None:
        _worker = bool(_request.get("channels"))
        if _worker:
            faulthandler.enable()
        sys.argv = ["carbon-ledger", *_request["arguments"]]
        try:
            sys.exit(child.main() if _worker else main())
        except SystemExit as _end:
            if not isinstance(_end.code, int | None):
                raise
            _leave(_end.code or 0)
            raise
