"""A `carbon-ledger` for the PATH of shell scripts, whose processes are those of `support.prefork`."""

import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from support.prefork import fork_for

_SCRIPT: Final = """#!{python} -IS
import json, os, signal, socket, sys
numbers = {{signal.SIGHUP, signal.SIGINT, signal.SIGTERM}}
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
asked.connect({address!r})
ended, ending = os.pipe()
request = {{"arguments": sys.argv[1:], "cwd": os.getcwd(), "environment": dict(os.environ)}}
socket.send_fds(asked, [json.dumps(request).encode()], [0, 1, 2, ending])
os.close(ending)
pid = int(asked.recv(16))
for number in numbers:
    signal.signal(number, lambda number, _: os.kill(pid, number))
signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
code = os.waitstatus_to_exitcode(int(os.read(ended, 16)))
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""
"""Asks for the process, passes signals on to it, and ends as it does. Without site packages it starts in 20 ms."""


@contextmanager
def forked_command() -> Iterator[Path]:
    """The folder that holds the command."""
    with tempfile.TemporaryDirectory(prefix="command-", dir="/tmp") as name, socket.socket(
        socket.AF_UNIX, socket.SOCK_SEQPACKET
    ) as listener:
        folder = Path(name)
        listener.bind(str(folder / "socket"))
        listener.listen()
        command = folder / "carbon-ledger"
        command.write_text(_SCRIPT.format(python=sys.executable, address=str(folder / "socket")), encoding="utf-8")
        command.chmod(0o755)
        answering = threading.Thread(target=_answer, args=[listener])
        answering.start()
        try:
            yield folder
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            answering.join()


def _answer(listener: socket.socket) -> None:
    """Until the listener is shut down."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.send(b"%d" % fork_for(connection))
