"""PostgreSQL and Valkey out of their wheels, for when no addresses are configured.

Both listen on Unix sockets alone, in folders that only the owner may enter; what they keep lives in
`PORTAL_DATA`. A server that runs already (its portal was killed, or a command attaches) is taken over, never
started twice."""
import os
import time

from portal.embedded.places import alive, reap
from portal.embedded.postgres import Server, address, start
from portal.embedded.valkey import Valkey, socket_path, start_valkey

__all__ = ["Server", "Valkey", "address", "alive", "socket_path", "start", "start_valkey", "stop"]


def stop(server: Server | Valkey, timeout: float = 8) -> bool:
    """Ask the server to end (it writes what it keeps first) and wait; False: it still runs after `timeout` seconds."""
    try:
        os.kill(server.pid, server.stop_signal)
    except ProcessLookupError:
        return True
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        reap(server.pid)
        if not alive(server.pid):
            return True
        time.sleep(0.02)
    return False


