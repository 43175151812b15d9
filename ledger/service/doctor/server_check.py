"""The check of the running server processes: each of them is asked."""

from collections.abc import Iterator
from typing import Final

from ledger.host.serving import FOLDER, killed
from ledger.service.doctor.installation import DoctorFinding, Installation, MissingPart
from ledger.service.status.servers import ServerStatus

RECENT_SECONDS: Final = 300
_START: Final = "start it, and see its log for the reason why it ended"
_ASK: Final = "see the server's log; if the reason is gone and the server does not go on, restart it"


async def check_server(here: Installation) -> DoctorFinding:
    """Server processes of this home run, each answers, is ready to append, and its last posts were answered."""
    home = here.settings.home
    if not home.is_dir():
        raise MissingPart(f"there is no folder {home}")
    servers = await here.asking
    gone = [f"process {one.pid} on {one.host} has ended without a stop" for one in killed(home)]
    if not servers and not gone:
        if (home / FOLDER).is_dir():
            return DoctorFinding("server", "error", "no server process of this home runs: nobody answers", _START)
        return DoctorFinding("server", "warning", "no server of this home has run yet", "run `carbon-ledger serve`")
    faults = [*gone, *[f"process {one.pid} at {one.url}: {fault}" for one in servers for fault in _faults(one)]]
    if faults:
        remedies = [one.state.unready.rule for one in servers if one.state and one.state.unready]
        remedy = next(filter(None, remedies), _START if gone else _ASK)
        return DoctorFinding("server", "error", "; ".join(faults), remedy)
    failing = [one.state.failing for one in servers if one.state and one.state.failing]
    if failing:
        return DoctorFinding("server", "warning", f"the newest posts failed at {failing[0].at}, and nobody has posted "
                             f"since: {failing[0].message}", "post again: the server is ready")
    return DoctorFinding("server", "ok", ", ".join([f"process {one.pid} at {one.url} is ready" for one in servers]))


def _faults(server: ServerStatus) -> Iterator[str]:
    if server.state is None:
        yield server.silent or "it does not answer"
        return
    state = server.state
    if state.unready is not None:
        yield f"it is not ready, {state.unready.code}: {state.unready.message}"
    if state.unpublishing is not None:
        yield state.unpublishing
    if state.failing is not None and state.failing.seconds < RECENT_SECONDS:
        same = state.unready is not None and state.failing.message == state.unready.message
        yield f"posts failed {state.failing.seconds} s ago" + ("" if same else f": {state.failing.message}")

