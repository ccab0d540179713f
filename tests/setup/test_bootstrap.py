"""tools/bootstrap.py: each step that cannot be done says in one line what is wrong and what to do."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.setup.processes import ROOT
from tools import bootstrap

AS_IF = "import runpy, sys\n{before}\nsys.argv = ['bootstrap.py', 'runtime']\nrunpy.run_path({script!r}, run_name='__main__')"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but what the first steps read."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "bootstrap.py", tmp_path / "tools")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def attempt(checkout: Path, before: str = "", **env: str) -> "subprocess.CompletedProcess[str]":
    program = AS_IF.format(before=before, script=str(checkout / "tools" / "bootstrap.py"))
    return subprocess.run([sys._base_executable, "-c", program], capture_output=True, text=True, timeout=110,
                          env={**os.environ, **env})


def one_line(said: "subprocess.CompletedProcess[str]") -> str:
    assert said.returncode == 1 and said.stderr.startswith("portal: ") and said.stderr.count("\n") == 1, said.stderr
    return said.stderr


def test_python_too_old(checkout: Path) -> None:
    said = one_line(attempt(checkout, "sys.version_info = (3, 9, 2)"))
    assert "too old: install Python 3.11 or newer" in said
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_no_venv_module(checkout: Path, module: str) -> None:
    said = one_line(attempt(checkout, f"sys.modules[{module!r}] = None"))
    assert re.search(r"has no venv module: install it .*apt-get install python3\.\d+-venv", said)
    assert not (checkout / ".venv").exists()


def test_no_disk_space(checkout: Path) -> None:
    said = one_line(attempt(checkout, "import shutil; shutil.disk_usage = lambda p: shutil._ntuple_diskusage(9, 9, 9 * 2**20)"))
    assert "no disk space: 9 MB free" in said


def test_no_registry(checkout: Path) -> None:
    """A start without network, then the step is repeated and not skipped."""
    cut_off = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}
    for _ in range(2):
        said = one_line(attempt(checkout, **cut_off))
        assert "installing the packages failed: the package registry does not answer" in said
        assert "var/log/pip.log" in said and (checkout / "var" / "log" / "pip.log").exists()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_where_uv_cannot_pip_installs(checkout: Path, tmp_path: Path) -> None:
    lock = checkout / "requirements" / "runtime.txt"
    wanted = ("setuptools", "uv", "click")
    blocks = re.findall(r"^(?:{})==[^\n]*(?:\n    --hash[^\n]*)*".format("|".join(wanted)), lock.read_text(), re.MULTILINE)
    assert len(blocks) == len(wanted)
    lock.write_text("\n".join(block.rstrip("\\ ") for block in blocks) + "\n")
    said = attempt(checkout, UV_OFFLINE="1", UV_CACHE_DIR=str(tmp_path / "cache"))
    assert "uv cannot (installing the packages failed: " in said.stdout and "once more with pip" in said.stdout
    assert list((checkout / ".venv").glob("lib/*/site-packages/click/__init__.py"))
    assert "installing the portal failed" in one_line(said)          # there is nothing more in this checkout


def test_where_pip_looks_for_packages_uv_looks_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "own.pem").touch()
    first, second = ("https://mirror.example/own", "https://other.example/own")
    (tmp_path / "pip.conf").write_text("[global]\n" + "".join(f"{name}-url = {at}\n" for name, at in (
        ("index", first), ("extra-index", second))) + f"trusted-host = nobody.example\ncert = {tmp_path}/own.pem\n"
        f"find-links =\n    {tmp_path}/here\n    {tmp_path}/gone\n")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_TRUSTED_HOST", "mirror.example other.example")
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    assert bootstrap.sources() == {
        "UV_DEFAULT_INDEX": first, "UV_INDEX": second, "UV_FIND_LINKS": f"{tmp_path}/here", "SSL_CERT_FILE": f"{tmp_path}/own.pem",
        "UV_INSECURE_HOST": "mirror.example other.example", "UV_INDEX_STRATEGY": "unsafe-best-match"}
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(bootstrap.Fault, match="no registry"):
        bootstrap.sources()


@pytest.mark.long
def test_a_venv_that_was_moved_is_made_anew(checkout: Path) -> None:
    subprocess.run([sys._base_executable, "-m", "venv", str(checkout / "elsewhere")], check=True)
    (checkout / "elsewhere").rename(checkout / ".venv")
    said = attempt(checkout, PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1")
    assert "making it anew" in said.stdout
    assert str(checkout / ".venv") in (checkout / ".venv" / "bin" / "pip").read_text().splitlines()[0]


@pytest.mark.parametrize(("words", "reason"), [
    (["Collecting x", "ERROR: No matching distribution found for x"], "the package registry does not answer or lacks"),
    (["npm error code ENOTFOUND"], "the package registry does not answer or lacks"),
    (["OSError: [Errno 28] No space left on device"], "no disk space"),
    (["ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."], "a package is not the one that was locked"),
    (["working", "error: command 'gcc' failed:", "bye"], "error: command 'gcc' failed"),
    ([], "it said nothing")])
def test_reason(words: list[str], reason: str) -> None:
    assert bootstrap.reason(words).startswith(reason)


def test_fingerprint_sees_content_and_names_but_no_products(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    seen = {bootstrap.fingerprint(tmp_path / "a")}
    (tmp_path / "a" / "node_modules").mkdir()
    (tmp_path / "a" / "node_modules" / "y").write_text("1")
    assert bootstrap.fingerprint(tmp_path / "a") in seen
    (tmp_path / "a" / "x").write_text("2")
    seen.add(bootstrap.fingerprint(tmp_path / "a"))
    (tmp_path / "a" / "x").rename(tmp_path / "a" / "z")
    seen.add(bootstrap.fingerprint(tmp_path / "a"))
    assert len(seen) == 3


def test_make_without_python_is_one_line() -> None:
    said = subprocess.run(["make", "run", "PYTHON=no-such-python"], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert said.returncode != 0
    assert said.stderr.splitlines()[0] == "portal: no Python found: install Python 3.11 or newer (with venv)"


def test_make_takes_a_python_that_can_do_it(tmp_path: Path) -> None:
    """One on PATH that has no venv is passed over; the system's own comes first."""
    can = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    lacking = tmp_path / "python3"
    lacking.write_text("#!/bin/sh\nexit 1\n")
    lacking.chmod(0o755)
    others = {k: v for k, v in os.environ.items() if k not in ("PYTHON", "MAKEFLAGS")}
    said = subprocess.run(["make", "-n", "setup"], cwd=ROOT, capture_output=True, text=True, check=True,
                          env={**others, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    taken = re.findall(r"^(\S+) tools/bootstrap\.py runtime$", said.stdout, re.MULTILINE)
    system = Path("/usr/bin/python3")
    if system.exists() and subprocess.run([system, "-c", can], capture_output=True, check=False).returncode == 0:
        assert taken == [str(system)]
    assert len(taken) == 1 and taken != ["python3"]
    assert subprocess.run([taken[0], "-c", can], check=False).returncode == 0


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_lock_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text and "--index" not in text
    for block in re.findall(r"^[A-Za-z0-9].*?(?=^[A-Za-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL):
        assert "==" in block and "--hash=sha256:" in block, block
    assert bootstrap.pinned(ROOT / "requirements" / "runtime.txt") <= bootstrap.pinned(ROOT / "requirements" / "dev.txt")


def test_front_end_lock_has_no_address() -> None:
    assert '"resolved"' not in (ROOT / "frontend" / "package-lock.json").read_text()
