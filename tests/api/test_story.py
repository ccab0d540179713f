"""The main job through the interface, from the office's programme to the board's cell, with nothing but the contract's calls."""
from datetime import UTC, datetime
from typing import Any

from tenants import clock
from tests.api.conftest import Call

NEXT_YEAR = datetime(2027, 3, 10, 2, 0, tzinfo=UTC)
GD, CONTACT = "guangdong", "contact.guangdong"
LINES = ("customer_service", "market", "enterprise", "it", "network")
Answer = dict[str, Any]


def test_from_the_programme_to_the_board(call: Call) -> None:
    def do(who: str, method: str, path: str, body: object = None, status: int = 200, tag: str = "") -> Answer:
        answer = call(who, method, path, headers={"If-Match": tag} if tag else {}, **({"json": body} if body is not None else {}))
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return dict(answer.get_json())

    def cell(programme: str) -> Answer:
        board = do(CONTACT, "GET", f"/programmes/{programme}/board")
        assert {c["unit"] for c in board["cells"]} == {GD}
        return dict(next(c for c in board["cells"] if c["milestone"] == "sorting"))

    with clock.standing_at(NEXT_YEAR):
        programme = do("office", "POST", "/programmes", {"year": 2027}, 201)["id"]
        preview = do("office", "GET", f"/programmes/{programme}/preview")
        assert do("office", "POST", f"/programmes/{programme}/issue")["state"] == "issued"
        issued = do("office", "GET", f"/assignments?programme={programme}&unit={GD}&limit=200")["items"]
        assert {"unit": GD, "count": len(issued)} in preview["by_unit"]

        filing = do(CONTACT, "POST", "/filings", {"unit": GD, "programme": programme}, 201)
        path = f"/filings/{filing['id']}"
        items = [{**i, "owner": i["owner"] or f"market@{GD}.example", "start": "2027-02-01", "measure": "monthly"}
                 for i in filing["items"]]
        tag = call(CONTACT, "GET", path).headers["ETag"]
        do(CONTACT, "PATCH", path, {"mechanism": "led by the head", "team": "five people", "items": items}, tag=tag)
        assert do(CONTACT, "POST", f"{path}/submit")["state"] == "submitted"

        returned = next(i for i in filing["items"] if i["line"] == "market")["assignment"]
        assert do("market", "POST", f"{path}/reviews", {"line": "market", "verdict": "return", "remarks": [
            {"assignment": returned, "text": "who leads?"}]})["state"] == "returned"
        tag = call(CONTACT, "GET", path).headers["ETag"]
        do(CONTACT, "PATCH", path, {"items": [{"assignment": returned, "measure": "the head leads"}]}, tag=tag)
        do(CONTACT, "POST", f"{path}/submit")
        for line in LINES:
            done = do(line.replace("_", "-"), "POST", f"{path}/reviews", {"line": line, "verdict": "approve"})
        assert done["state"] == "approved"

        before, task = cell(programme), f"/assignments/{returned}"
        owner = do(CONTACT, "GET", task)["owner"].split("@")[0] + f".{GD}"
        assert do(owner, "POST", f"{task}/progress", {"percent": 60, "text": "half way"})["percent"] == 60
        assert do(owner, "POST", f"{task}/hand-in", {"text": "done"})["state"] == "handed_in"
        assert do("market", "POST", f"{task}/verify", {"verdict": "close"})["state"] == "closed"
        after = cell(programme)
        assert (after["closed"], after["total"]) == (before["closed"] + 1, before["total"])
        actions = [e["action"] for e in do(CONTACT, "GET", f"{task}/history")["items"]]
        assert {"create", "plan", "report", "hand_in", "close"} <= set(actions)
