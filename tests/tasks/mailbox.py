"""A mail server for tests: it takes letters, refuses them, or says nothing at all."""
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast


@dataclass(slots=True)
class Mailbox:
    """What arrived. `silent`: it accepts the connection and never answers; `refusing`: it takes no receiver, and says
    `refusal`. Both may be changed while it runs."""
    port: int = 0
    silent: bool = False
    refusing: bool = False
    refusal: str = "550 nobody of that name"
    letters: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=portal@hq.example"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    box: Mailbox


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box = cast(_Server, self.server).box
        if box.silent:
            box.released.wait(60)
            return
        self._say("220 mail.example")
        while line := self.rfile.readline().decode().strip():
            match line.upper().split(" ")[0].split(":")[0]:
                case "DATA":
                    self._say("354 go on")
                    box.letters.append(self._letter())
                    self._say("250 taken")
                case "RCPT" if box.refusing:
                    self._say(box.refusal)
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 mail.example")

    def _letter(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()).strip() != ".":
            lines.append(line.removeprefix("."))       # RFC 5321, 4.5.2: one was put before it on the way
        return "".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mailbox(*, silent: bool = False, refusing: bool = False) -> Iterator[Mailbox]:
    box = Mailbox(silent=silent, refusing=refusing)
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.box, box.port = box, server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield box
        finally:
            box.released.set()
            server.shutdown()
