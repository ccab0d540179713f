"""Units' implementation plans for programs: drafted, changed, submitted, reviewed."""
from collections.abc import Mapping

from portal import api
from portal.api import Answer, ApiRoute, Page, PageQuery, Spec
from portal.audit.api import HistoryEntry, history
from portal.filings import models, queries, service
from portal.filings.api.answers import Filing, Shown
from portal.filings.api.bodies import (
    FilingChange,
    FilingReviewSent,
    FilingSent,
    FilingsQuery,
    FilingSubmit,
    ReviewLine,
    changed,
    remarks_by_item,
)
from portal.filings.models import Filing as Row
from portal.programmes import queries as programmes
from portal.web import untrusted
from portal.web.access import identity
from tenants import directory
from tenants.access import Subject, need, permits, reaches
from tenants.errors import Invalid, NotPermitted, NotVisible
from tenants.messages import N_, Message
from tenants.permissions import Permission
from tenants.vocabulary import Line

NAME = "filings"


def listing() -> Answer:
    asked, shown = api.query(FilingsQuery), Shown(identity())
    where = queries.conditions(identity(), queries.Wanted(
        unit=asked.unit, programme=untrusted.sought(asked.programme), state=asked.state, waits_for=asked.waits_for))
    return api.page_of(queries.listed(where).options(*queries.WITH_ITEMS), (models.Filing.unit_id, models.Filing.id), asked,
                       shown.one, ahead=shown.read)


def single(key: str) -> Answer:
    return api.one(_as_shown(_found(key)))


def past(key: str) -> Answer:
    row = _found(key)
    return history("filing", row.id, queries.history_reader(row, identity()))


def create() -> Answer:
    """403 for who drafts nothing anywhere; then what the body names; then 403 and 409 for the unit named."""
    me = identity()
    if not reaches(me, Permission.FILING_DRAFT):
        need(me, Permission.FILING_DRAFT)
    sent = api.body(FilingSent)
    unit, errors = directory.unit_by_code(sent.unit), dict[str, list[Message]]()
    if unit is None:
        errors["unit"] = [N_("There is no such unit.")]
    try:
        programme = programmes.one(me, api.key(sent.programme))
    except NotVisible:
        errors["programme"] = [N_("There is no such programme.")]
    if errors or unit is None:
        raise Invalid(errors)
    made = service.open_draft(programme.id, unit.id, actor=me)
    return api.created(_as_shown(made), f"/filings/{made.id}")


def change(key: str) -> Answer:
    row = _found(key)
    api.if_match(_as_shown(row), lambda: service.allow(row, "save", actor=identity()))
    sent = api.body(FilingChange)
    content = changed(row, sent)
    try:
        service.save(row, content, actor=identity(), version=row.version)
    except Invalid as refused:
        places = {f"items.{i.assignment}": f"items.{n}" for n, i in enumerate(sent.items)}
        raise Invalid({_at(place, places): said for place, said in refused.errors.items()}) from None
    return _again(row)


def _at(place: str, places: Mapping[str, str]) -> str:
    """The place in the body of a fault that the service found."""
    head, _, name = place.rpartition(".")
    return f"{places[head]}.{name}" if head in places else place


def submit(key: str) -> Answer:
    row = _found(key)
    service.allow(row, "submit", actor=identity())
    api.body(FilingSubmit)
    service.submit(row, actor=identity())
    return _again(row)


def review(key: str) -> Answer:
    row, me = _found(key), identity()
    decisions = [permits(me, Permission.FILING_REVIEW, Subject(row.unit_id, line)) for line in Line]
    if not any(decisions):
        raise NotPermitted(decisions[0].why)
    service.allow_review(row, _line_sent(row), actor=me)
    sent = api.body(FilingReviewSent)
    service.review(row, sent.line, sent.verdict, sent.remark, remarks_by_item(row, sent), actor=me)
    return _again(row)


def _line_sent(row: Row) -> Line:
    """Whose part is meant, read before the rest, since whether one may judge it comes first. Where that cannot be read, the
    state is what is told before: raises RuleViolated, Invalid for the whole."""
    try:
        return api.body(ReviewLine).line
    except Invalid:
        service.under_review(row)
        api.body(FilingReviewSent)
        raise


def _found(key: str) -> Row:
    return queries.one(identity(), api.key(key))


def _as_shown(row: Row) -> Filing:
    shown = Shown(identity())
    shown.read([row])
    return shown.one(row)


def _again(row: Row) -> Answer:
    """As it stands after it was changed, read anew: owners by name, reviews in order."""
    queries.refresh(row)
    return api.one(_as_shown(row))


_KEY = (("key", "A filing's id."),)

ROUTES: tuple[ApiRoute, ...] = (
    ("GET", "/filings", listing, Permission.FILING_LIST, Spec(
        summary="The plans one may see, by unit", answer=Page[Filing], query=FilingsQuery)),
    ("POST", "/filings", create, Permission.FILING_DRAFT, Spec(
        summary="Begin a unit's plan: an item for each assignment but the filing itself", answer=Filing, body=FilingSent,
        status=201, conflicts="The unit has one for this programme already, or nothing is asked of it.")),
    ("GET", "/filings/<key>", single, Permission.FILING_READ, Spec(summary="One plan", answer=Filing, keys=_KEY)),
    ("PATCH", "/filings/<key>", change, Permission.FILING_DRAFT, Spec(
        summary="Change a draft, or one that was returned", answer=Filing, body=FilingChange, keys=_KEY,
        conflicts="It is neither a draft nor returned.")),
    ("GET", "/filings/<key>/history", past, Permission.FILING_READ, Spec(
        summary="What happened to it, newest first", answer=Page[HistoryEntry], query=PageQuery, keys=_KEY)),
    ("POST", "/filings/<key>/submit", submit, Permission.FILING_DRAFT, Spec(
        summary="Hand it to the lines at headquarters; 422 names everything that is missing", answer=Filing, body=FilingSubmit,
        keys=_KEY, conflicts="It is neither a draft nor returned.")),
    ("POST", "/filings/<key>/reviews", review, Permission.FILING_REVIEW, Spec(
        summary="Judge a line's part; the first return sends it back, the last approval puts it in force", answer=Filing,
        body=FilingReviewSent, keys=_KEY, conflicts="It is not under review, or the line has no part in it.")),
)
