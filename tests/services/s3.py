"""A store that speaks as much S3 as the portal asks of one, on loopback."""
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Bucket:
    """What it holds by key, who asked (Authorization), and whether it is out of order."""
    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: bool = False

    def url(self, prefix: str = "") -> str:
        return f"s3://KEY:SE%2FCRET@portal/{prefix}?endpoint=http://127.0.0.1:{self.port}&region=cn-north-1"


class Answers(BaseHTTPRequestHandler):
    """`bucket` is set on a class of its own for each."""
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def _key(self) -> str:
        self.bucket.asked.append(self.headers.get("Authorization", ""))
        return unquote(urlsplit(self.path).path).removeprefix("/portal").lstrip("/")

    def _send(self, status: int, body: bytes = b"", kind: str = "application/xml") -> None:
        self.send_response(500 if self.bucket.broken else status)
        for name, value in (("ETag", '"1"'), ("Last-Modified", formatdate(0, usegmt=True)), ("Content-Type", kind),
                            ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self) -> None:
        key, content = self._key(), self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.bucket.broken:
            self.bucket.objects[key] = content
        self._send(200)

    def do_GET(self) -> None:
        key = self._key()
        if "list-type" in (asked := parse_qs(urlsplit(self.path).query)):
            prefix = asked.get("prefix", [""])[0]
            held = [(k, len(v)) for k, v in sorted(self.bucket.objects.items()) if k.startswith(prefix)]
            found = "".join(f"<Contents><Key>{k}</Key><LastModified>2020-01-01T00:00:00.000Z</LastModified><ETag>1</ETag>"
                            f"<Size>{size}</Size></Contents>" for k, size in held)
            self._send(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode())
        elif key in self.bucket.objects:
            self._send(200, self.bucket.objects[key], "application/octet-stream")
        else:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_DELETE(self) -> None:
        self.bucket.objects.pop(self._key(), None)
        self._send(204)

    def do_POST(self) -> None:                     # ?delete: several at once
        self._key()
        keys = re.findall(r"<Key>(.*?)</Key>", self.rfile.read(int(self.headers["Content-Length"])).decode())
        for key in keys:
            self.bucket.objects.pop(key, None)
        self._send(200, f"<DeleteResult>{''.join(f'<Deleted><Key>{k}</Key></Deleted>' for k in keys)}</DeleteResult>".encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def running() -> Iterator[Bucket]:
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("TheseAnswers", (Answers,), {"bucket": bucket}))
    bucket.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
