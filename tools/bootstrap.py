"""Makes what the portal needs around it: python3 tools/bootstrap.py runtime|packages|check|test

Runs on the system's Python with nothing installed. Each step is skipped while its inputs are unchanged (marks in
.venv/.made), says what it does, and on failure says in one line what is wrong and what to do."""
from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV, LOGS = ROOT / ".venv", ROOT / "var" / "log"
MADE = VENV / ".made"
PYTHON = VENV / "bin" / "python"
LEAST_FREE = 1200 * 2**20           # bytes for the packages and the browser's and node's files


class Fault(Exception):
    """The one line that is shown."""


def say(text: str) -> None:
    print(f"portal: {text}", flush=True)


def fingerprint(*paths: Path) -> str:
    """Changes when a file among `paths` (folders: all below) does."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not {"node_modules", ".build", "dist", "__pycache__"} & set(file.parts):
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def unchanged(step: str, mark: str) -> bool:
    path = MADE / step
    return path.exists() and path.read_text() == mark


def done(step: str, mark: str) -> None:
    MADE.mkdir(exist_ok=True)
    (MADE / step).write_text(mark)


def run(argv: list[str], log_name: str, failed: str, total: int = 0, env: dict[str, str] | None = None) -> None:
    """Run a program, its words into a log; every few seconds one line of progress. Raises `Fault` with the reason."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{log_name}.log"
    lines: list[str] = []
    env = {**os.environ, **(env or {}), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_PROGRESS_BAR": "off",
           "PYTHONUNBUFFERED": "1", "DEBIAN_FRONTEND": "noninteractive", "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}"}
    shown, began, count = time.monotonic(), time.monotonic(), 0
    with log.open("w") as kept, subprocess.Popen(argv, cwd=ROOT, env=env, text=True, errors="replace", bufsize=1,
                                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                                 stdin=subprocess.DEVNULL) as program:
        for line in program.stdout or ():
            kept.write(line)
            lines.append(line.strip())
            count += line.startswith("Collecting ")
            if time.monotonic() - shown > 5:
                shown = time.monotonic()
                done_so_far = f"{count} of {total} packages" if total and count else line.strip()[:60]
                say(f"  … {time.monotonic() - began:.0f} s, {done_so_far}")
    if program.returncode:
        raise Fault(f"{failed}: {reason(lines)} (all of it in {log.relative_to(ROOT)})")


def reason(lines: list[str]) -> str:
    """Out of a program's words, what went wrong and what to do."""
    text = "\n".join(lines)
    if "No space left" in text:
        return "no disk space: free some and try again"
    if "DO NOT MATCH THE HASHES" in text:
        return "a package is not the one that was locked: try again, and tell the maintainers if it stays so"
    if re.search(r"ConnectionError|NewConnectionError|Connection refused|Temporary failure|ETIMEDOUT|ENOTFOUND"
                 r"|ECONNREFUSED|No matching distribution|Could not resolve", text):
        return "the package registry does not answer or lacks a package: check the network and try again"
    errors = [line for line in lines if re.search(r"error|ERR!|^E:", line, re.IGNORECASE)]
    return (errors or lines or ["it said nothing"])[-1].rstrip(".:")


def pinned(requirements: Path) -> set[str]:
    return set(re.findall(r"^[A-Za-z0-9._-]+(?:\[[^]]*\])?==[^ \\;]+", requirements.read_text(), re.MULTILINE))


