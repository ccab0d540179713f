"""Ten people of one desk do the same at the same moment."""
import threading
from collections import Counter

from flask import Flask

from tests.api.conftest import token_of
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, raised, unit
from tests.services.delivering import deliver

CLERKS = 10


def test_ten_line_owners_accept_at_once(app: Flask, acting: As, superuser: Superuser) -> None:
    """One accepts; nine are told that it is accepted; nothing is done twice, and the first contact hears once."""
    key = raised(acting, "contact.guangdong", campaign(superuser, "migu", lands=["guangdong"]))
    migu = unit(superuser, "migu")
    names = [f"clerk{n}.migu" for n in range(CLERKS)]
    for name in names:
        superuser.execute("INSERT INTO person (id, email, name, phone, language, version) VALUES (%s, %s, %s, '', 'en', 1)",
                          (people.key(name), people.email(name), f"示例 {name}"))
        superuser.execute("INSERT INTO appointment (id, person_id, unit_id, role, line, deputy, valid_from, version)"
                          " VALUES (%s, %s, %s, 'line_owner', 'market', false, '2026-01-01', 1)",
                          (people.appointment_key(name), people.key(name), migu))
    tokens = [token_of(superuser, name) for name in names]
    meet, answers = threading.Barrier(CLERKS), list[int]()

    def go(token: str) -> None:
        client, by = app.test_client(use_cookies=False), {"Authorization": f"Bearer {token}"}
        seen = client.get(f"/api/v1/issues/{key}", headers=by)
        meet.wait(60)
        done = client.post(f"/api/v1/issues/{key}/accept", headers=by, json={})
        answers.append(done.status_code if seen.status_code == 200 and seen.get_json()["state"] == "routed" else 0)
    threads = [threading.Thread(target=go, args=(token,)) for token in tokens]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
    assert Counter(answers) == {200: 1, 409: CLERKS - 1}
    done = superuser.execute("SELECT count(*) FROM audit_entry WHERE subject_id = %s AND action = 'accept'", (key,)).fetchone()
    assert done == (1,)
    deliver(app)
    told = superuser.execute("SELECT count(*) FROM notice WHERE person_id = %s AND text LIKE '%%accepted your issue%%'",
                             (people.key("contact.guangdong"),)).fetchone()
    assert told == (1,)
