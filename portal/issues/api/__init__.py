"""Quality issues for programs: routed, raised, handed from desk to desk, solved, spoken of."""
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

from portal import api
from portal.api import Answer, ApiRoute, Page, PageQuery, Spec
from portal.attachments import api as files
from portal.audit.api import HistoryEntry, history
from portal.issues import models, queries, service
from portal.issues.api import sent
from portal.issues.api.shown import (
    CommentedIssue,
    Issue,
    IssueComment,
    IssueDesk,
    IssueParty,
    IssuePreview,
    LinkedIssue,
    Shown,
    in_english,
)
from portal.issues.models import Issue as Row
from portal.issues.rules.routing import VERSION
from portal.web import untrusted
from portal.web.access import identity
from tenants import clock, directory
from tenants.errors import Invalid, NotVisible
from tenants.messages import N_
from tenants.permissions import Permission

NAME = "issues"
_NO_CAMPAIGN, _NO_UNIT = N_("There is no such campaign."), N_("There is no such unit.")
_NO_ISSUE = N_("There is no such issue.")


def listing() -> Answer:
    asked, shown, me = api.query(sent.IssuesQuery), Shown(), identity()
    wanted = queries.Wanted(
        campaign=untrusted.sought(asked.campaign), **{name: getattr(asked, name) for name in (
            "state", "severity", "stage", "line", "role", "owner", "raised_by", "overdue", "open", "ruling_due", "handed_over",
            "task", "q")})
    where = queries.conditions(me, wanted, clock.now(), lambda kind: queries.task(me, kind))
    return api.page_of(queries.listed(where), (models.Issue.raised_at, models.Issue.id), asked, shown, descending=True,
                       ahead=shown.ahead)


def _unit(code: str) -> int:
    """A unit's key; 0, which none has, for an unknown code."""
    found = directory.unit_by_code(code)
    return found.id if found else 0


def single(key: str) -> Answer:
    return _answer(_found(key))


def past(key: str) -> Answer:
    return history("issue", _found(key).id)


def route() -> Answer:
    service.allow_raise(actor=identity())
    wanted = api.body(sent.IssueRouteSent)
    unit = _raising_unit(wanted.raised_by)
    campaign = queries.campaign_to_raise_on(identity(), untrusted.sought(wanted.campaign), unit)
    if wanted.campaign is not None and campaign is None:
        raise Invalid({"campaign": [_NO_CAMPAIGN]})
    also = tuple(_unit(code) for code in wanted.also)
    if also and not set(also) <= {u.id for u in queries.nameable_at_raising(campaign, unit)}:
        raise Invalid({"also": [_NO_UNIT]})
    found = queries.preview_route(identity(), campaign, unit, severity=wanted.severity, stage=wanted.stage, also=also)
    names, way = Shown().names, found.route
    return Answer(IssuePreview(
        owner=IssueDesk(unit=names.codes[way.owner.unit], line=way.owner.line),
        parties=[IssueParty(unit=names.codes[p.unit], line=p.line, part=p.part) for p in way.parties],
        why=[in_english(m) for m in found.why], reasons=[names.reason(r) for r in way.why], rule=way.rule.value, version=VERSION,
        respond_by=found.deadlines.respond_by, resolve_by=found.deadlines.resolve_by))


def create() -> Answer:
    service.allow_raise(actor=identity())
    said = api.body(sent.IssueSent)
    draft = service.Draft(
        campaign=untrusted.sought(said.campaign), raised_by=_raising_unit(said.raised_by),
        title=said.title, description=said.description, severity=said.severity.value, stage=said.stage.value,
        control_element=said.control_element, complaint_count=said.complaint_count, campaign_words=said.campaign_words,
        also=tuple(_unit(code) for code in said.also))
    row = service.raise_issue(draft, actor=identity())
    return api.created(Shown().one(row), f"/issues/{row.id}")


def _raising_unit(code: str) -> int:
    """Raises Invalid for a unit that there is not, NotPermitted for one that is not the caller's to raise for."""
    found = _unit(code)
    if not found:
        raise Invalid({"raised_by": [_NO_UNIT]})
    service.allow_raise(found, actor=identity())
    return found


def _found(key: str) -> Row:
    return queries.one(identity(), api.key(key))


def _answer(row: Row) -> Answer:
    return api.one(Shown().one(row))


@contextmanager
def _below(field: str, *names: str) -> Iterator[None]:
    """What the service finds wrong with `names` stands below `field` in the body."""
    try:
        yield
    except Invalid as refused:
        raise Invalid({f"{field}.{k}" if k in names else k: v for k, v in refused.errors.items()}) from None


def _action(action: str, do: Callable[[Row], object]) -> Callable[[str], Answer]:
    """404, then 403, then 409; the body is looked at after that."""
    def view(key: str) -> Answer:
        row = _found(key)
        service.allow(row, action, actor=identity())
        do(row)
        return _answer(row)
    view.__name__ = action
    return view


