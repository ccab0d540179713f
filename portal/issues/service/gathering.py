"""Several issues that are one, and one that is several: duplicates merged, parts given to other owners."""
from dataclasses import replace

from portal.audit import service as audit
from portal.issues import queries
from portal.issues.models import Issue
from portal.issues.rules.routing import Party, Route, Rule
from portal.issues.service.judging import allow, begin, granted, invalid, said_faults
from portal.issues.service.moving import named_desk
from portal.issues.service.owning import end_turn
from portal.issues.service.owning import join as take_part
from portal.issues.service.raising import MOST_COMPLAINTS, Draft, as_first, first_entry, place
from portal.issues.service.telling import owner_desk, ruling_desk, tell
from portal.texts import LONG, SHORT
from tenants import clock
from tenants.access import HEADQUARTERS, Appointment, Identity
from tenants.db import db
from tenants.errors import Invalid
from tenants.messages import N_
from tenants.vocabulary import IssuePart, Line


def merge(issue: Issue, into: Issue, *, actor: Identity, version: int | None = None) -> None:
    """Close a duplicate into another issue of the same campaign and the same owner, but never another unit's into one that the
    owner confirms itself. Its raiser cooperates there from now on, its complaints count there. `into` has been found by the
    actor. Raises Invalid where it does not fit."""
    under = allow(issue, "merge", actor=actor)
    queries.lock_both(issue, into)
    begin(issue, "merge", actor, version)
    _fits(issue, into, actor)
    now, before, added = clock.now(), issue.state, issue.complaint_count
    issue.state, issue.closed_at, issue.merged_into_id = "closed", now, into.id
    issue.responded_at = issue.responded_at or now     # that it is the same is an answer
    end_turn(issue, now)
    take_part(into, (issue.raised_by, issue.ruling_line), IssuePart.COOPERATING, actor.person, now)
    count, into.complaint_count = into.complaint_count, min(into.complaint_count + added, MOST_COMPLAINTS)
    audit.record("merge", "issue", issue.id, {"state": [before, issue.state]}, under=under)
    audit.record("merged", "issue", into.id, {"complaint_count": [count, into.complaint_count]}, under=under)
    queries.reload(issue)
    queries.reload(into)
    tell(issue, N_("Your issue is the same as another and goes on there; reopen it if it is not: %(title)s (%(code)s)",
                   title=issue.title, code=issue.code), actor=actor)
    tell(into, N_("Another unit has met the same; it cooperates in your issue: %(title)s (%(code)s)", title=into.title,
                  code=into.code), actor=actor, people=[(issue.raised_by, issue.first_contact_id)])


def _fits(issue: Issue, into: Issue, actor: Identity) -> None:
    same = issue.id != into.id and issue.campaign_id == into.campaign_id and issue.campaign_id is not None \
        and owner_desk(issue) == owner_desk(into)
    if not same or into.ruling_due or into.state not in ("routed", "accepted"):
        raise Invalid({"into": [N_("Choose an open issue about the same campaign that the same desk owns.")]})
    granted(into, "merge", actor=actor)
    if into.raised_by == issue.owner_unit != issue.raised_by:
        raise Invalid({"into": [N_("Your own unit raised that one: close it into this one, which another unit confirms.")]})


def part_from(issue: Issue, into: Issue, under: Appointment) -> None:
    """A duplicate is reopened: it goes on by itself, and its complaints count with it again."""
    count, into.complaint_count = into.complaint_count, max(into.complaint_count - issue.complaint_count, 0)
    audit.record("parted", "issue", into.id, {"complaint_count": [count, into.complaint_count]}, under=under)
    db.session.flush()                                 # while the database can see whose complaints they are
    issue.merged_into_id = None


def split(issue: Issue, unit: int, line: str, title: str, description: str, *, actor: Identity,
          version: int | None = None) -> Issue:
    """Give a part to another owner, as an issue of its own that the owner raises. The whole is resolved after its parts."""
    under = begin(issue, "split", actor, version)
    invalid(said_faults({"title": (title, SHORT, True), "description": (description, LONG, True)}))
    desk = named_desk(issue, unit, line)
    if desk == owner_desk(issue):
        raise Invalid({"unit": [N_("This desk owns it already.")]})
    draft = Draft(issue.campaign_id, under.unit, title, description, issue.severity, issue.stage, issue.control_element,
                  campaign_words=issue.campaign_words)
    facts = replace(queries.kept_facts(issue), raising=under.unit, also=frozenset())     # not who raised the whole
    part = place(draft, facts, _by_hand(issue, desk, under), issue.ruling_line, as_first(actor, under),
                 parent=issue)
    audit.record("raise", "issue", part.id, first_entry(part), under=under)
    audit.record("split", "issue", issue.id, {}, under=under)         # not which: not every party reads the part
    queries.reload(issue)
    what = {"title": part.title, "code": part.code, "raiser": part.raiser.names, "owner": part.owner.names}
    tell(part, N_("%(raiser)s raised a quality issue for you to answer: %(title)s (%(code)s)", **what), [owner_desk(part)],
         actor=actor, first=False)
    if part.owner_unit != HEADQUARTERS:
        tell(part, N_("%(raiser)s raised a quality issue that your line supervises; %(owner)s answers it: %(title)s (%(code)s)",
                      **what), [ruling_desk(part)], first=False)
    tell(issue, N_("The owner gave a part of your issue to another desk: %(title)s (%(code)s)", title=issue.title, code=issue.code),
         actor=actor)
    return part


def _by_hand(issue: Issue, desk: tuple[int, str], under: Appointment) -> Route:
    """The route of a part: not by a rule, the owner of the whole has chosen."""
    owner = Party(desk[0], Line(desk[1]), IssuePart.OWNER)
    parties = [owner, Party(under.unit, Line(issue.owner_line), IssuePart.RAISING)]
    if desk[0] != HEADQUARTERS:
        parties.append(Party(HEADQUARTERS, Line(issue.ruling_line), IssuePart.SUPERVISING))
    return Route(owner, tuple(parties), Rule(issue.route_rule), ())
