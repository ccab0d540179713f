"""Where the bytes of files lie: a folder, or a store that speaks S3. `STORAGE_URL` says which (docs/operations.md).

Keys are made up, so that a name somebody chose never is a path; `fresh_key` makes them and `ours` knows them again."""
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from portal.config import Settings

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
_PAGE = 500                                            # keys asked for at a time
_OPTIONS = {"timeout": "30s", "connect_timeout": "5s"}
_RETRY: dict[str, Any] = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}
Store = LocalStore | S3Store


class Away(Exception):
    """The storage does not answer, refuses, or has lost what is asked for."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A place for bytes by key. Every call may raise Away."""
    store: Store

    def put(self, key: str, content: bytes) -> None:
        with _answering():
            obstore.put(self.store, key, content, use_multipart=False)

    def get(self, key: str) -> Iterator[bytes]:
        """In pieces; that it is there is known before the first."""
        with _answering():
            found = obstore.get(self.store, key)
        return _pieces(found)

    def remove(self, key: str) -> None:
        """What is gone already is no fault."""
        with _answering(), suppress(FileNotFoundError):
            obstore.delete(self.store, key)

    def older(self, age: timedelta) -> Iterator[list[str]]:
        """Keys of this portal's kind that were written so long ago, by real time; a page at a time."""
        before = datetime.fromtimestamp(time.time(), UTC) - age
        with _answering():
            for page in obstore.list(self.store, chunk_size=_PAGE):
                if keys := [o["path"] for o in page if ours(o["path"]) and o["last_modified"] < before]:
                    yield keys

    def probe(self) -> None:
        """Write, read and remove something."""
        key = f"probe/{uuid4().hex}"
        self.put(key, b"?")
        try:
            if b"".join(self.get(key)) != b"?":
                raise Away("it gives back something else than was written")
        finally:
            self.remove(key)


class _answering:
    """Faults of the storage, whatever their kind, as Away."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        if isinstance(fault, BaseError | OSError) and not isinstance(fault, Away):
            raise Away(" ".join(str(fault).split())[:200]) from fault


def _pieces(found: Any) -> Iterator[bytes]:
    with _answering():
        for piece in found.stream(min_chunk_size=256 * 1024):
            yield bytes(piece)


def fresh_key() -> str:
    made = uuid4().hex
    return f"{made[:2]}/{made}"


def ours(key: str) -> bool:
    return _KEY.fullmatch(key) is not None


def opened(settings: Settings) -> Storage:
    """The storage of these settings; nothing is asked of it yet. Raises ValueError for an address that names none."""
    found = urlsplit(settings.storage_url)
    if found.scheme in ("", "file"):
        folder = Path(unquote(found.path)) if found.path else settings.data / "storage"
        folder.mkdir(parents=True, exist_ok=True)
        return Storage(LocalStore(folder.absolute(), mkdir=True))
    if found.scheme != "s3" or not found.hostname:
        raise ValueError("STORAGE_URL is no file:// or s3:// address")
    return Storage(_s3(found.netloc, found.path, dict(parse_qsl(found.query))))


def _s3(place: str, path: str, given: Mapping[str, str]) -> S3Store:
    """`s3://KEY:SECRET@bucket/prefix?endpoint=…&region=…`; what the address leaves out comes from AWS_… variables."""
    user, _, bucket = place.rpartition("@")
    name, _, secret = user.partition(":")
    config: dict[str, Any] = {"region": given.get("region", "us-east-1")}
    options: dict[str, Any] = dict(_OPTIONS)
    if endpoint := given.get("endpoint"):
        config["endpoint"] = endpoint
        options["allow_http"] = endpoint.startswith("http://")         # inside one's own network
    if user:
        config |= {"access_key_id": unquote(name), "secret_access_key": unquote(secret)}
    return S3Store(bucket, prefix=unquote(path).strip("/") or None, client_options=options, retry_config=_RETRY, **config)  # type: ignore[arg-type]  # a TypedDict, built up


_settings: Settings | None = None
_opened: tuple[Settings, Storage] | None = None


def configure(settings: Settings) -> None:
    """Which storage this process uses; it is opened at its first use, since its threads do not survive a fork."""
    global _settings
    _settings = settings


def current() -> Storage:
    """Raises Away where none can be opened."""
    global _opened
    if _settings is None:
        raise RuntimeError("no storage is configured")
    if _opened is None or _opened[0] is not _settings:
        try:
            _opened = (_settings, opened(_settings))
        except (BaseError, OSError, ValueError) as fault:
            raise Away(" ".join(str(fault).split())[:200]) from fault
    return _opened[1]