def _hand_over(row: Row) -> None:
    said = api.body(sent.IssueHandOverSent)
    with _below("to", "unit", "line"):
        service.hand_over(row, _unit(said.to.unit), said.to.line or row.ruling_line, said.reason, actor=identity())


def _rule(row: Row) -> None:
    said = api.body(sent.IssueHandOverSent)
    with _below("to", "unit", "line"):
        service.rule(row, _unit(said.to.unit), said.to.line or row.ruling_line, said.reason, actor=identity())


def _name_party(row: Row) -> None:
    said = api.body(sent.DeskSent)
    service.name_party(row, _unit(said.unit), said.line or row.ruling_line, actor=identity())


def _resolve(row: Row) -> None:
    said = api.body(sent.IssueSolutionSent)
    service.resolve(row, said.root_cause, said.solution, actor=identity())


def _identify(row: Row) -> None:
    service.identify(row, untrusted.key(api.body(sent.IssueCampaignSent).campaign) or untrusted.NOBODY, actor=identity())


def _merge(row: Row) -> None:
    service.merge(row, _other(api.body(sent.IssueMergeSent).into, "into"), actor=identity())


def _link(row: Row) -> None:
    service.link(row, _other(api.body(sent.IssueLinkSent).issue, "issue"), actor=identity())


def _other(text: str, field: str) -> Row:
    """Another issue; one that the caller does not see is answered like one that there is not."""
    try:
        return queries.one(identity(), untrusted.key(text) or untrusted.NOBODY)
    except NotVisible:
        raise Invalid({field: [_NO_ISSUE]}) from None


def _pass_on(row: Row) -> None:
    mail = api.body(sent.IssuePersonSent).person.lower()
    person = next((p.id for p in queries.colleagues(row) if p.email.lower() == mail), untrusted.NOBODY)
    service.pass_on(row, person, actor=identity())


def _join(row: Row) -> None:
    said = api.body(sent.IssueJoinSent)
    service.join(row, said.complaint_count, said.text, actor=identity())


def _warn(row: Row) -> None:
    said = api.body(sent.IssueWarningSent)
    service.warn(row, said.words, said.due, actor=identity())


def comment(key: str) -> Answer:
    row = _found(key)
    service.allow(row, "comment", actor=identity())
    said = api.body(sent.IssueCommentSent)
    made = service.comment(row, said.text, said.mentions, actor=identity())
    whole = Shown().one(row)
    shown = next(_comment(c) for c in queries.comments(row) if c.id == made.id)
    return api.created(CommentedIssue(**dict(whole), comment=shown), f"/issues/{row.id}")


def comments(key: str) -> Answer:
    return api.page(queries.comments(_found(key)), api.query(PageQuery), _comment, key=lambda c: str(c.id))


def _comment(c: models.IssueComment) -> IssueComment:
    return IssueComment(id=str(c.id), at=c.at, by=c.by.email, unit=c.unit.code, kind=c.kind, text=c.text,  # type: ignore[arg-type]  # pydantic makes the code of the text
                        mentions=c.mentions)


def split(key: str) -> Answer:
    row = _found(key)
    service.allow(row, "split", actor=identity())
    said = api.body(sent.IssuePartSent)
    with _below("to", "unit", "line"):
        part = service.split(row, _unit(said.to.unit), said.to.line or row.ruling_line, said.title, said.description,
                             actor=identity())
    return api.created(Shown().one(part), f"/issues/{part.id}")


def related(key: str) -> Answer:
    row, me = _found(key), identity()
    rows = [(kind, r) for kind, found in (("link", queries.links(me, row)), ("part", queries.sub_issues(me, row)),
                                          ("duplicate", queries.merged(me, row))) for r in found]
    return api.page(rows, api.query(PageQuery), lambda x: LinkedIssue(
        id=str(x[1].id), code=x[1].code, title=x[1].title, state=x[1].state, kind=x[0]), key=lambda x: f"{x[0]} {x[1].id}")  # type: ignore[arg-type]  # the same


def _simple(action: str, body: type[BaseModel] | None = None, *fields: str) -> Callable[[str], Answer]:
    """An action of which the service takes the body's fields as they are."""
    def do(row: Row) -> None:
        said: Any = api.body(body) if body else None
        getattr(service, action)(row, *(getattr(said, field) for field in fields), actor=identity())
    return _action(action, do)


_KEY = (("key", "The issue's id."),)
P = Permission


def _post(path: str, view: Callable[[str], Answer], permission: Permission, summary: str, body: type[BaseModel] | None,
          conflicts: str, **more: Any) -> ApiRoute:
    return ("POST", f"/issues/<key>/{path}", view, permission, Spec(
        summary=summary, answer=more.pop("answer", Issue), body=body, keys=_KEY, conflicts=conflicts, **more))


