"""`portal backup` and `portal restore`: the database and the attachments as one file, and back into an empty installation.

The file is a tar archive: `portal.json` (what made it), `database.dump` (pg_dump's own format), `files/KEY` for each
attachment, and last `SHA256SUMS` over all of them, so that a file that is cut short or damaged is refused before anything
is written. Secrets of the configuration (SECRET_KEY, passwords of roles) are not in it."""
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from portal import migrate, servers
from portal.attachments import storage
from portal.attachments.storage import Storage
from portal.config import Settings, SetupFault
from portal.embedded import programs

FORMAT = 1
_ABOUT, _DUMP, _FILES, _SUMS = "portal.json", "database.dump", "files/", "SHA256SUMS"
_EVERY = timedelta(days=-1)                            # older than tomorrow: whatever its age
_PIECE = 1 << 20
Say = Callable[[str], None]
_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
              "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "hostaddr": "PGHOSTADDR"}


def save(settings: Settings, target: Path, say: Say) -> None:
    """Write the whole installation to `target`, mode 0600, while the portal may go on. The database is dumped first: of
    what it names every byte is there already. Raises SetupFault with one line."""
    if target.exists():
        raise SetupFault(f"{target} is there already: name another file")
    revision = migrate.present(settings.database_owner_url)
    if revision is None:
        raise SetupFault("there is nothing to back up: the database has no tables yet")
    with _half_made(target) as part, tempfile.TemporaryDirectory(dir=target.absolute().parent) as folder:
        dump = Path(folder) / _DUMP
        say("backing up the database")
        _run(settings, "pg_dump", "--format=custom", "--no-owner", f"--file={dump}")
        sums: dict[str, str] = {}
        with tarfile.open(fileobj=part, mode="w", format=tarfile.PAX_FORMAT) as tar:
            about = {"format": FORMAT, "portal": version("portal"), "revision": revision,
                     "made_at": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="seconds")}
            _add(tar, sums, _ABOUT, json.dumps(about, indent=2).encode())
            with dump.open("rb") as content:
                _add_stream(tar, sums, _DUMP, content, dump.stat().st_size)
            files, size = _add_files(tar, sums, storage.opened(settings))
            _add(tar, {}, _SUMS, "".join(f"{found}  {name}\n" for name, found in sums.items()).encode())
    say(f"{target}: the database at {revision} and {files} files of {size / 1e6:.1f} MB")


def restore(settings: Settings, source: Path, say: Say) -> None:
    """Bring an empty installation to what `source` holds, then to this program's revision. Nothing is written unless the
    file is whole; the database comes in one transaction, after the attachments. Raises SetupFault with one line."""
    try:
        with source.open("rb") as opened, tarfile.open(fileobj=opened, mode="r:") as tar:
            say("looking whether the file is whole")
            archive = _Archive(tar)
            archive.need_whole()
            revision = archive.understood()
            _need_empty(settings)
            say(f"bringing back {len(archive.files)} files and the database at {revision}")
            _bring_back(archive, settings)
    except tarfile.TarError as fault:
        raise SetupFault(f"{source} is no backup of a portal, or it is damaged ({fault}): take another one") from fault
    migrate.upgrade(settings.database_owner_url)
    say(f"restored, at {migrate.present(settings.database_owner_url)}: portal check tells whether all is well")


def _bring_back(archive: "_Archive", settings: Settings) -> None:
    place = storage.opened(settings)
    for name in archive.files:
        place.put(name.removeprefix(_FILES), archive.part(name).read())
    settings.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.data) as folder:
        dump = Path(folder) / _DUMP
        with dump.open("wb") as copy:
            shutil.copyfileobj(archive.part(_DUMP), copy, _PIECE)
        _run(settings, "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction",
             f"--dbname={_parts(settings)['dbname']}", str(dump))


