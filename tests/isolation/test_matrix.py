"""Persona × endpoint: the route map is walked, and the answer expected comes from the permission table.

A route whose keys have no example here fails, and so does one that declares nothing."""
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from portal.accounts import service as accounts
from portal.attachments import service as files
from portal.bulletins import queries as bulletins
from portal.campaigns import queries as campaigns
from portal.filings import service as filings
from portal.issues import queries as issues
from portal.meetings import queries as meetings
from portal.supervision import queries as supervision
from tenants.access import Identity, Subject, permits
from tenants.context import Lane, Scope
from tenants.db import db, uuid7
from tenants.isolation import acting_as
from tenants.permissions import PUBLIC, Permission, Relation, grants
from tenants.vocabulary import Line
from tests.conftest import As, Superuser
from tests.factories import people, world
from tests.factories.bulletins import bulletin
from tests.factories.exchange import campaign, raised
from tests.factories.exchange import unit as unit_of
from tests.factories.files import PDF
from tests.factories.meetings import meeting
from tests.factories.plans import draft
from tests.factories.supervision import order
from tests.web.browsing import Browser

# The office, a line's lead, the auditor, a unit's contact, an owner, another unit; the long ones vary these.
PERSONAS = ("office", "market", "auditor", "contact.guangdong", "market.guangdong", "contact.tibet",
            *(pytest.param(name, marks=pytest.mark.long) for name in (
                "leader", "network", "admin", "head.guangdong", "network.guangdong", "member.guangdong", "market.migu",
                "market.beijing")))
REFUSED = {401, 403, 404}
P = Permission

# What a key in an address stands for. `read` is what makes the thing visible at all.
KINDS = {"/issues/<key>": "issue", "/campaigns/import/<key>": "own", "/campaigns/<key>": "campaign", "/meetings/<key>": "meeting",
         "/supervision/<key>": "supervision", "/account/subscriptions/<uuid:key>": "own",
         "/account/subscriptions/files/<uuid:key>": "own",
         "/bulletins/plans/<key>": "own", "/bulletins/<key>": "bulletin",
         "/cautions/<key>": "own",
         "/saved/<uuid:key>": "own",
         "/assignments/<key>": "assignment", "/filings/<key>": "filing", "/programmes/<key>": "programme", "/units/<code>": "unit",
         "/files/<uuid:key>": "file", "/files/<key>": "file",
         "/account/delegations/<uuid:key>": "own", "/notices/<uuid:key>": "own", "/channels/<uuid:key>": "own",
         "/reminders/<uuid:key>": "own", "/calendar/<secret>": "own", "/reminders/answer/<token>": "own",
         "/operations/parked/<uuid:key>": "own"}
READS = {"supervision": P.SUPERVISION_READ, "bulletin": P.BULLETIN_READ,
         "meeting": P.MEETING_READ, "issue": P.ISSUE_READ, "campaign": P.CAMPAIGN_READ,
         "assignment": P.ASSIGNMENT_READ, "file": P.ASSIGNMENT_READ, "filing": P.FILING_READ, "programme": P.PROGRAMME_READ}
# Granted only for a thing, but asked for on a page of many: the things chosen decide, one by one.
BY_ITEM = {("GET", "/supervision/new"), ("POST", "/supervision/new"), ("POST", "/supervision/choose"),
           ("GET", "/meetings/new"), ("POST", "/meetings/new"),
           *((method, f"/campaigns/{page}") for method in ("GET", "POST") for page in ("new", "import")),
           ("GET", "/campaigns/import/template.xlsx"), ("POST", "/api/v1/campaigns"),
           ("GET", "/cautions"), ("GET", "/cautions.xlsx"),
           ("GET", "/issues/new"), *(("POST", f"/issues/new{part}") for part in ("", "/campaigns", "/about", "/route")),
           ("POST", "/api/v1/issues"), ("POST", "/api/v1/issues/route"),
           ("POST", "/issues/<key>/join"), ("POST", "/api/v1/issues/<key>/join"),     # by the raising unit alone
           ("POST", "/files/<uuid:key>/remove"), ("POST", "/api/v1/files/<key>/remove"),
           ("GET", "/channels"), ("GET", "/channels/new"), ("POST", "/channels"),
           ("POST", "/assignments/progress"), ("POST", "/assignments/chase"), ("GET", "/assignments/verify"), ("POST", "/filings"),
           ("POST", "/api/v1/filings"), ("POST", "/act-as"), ("POST", "/account/delegations"),
           ("POST", "/filings/<key>/answer"), ("GET", "/assignments/progress"), ("POST", "/api/v1/filings/<key>/reviews")}