_ROUTED, _OPEN = "It is not routed, or a ruling is due.", "It is not open, or a ruling is due."
ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/issues", listing, P.ISSUE_LIST, Spec(summary="The issues one may see, newest first", answer=Page[Issue],
                                                   query=sent.IssuesQuery)),
    ("POST", "/issues", create, P.ISSUE_RAISE, Spec(
        summary="Raise an issue; the portal finds whose it is", answer=Issue, body=sent.IssueSent, status=201)),
    ("POST", "/issues/route", route, P.ISSUE_RAISE, Spec(
        summary="Where an issue would go, and why; nothing is stored", answer=IssuePreview, body=sent.IssueRouteSent)),
    ("GET", "/issues/<key>", single, P.ISSUE_READ, Spec(summary="One issue", answer=Issue, keys=_KEY)),
    ("GET", "/issues/<key>/history", past, P.ISSUE_READ, Spec(
        summary="What happened to it, newest first", answer=Page[HistoryEntry], query=PageQuery, keys=_KEY)),
    ("GET", "/issues/<key>/comments", comments, P.ISSUE_READ, Spec(
        summary="What was said, oldest first", answer=Page[IssueComment], query=PageQuery, keys=_KEY)),
    ("GET", "/issues/<key>/related", related, P.ISSUE_READ, Spec(
        summary="Linked issues, parts and duplicates that one may see", answer=Page[LinkedIssue], query=PageQuery, keys=_KEY)),
    _post("accept", _simple("accept"), P.ISSUE_ANSWER, "Take it up", None, _ROUTED),
    _post("hand-over", _action("hand_over", _hand_over), P.ISSUE_ANSWER, "Hand it to the desk where the cause lies",
          sent.IssueHandOverSent, "It is not open, was ruled, or a ruling is due."),
    _post("decline", _simple("decline", sent.IssueReasonSent, "reason"), P.ISSUE_ANSWER, "Return it to who handed it over",
          sent.IssueReasonSent, "Nobody handed it over, or it was ruled."),
    _post("rule", _action("rule", _rule), P.ISSUE_RULE, "Decide who owns it", sent.IssueHandOverSent,
          "There is no second disagreement, and nothing is overdue."),
    _post("resolve", _action("resolve", _resolve), P.ISSUE_ANSWER, "Say what it was and what was done", sent.IssueSolutionSent,
          "It is not accepted, or has open parts."),
    _post("confirm", _simple("confirm"), P.ISSUE_CONFIRM, "Confirm the solution; this closes it", None, "It is not resolved."),
    _post("reopen", _simple("reopen", sent.IssueReasonSent, "reason"), P.ISSUE_CONFIRM, "It is not solved",
          sent.IssueReasonSent, "It is neither resolved nor closed."),
    _post("withdraw", _simple("withdraw", sent.IssueReasonSent, "reason"), P.ISSUE_CONFIRM, "Take it back",
          sent.IssueReasonSent, "It has ended."),
    _post("ask", _simple("ask", sent.IssueTextSent, "text"), P.ISSUE_ANSWER, "Ask its first contact; the owner's share rests",
          sent.IssueTextSent, _OPEN),
    _post("answer", _simple("answer", sent.IssueTextSent, "text"), P.ISSUE_CONFIRM, "Answer the owner's question",
          sent.IssueTextSent, "Nothing was asked."),
    _post("comments", comment, P.ISSUE_COMMENT, "Say something to all parties", sent.IssueCommentSent, "It was withdrawn.",
          answer=CommentedIssue, status=201),
    _post("parties", _action("name_party", _name_party), P.ISSUE_NAME_PARTY, "Name a further party", sent.DeskSent, _OPEN),
    _post("identify", _action("identify", _identify), P.ISSUE_IDENTIFY, "Say which campaign it is about",
          sent.IssueCampaignSent, "Its campaign is known."),
    _post("merge", _action("merge", _merge), P.ISSUE_ANSWER, "Close it as a duplicate of another", sent.IssueMergeSent, _OPEN),
    _post("split", split, P.ISSUE_ANSWER, "Give a part of it to another owner", sent.IssuePartSent, "It is not accepted.",
          status=201),
    _post("links", _action("link", _link), P.ISSUE_COMMENT, "Link another issue", sent.IssueLinkSent, "It was withdrawn."),
    _post("pass-on", _action("pass_on", _pass_on), P.ISSUE_CONFIRM, "Name another first contact", sent.IssuePersonSent,
          "It was withdrawn."),
    _post("take-over", _simple("take_over"), P.ISSUE_TAKE_OVER, "Become first contact in place of one who has left", None,
          "The first contact is still there."),
    _post("chase", _simple("chase", sent.IssueChaseSent, "text"), P.ISSUE_CHASE, "Urge its owner", sent.IssueChaseSent,
          "It is not open."),
    _post("join", _action("join", _join), P.ISSUE_COMMENT, "Add complaints to an issue of one's own unit", sent.IssueJoinSent,
          "It is not open."),
    _post("warn", _action("warn", _warn), P.ISSUE_ANSWER, "Have the owners of alike campaigns look for the same",
          sent.IssueWarningSent, "It is not closed, or others have been warned."),
    *files.routes("issue", "/issues", P.ISSUE_READ, P.ISSUE_COMMENT),
)