def make_venv() -> None:
    if PYTHON.exists():
        pip = VENV / "bin" / "pip"
        here = pip.exists() and str(VENV) in pip.open(errors="replace").readline()
        if here and subprocess.run([str(PYTHON), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"],
                                   capture_output=True, check=False).returncode == 0:
            return
        say(".venv does not work here (moved, or its Python is gone): making it anew")
    free = shutil.disk_usage(ROOT).free
    if free < LEAST_FREE:
        raise Fault(f"no disk space: {free // 2**20} MB free at {ROOT}, {LEAST_FREE // 2**20} MB needed; "
                    "free some and try again")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    try:
        import ensurepip  # noqa: F401  (some systems ship Python without it)
        import venv  # noqa: F401  (likewise)
    except ImportError:
        raise Fault(f"Python {version} has no venv module: install it (Debian, Ubuntu: "
                    f"apt-get install python{version}-venv), then try again") from None
    say("making .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        run([sys.executable, "-m", "venv", str(VENV)], "venv", "making .venv failed")
    except Fault:
        shutil.rmtree(VENV, ignore_errors=True)
        raise


def first_of(lock: Path, name: str) -> Path:
    """A file with just the lock's lines for one package, which is needed before the others."""
    block = re.search(rf"^{name}==[^\n]*(?:\n    --hash[^\n]*)*", lock.read_text(), re.MULTILINE)
    if block is None:
        raise Fault(f"{lock.relative_to(ROOT)} does not lock {name}: add it")
    made = VENV / f"{name}.txt"
    made.write_text(block.group(0).rstrip("\\ ") + "\n")
    return made


def sources() -> dict[str, str]:
    """Where pip is told to look for packages, as uv's environment; folders that are not there are left out, as by pip. Raises
    `Fault` where pip may ask no registry: uv cannot be told so."""
    told = subprocess.run([str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    known = {"index": ("UV_DEFAULT_INDEX", " "), "extra-index": ("UV_INDEX", " "), "find-links": ("UV_FIND_LINKS", ","),
             "trusted-host": ("UV_INSECURE_HOST", " "), "cert": ("SSL_CERT_FILE", " ")}
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}                    # as pip chooses; the hashes stand
    lines = re.findall(r"^(global|install|:env:)\.([a-z-]+)='(.*)'$", told, re.MULTILINE)
    for _, name, value in sorted(lines, key=lambda line: ("global", "install", ":env:").index(line[0])):      # the last one holds
        if name == "no-index":
            raise Fault("pip is told to ask no registry")
        words = [w for w in value.replace("\\n", " ").split() if not w.startswith(("/", "file://"))
                 or Path(w.removeprefix("file://")).exists()]
        if words and (here := known.get(name.removesuffix("-url"))):
            variable, between = here
            found[variable] = between.join(words)
    return found


def install(kind: str) -> None:
    """The locked packages: setuptools, since one of them is built here; then all by uv, or by pip where uv cannot."""
    lock = ROOT / "requirements" / f"{kind}.txt"
    mark = fingerprint(lock)
    if unchanged(kind, mark):
        return
    names = pinned(lock)
    say(f"installing {len(names)} locked packages ({kind})")
    failed = "installing the packages failed"
    pip = [str(PYTHON), "-m", "pip", "install", "--require-hashes"]
    all_of_it = ["--require-hashes", "--no-build-isolation", "-r", str(lock)]
    run([*pip, "-r", str(first_of(lock, "setuptools"))], "pip", failed)
    try:
        run([*pip, "--only-binary", ":all:", "-r", str(first_of(lock, "uv"))], "pip", failed)
        compiled = ["--compile-bytecode"] if kind == "runtime" else []        # others may run it, who may not write here
        run([str(VENV / "bin" / "uv"), "pip", "install", "--python", str(PYTHON), *compiled, *all_of_it], "uv", failed,
            env=sources())
    except Fault as e:
        say(f"uv cannot ({e}); once more with pip")
        run([*pip, "--use-pep517", *all_of_it[1:]], "pip", failed, len(names))
    done(kind, mark)
    runtime = ROOT / "requirements" / "runtime.txt"
    if kind == "dev" and pinned(runtime) <= names:
        done("runtime", fingerprint(runtime))


def install_ourselves() -> None:
    packages = sorted(p.parent.name for p in ROOT.glob("*/__init__.py"))
    mark = fingerprint(ROOT / "pyproject.toml") + " ".join(packages)
    if unchanged("package", mark) and (VENV / "bin" / "portal").exists():
        return
    say("installing the portal")
    uv = VENV / "bin" / "uv"
    by = [str(uv), "pip", "install", "--python", str(PYTHON)] if uv.exists() else [str(PYTHON), "-m", "pip", "install"]
    run([*by, "--no-deps", "--no-build-isolation", "-e", "."], "package", "installing the portal failed")
    done("package", mark)


def build_assets() -> None:
    script, made = ROOT / "tools" / "assets.py", ROOT / "portal" / "web" / "static" / "dist" / "manifest.json"
    naming_icons = sorted(p for p in (ROOT / "portal").rglob("*") if p.suffix in {".html", ".py"})
    mark = fingerprint(script, ROOT / "frontend", *naming_icons)
    if unchanged("assets", mark) and made.exists():
        return
    say("building styles, scripts and icons")
    run([str(PYTHON), str(script)], "assets", "building the front end failed")
    done("assets", mark)


def compile_messages() -> None:
    script, catalogues = ROOT / "tools" / "messages.py", sorted((ROOT / "portal").rglob("*.po"))
    mark = fingerprint(script, *catalogues)
    if unchanged("messages", mark) and all(p.with_suffix(".mo").exists() for p in catalogues):
        return
    say("compiling the translations")
    run([str(PYTHON), str(script), "compile"], "messages", "compiling the translations failed")
    done("messages", mark)


def find_browser() -> str | None:
    """The browser for the tests: PORTAL_BROWSER, one on PATH, or one that playwright keeps."""
    given = os.environ.get("PORTAL_BROWSER")
    if given:
        if not os.access(given, os.X_OK):
            raise Fault(f"PORTAL_BROWSER is {given}, which is no program: correct or unset it")
        return given
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"):
        found = shutil.which(name)
        if found:
            return found
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    asked = subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True, check=False)
    path = asked.stdout.strip()
    return path if path and os.access(path, os.X_OK) else None


def ensure_browser() -> None:
    if find_browser():
        return
    say("installing a browser for the tests")
    ways = []
    if os.geteuid() == 0 and shutil.which("apt-get"):
        ways.append(["sh", "-c", "apt-get update && apt-get install -y --no-install-recommends chromium"])
    ways.append([str(PYTHON), "-m", "playwright", "install", "chromium"])
    for way in ways:
        try:
            run(way, "browser", "installing a browser failed")
        except Fault as e:
            failure = e
        if find_browser():
            return
    raise Fault(f"no browser for the tests: install Chromium or set PORTAL_BROWSER to one; {failure}")


def main(target: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (this file also runs on what is too old, to say so)
        raise Fault(f"Python {sys.version.split()[0]} is too old: install Python 3.11 or newer, "
                    "or name it: make PYTHON=python3.12")
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS.parent / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)             # two at once: the second finds everything made
        make_venv()
        install("runtime" if target == "runtime" else "dev")
        install_ourselves()
        if target == "packages":
            return
        build_assets()
        compile_messages()
        if target == "test":
            ensure_browser()


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "runtime")
    except Fault as e:
        sys.exit(f"portal: {e}")
    except OSError as e:
        what = "no disk space" if e.errno == 28 else f"{e.strerror}: {e.filename}"
        sys.exit(f"portal: the set-up failed: {what}; put it right and try again")
    except KeyboardInterrupt:
        sys.exit(130)
