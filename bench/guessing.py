"""Whether time tells a hidden thing from none at all: medians of answers to guessed keys, hidden and unknown in turn, on the
demonstration year. Both are 404 after the same statements (tests/isolation/test_guessing.py)."""
import statistics
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from flask.testing import FlaskClient

from bench.pages import make, sign_in
from portal import embedded

RUNS = 200
TABLES = {"issues": "SELECT id FROM issue ORDER BY id", "campaigns": "SELECT id FROM campaign ORDER BY id",
          "files": "SELECT id FROM attachment WHERE removed_at IS NULL AND subject_kind = 'issue' ORDER BY id"}


def timed(client: FlaskClient, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    took = (time.perf_counter() - began) * 1000
    assert answer.status_code == 404, (path, answer.status_code)
    return took


def compared(client: FlaskClient, kind: str, hidden: str, who: str) -> str:
    pairs = [(timed(client, f"/{kind}/{hidden}"), timed(client, f"/{kind}/{uuid4()}")) for _ in range(RUNS)]
    theirs, none = (statistics.median(side) for side in zip(*pairs, strict=True))
    return f"{kind:12}{who:24}hidden {theirs:6.2f} ms, unknown {none:6.2f} ms, {(theirs / none - 1) * 100:+5.1f} %"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        data = Path(folder)
        app, settings = make(data)
        try:
            with embedded.start(data).connect("postgres", "portal") as all_seeing:
                keys = {kind: [str(row[0]) for row in all_seeing.execute(asked).fetchall()] for kind, asked in TABLES.items()}
            for who in ("contact@tibet.example", "market@tibet.example", "network@hq.example", "it@hq.example"):
                client = sign_in(app, settings, who)
                for kind, known in keys.items():
                    hidden = next((k for k in known if client.get(f"/{kind}/{k}").status_code == 404), None)
                    if hidden is None:                 # headquarters sees every campaign
                        continue
                    print(compared(client, kind, hidden, who))
        finally:
            for server in (embedded.start(data), embedded.start_valkey(data)):
                embedded.stop(server)


if __name__ == "__main__":
    main()