@dataclass(frozen=True)
class Thing:
    key: str
    subject: Subject | None
    part: str = "none"


@pytest.fixture
def things(acting: As, superuser: Superuser) -> dict[str, Thing]:
    """One of each kind: Guangdong's, of the market line where it has one."""
    with acting("contact.guangdong") as contact:
        filing = draft(contact)
        filings.submit(filing, actor=contact)
        db.session.commit()
        unit, key, programme = filing.unit_id, str(filing.id), str(filing.programme_id)
    row = superuser.execute("SELECT id FROM assignment WHERE unit_id = %s AND line = 'market' ORDER BY id", (unit,)).fetchone()
    part = superuser.execute("SELECT id FROM template WHERE programme_id = %s AND kind = 'task'", (programme,)).fetchone()
    assert row and part
    with acting("contact.guangdong") as contact:
        file = str(files.attach("assignment", row[0], BytesIO(PDF), "a.pdf", actor=contact).id)
        db.session.commit()
    about = campaign(superuser, "migu", lands=["guangdong", "beijing"])
    issue = raised(acting, "contact.guangdong", about, also=(unit_of(superuser, "beijing"),))
    called = meeting(acting, "office", "guangdong", "beijing")
    out = bulletin(acting, "guangdong", "beijing")
    ordered = order(acting, "market", "guangdong", line=Line.MARKET)
    with acting("leader") as reader:
        concerned, launched = issues.one(reader, issue).subject, campaigns.one(reader, about).subject
        sits, sent = meetings.one(reader, called).subject, bulletins.one(reader, out).subject
        put = supervision.one(reader, ordered).subject
    return {"supervision": Thing(str(ordered), put), "bulletin": Thing(str(out), sent), "meeting": Thing(str(called), sits),
            "issue": Thing(str(issue), concerned), "campaign": Thing(str(about), launched),
            "assignment": Thing(str(row[0]), Subject(unit, Line.MARKET)), "file": Thing(file, Subject(unit, Line.MARKET)),
            "filing": Thing(key, Subject(unit)),
            "programme": Thing(programme, None, str(part[0])), "unit": Thing("guangdong", Subject(unit)),
            "own": Thing(str(uuid7()), None)}


def rules(app: Flask, api: bool) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") is api and rule.endpoint != "static":
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule


def kind_of(rule: str) -> str | None:
    """Raises KeyError for a key of a kind that has no example here."""
    bare = rule.removeprefix("/api/v1")
    if "<" not in bare:
        return None
    return next(KINDS[prefix] for prefix in KINDS if bare.startswith(prefix))


def address(rule: str, thing: Thing | None) -> str:
    if thing is None:
        return rule
    filled = re.sub(r"<(uuid:)?(key|code)>", thing.key, rule)
    return filled.replace("<part>", thing.part) + ("?line=market" if "/review" in rule else "")


def judged(permission: Permission, kind: str | None, thing: Thing | None) -> Subject | None:
    """The subject that the permission is asked about on this route."""
    if all(relation is Relation.NOTHING for _, relation in grants(permission)) or thing is None:
        return None
    if kind == "filing" and permission is P.FILING_REVIEW and thing.subject:
        return Subject(thing.subject.unit, Line.MARKET)
    return thing.subject


def expected(who: Identity, permission: Permission, method: str, rule: str, things: dict[str, Thing]) -> str:
    kind = kind_of(rule)
    thing = things[kind] if kind else None
    if (method, rule) in BY_ITEM:
        return "any"
    if kind == "own":
        return "refused"
    if kind in READS and thing and not permits(who, READS[kind], thing.subject):
        return "refused"                                      # a foreign thing: 404, or 403 where the page itself is closed
    return "done" if permits(who, permission, judged(permission, kind, thing)) else "403"


