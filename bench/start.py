"""How long a second `portal up` takes until it is ready, and how long it takes to stop: the contract gives each 10 s."""
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.setup.processes import ROOT, environment, free_port, until


def up(data: Path, said: Path, *further: str) -> "subprocess.Popen[bytes]":
    env = {k: v for k, v in environment(data).items() if k != "PYTHONDONTWRITEBYTECODE"}
    with said.open("wb") as words:
        return subprocess.Popen([sys.executable, "-m", "portal.cli", "up", "--port", str(free_port()), *further], cwd=ROOT, env=env,
                                stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        for name in ("cold", "warm", "warm", "warm"):
            began = time.perf_counter()
            process = up(Path(folder) / "data", said)
            ready = until(lambda p=process: "ready after" in said.read_text() or p.poll() is not None, 600)
            took = time.perf_counter() - began
            assert ready and process.poll() is None, said.read_text()[-2000:]
            began = time.perf_counter()
            os.kill(process.pid, signal.SIGTERM)
            process.wait(timeout=60)
            print(f"{name}: ready after {took:.1f} s, stopped in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
