"""A program that takes webhooks, for tests: it answers as it is told, or not at all."""
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass(slots=True)
class Hook:
    """What arrived. `status` and `body` are its answer, `location` where it would lead; `silent`: it never answers."""
    port: int = 0
    status: int = 200
    body: str = "{}"
    location: str = ""
    silent: bool = False
    taken: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?room=7"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hook: Hook


class _Talk(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        hook = cast(_Server, self.server).hook
        sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if hook.silent:
            hook.released.wait(60)
            return
        hook.paths.append(self.path)
        if hook.status == 200:
            hook.taken.append(json.loads(sent))
        answer = hook.body.encode()
        self.send_response(hook.status)
        if hook.location:
            self.send_header("Location", hook.location)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def listening(**how: Any) -> Iterator[Hook]:
    hook = Hook(**how)
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.hook, hook.port = hook, server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield hook
        finally:
            hook.released.set()
            server.shutdown()