@contextmanager
def _half_made(target: Path) -> Iterator[IO[bytes]]:
    """A file beside the target that becomes it when all went well, and is gone when not."""
    part = target.with_name(f"{target.name}.part")
    try:
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        raise SetupFault(f"{part} is there: another backup is being made, or one broke off; remove it then") from None
    try:
        with os.fdopen(handle, "wb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        part.rename(target)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _add(tar: tarfile.TarFile, sums: dict[str, str], name: str, content: bytes) -> None:
    _add_stream(tar, sums, name, io.BytesIO(content), len(content))


def _add_stream(tar: tarfile.TarFile, sums: dict[str, str], name: str, content: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
    sums[name] = _sum(content)
    content.seek(0)
    tar.addfile(entry, content)


def _add_files(tar: tarfile.TarFile, sums: dict[str, str], place: Storage) -> tuple[int, int]:
    """How many, and their bytes together. What is removed meanwhile was removed from the database before."""
    count = size = 0
    for keys in place.older(_EVERY):
        for key in keys:
            try:
                content = b"".join(place.get(key))
            except storage.Away as fault:
                if isinstance(fault.__cause__, FileNotFoundError):
                    continue
                raise
            _add(tar, sums, f"{_FILES}{key}", content)
            count, size = count + 1, size + len(content)
    return count, size


def _sum(content: IO[bytes]) -> str:
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # a stream that is read


class _Archive:
    """A backup that is read. What is wrong with it is a TarError."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar, members = tar, tar.getmembers()
        self.members = {m.name: m for m in members}
        if len(self.members) != len(members):
            raise tarfile.TarError("a part stands twice")

    def part(self, name: str) -> IO[bytes]:
        found = self.tar.extractfile(self.members[name]) if name in self.members else None
        if found is None:
            raise tarfile.TarError(f"{name} is missing")
        return found

    @property
    def files(self) -> list[str]:
        return [name for name in self.members if name.startswith(_FILES)]

    def need_whole(self) -> None:
        """Each part is one that is expected, and has the bytes that were written."""
        lines = self.part(_SUMS).read().decode("ascii", "replace").splitlines()
        said = {name: found for found, _, name in (line.partition("  ") for line in lines)}
        if {*self.members} != {*said, _SUMS}:
            raise tarfile.TarError("its parts are not those that it lists")
        for name, expected in said.items():
            if name not in (_ABOUT, _DUMP) and not (name.startswith(_FILES) and storage.ours(name.removeprefix(_FILES))):
                raise tarfile.TarError("it has a part that no portal wrote")
            if _sum(self.part(name)) != expected:
                raise tarfile.TarError(f"{name} is not as it was written")

    def understood(self) -> str:
        """Its revision. Raises SetupFault where a newer program made it."""
        about = json.load(self.part(_ABOUT))
        if about["format"] != FORMAT or not migrate.known(about["revision"]):
            raise SetupFault(f"the backup is of a newer portal ({about['portal']}, {about['revision']}): install that one first")
        return str(about["revision"])


def _need_empty(settings: Settings) -> None:
    with psycopg.connect(servers.libpq(settings.database_owner_url)) as c:
        found = c.execute("SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
                          ).fetchone()
    if found and found[0]:
        raise SetupFault("the database is not empty: restore into a new installation, or name another PORTAL_DATA")


def _run(settings: Settings, program: str, *arguments: str) -> None:
    """One of PostgreSQL's programs on the database, as the owner role; the password goes by the environment."""
    variables = {_VARIABLES[k]: str(v) for k, v in _parts(settings).items() if k in _VARIABLES and v is not None}
    done = subprocess.run([_program(program), "--no-password", *arguments], env={**os.environ, **variables},
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SetupFault(f"{program} failed ({' '.join(done.stderr.split())[:300]})")


def _parts(settings: Settings) -> dict[str, Any]:
    return conninfo_to_dict(servers.libpq(settings.database_owner_url))


def _program(name: str) -> str:
    """The wheel's or the system's, whichever is newer: it must be as new as the server. Raises SetupFault."""
    found = [path for path in (_of_wheel(name), shutil.which(name)) if path]
    if not found:
        raise SetupFault(f"{name} is not installed: install PostgreSQL's client programs, as new as its server")
    return max(found, key=_version)


def _of_wheel(name: str) -> str | None:
    try:
        return str(programs.folder(None) / name)
    except SetupFault:
        return None


def _version(program: str) -> int:
    """The major version: `pg_dump (PostgreSQL) 18.1` is 18."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0