def agrees(status: int, wanted: str) -> bool:
    return {"any": status < 500, "refused": status in (403, 404), "403": status == 403,
            "done": status < 500 and status not in REFUSED}[wanted]


def test_every_endpoint_declares(app: Flask) -> None:
    declared = app.extensions["portal.declared"]
    silent = [r.endpoint for r in app.url_map.iter_rules()
              if declared.get(r.endpoint) is not PUBLIC and not isinstance(declared.get(r.endpoint), Permission)]
    assert silent == []
    for api in (False, True):
        for _, rule in rules(app, api):
            if declared[rule.endpoint] is not PUBLIC and not rule.rule.startswith("/admin"):
                kind_of(rule.rule)


@pytest.mark.parametrize("name", PERSONAS)
def test_pages(app: Flask, acting: As, things: dict[str, Thing], name: str) -> None:
    app.extensions["portal.limiter"].reset()
    with app.app_context():
        who = world.identity(name)
    browser = Browser(app)
    browser.enter(name)
    wrong = []
    for method, rule in rules(app, api=False):
        permission = app.extensions["portal.declared"][rule.endpoint]
        if permission is PUBLIC or rule.rule.startswith("/admin"):
            continue
        kind = kind_of(rule.rule)
        path = address(rule.rule, things[kind] if kind else None)
        sent = {"line": "market"} if "/review" in rule.rule else {}
        status = (browser.get(path) if method == "GET" else browser.post(path, sent)).status_code
        wanted = expected(who, permission, method, rule.rule, things)
        if not agrees(status, wanted):
            wrong.append((method, path, status, wanted))
    assert wrong == []


@pytest.mark.parametrize("name", PERSONAS)
def test_api(app: Flask, acting: As, things: dict[str, Thing], name: str) -> None:
    with app.app_context(), acting_as(Scope(None, (), Lane.SIGN_IN)):
        token = accounts.make_token(people.key(name), 1)
        db.session.commit()
    with app.app_context():
        who = world.identity(name)
    wrong = []
    for method, rule in rules(app, api=True):
        permission = app.extensions["portal.declared"][rule.endpoint]
        if permission is PUBLIC:
            continue
        kind = kind_of(rule.rule)
        path = address(rule.rule, things[kind] if kind else None)
        body = {} if method == "GET" else {"json": {"line": "market"} if "/reviews" in rule.rule else {}}
        answer = app.test_client().open(path, method=method, headers={"Authorization": f"Bearer {token}"}, **body)
        wanted = expected(who, permission, method, rule.rule, things)
        if not agrees(answer.status_code, wanted) or (answer.status_code == 403 and wanted == "refused" and kind in READS
                                                      and method == "GET"):
            wrong.append((method, path, answer.status_code, wanted))
    assert wrong == []


def test_anonymous(app: Flask, things: dict[str, Thing]) -> None:
    browser, wrong = Browser(app), []
    for api in (False, True):
        for method, rule in rules(app, api):
            permission = app.extensions["portal.declared"][rule.endpoint]
            if permission is PUBLIC:
                continue
            kind = None if rule.rule.startswith("/admin") else kind_of(rule.rule)
            path = address(rule.rule, things[kind] if kind else None)
            answer = browser.client.open(path, method=method)
            to_sign_in = answer.status_code in (302, 303) and "/login" in answer.headers.get("Location", "")
            if answer.status_code != 401 if api else not to_sign_in:
                wrong.append((method, path, answer.status_code))
    assert wrong == []


def test_foreign_unknown_and_malformed_are_one_answer(app: Flask, things: dict[str, Thing]) -> None:
    with app.app_context(), acting_as(Scope(None, (), Lane.SIGN_IN)):
        token = accounts.make_token(people.key("contact.tibet"), 1)
        db.session.commit()
    for kind, prefix in (("assignment", "/api/v1/assignments/"), ("filing", "/api/v1/filings/"), ("issue", "/api/v1/issues/"),
                         ("campaign", "/api/v1/campaigns/")):
        answers = {(a.status_code, a.data) for key in (things[kind].key, str(UUID(int=7)), "x", "%00", "../../etc")
                   for a in [app.test_client().get(prefix + key, headers={"Authorization": f"Bearer {token}"})]}
        assert {status for status, _ in answers} == {404} and len({body for _, body in answers}) == 1
