"""One issue: how it stands, whose turn it is, what may be done about it in place, why it is here, what happened."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal import texts
from portal.attachments import queries as attachments
from portal.attachments import views as files
from portal.issues import queries, service
from portal.issues.models import Issue
from portal.issues.views import actions, clocks, words
from portal.web import panels, untrusted
from portal.web.access import identity
from portal.web.addresses import local_path
from portal.web.kept import UNTYPED
from portal.web.names import person_name, term, unit_short
from portal.web.templating import done, translate
from portal.web.times import day
from tenants.access import Identity
from tenants.errors import Invalid, NotVisible, RuleViolated, Stale
from tenants.messages import N_, Message

_DIRECT = frozenset({"accept"})                        # done by one click, since nothing is to be typed or to be read before
_FIELDS = {"link": {"issue": "other"}}                   # where a control is called otherwise than what the service names


@dataclass(frozen=True, slots=True)
class Step:
    """Whose turn it is. `post` is the action that the button does at once, `act` the form that it leads to."""
    what: Message
    about: Message | None = None
    mine: bool = False
    tone: str | None = None
    act: str = ""
    post: str = ""
    button: Message | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was not accepted: what was typed into it, and why not."""
    action: str
    status: int
    typed: "MultiDict[str, str]"
    errors: Mapping[str, Sequence[Message]] = field(default_factory=dict)
    said: Message | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline, in the reader's words."""
    at: datetime
    by: str
    on_behalf_of: str
    unit: str
    action: str
    words: str
    words_of: Sequence[tuple[str, str]]
    to: str = ""
    mentions: Sequence[str] = ()
    tone: str = ""

    @property
    def system(self) -> bool:
        return not self.by


def item(key: str) -> ResponseReturnValue:
    return _page(queries.one(identity(), untrusted.key_of(key)))


def act(action: str) -> Callable[[str], ResponseReturnValue]:
    """The view that does one action. What is refused is shown with everything that was typed."""
    def view(key: str) -> ResponseReturnValue:
        issue = queries.one(identity(), untrusted.key_of(key))
        service.granted(issue, action, actor=identity())
        version = untrusted.version(request.form["version"]) if "version" in request.form else None
        try:
            said = actions.do(action, issue, version)
        except Invalid as fault:
            errors = {_FIELDS.get(action, {}).get(k, k): v for k, v in fault.errors.items()}
            return _page(issue, Attempt(action, 422, request.form, errors))
        except Stale as stale:
            return _page(issue, Attempt(action, 412, request.form, said=stale.message))
        except RuleViolated as refused:
            return _page(issue, Attempt(action, 409, request.form, said=refused.message))
        done(said)
        return redirect(local_path(request.form.get("next"), url_for("issues.item", key=str(issue.id))), 303)
    view.__name__ = action
    return view


def _page(i: Issue, attempt: Attempt | None = None) -> ResponseReturnValue:
    me = identity()
    names, on = service.offers(i, actor=me), queries.clock(i)
    turns, events = queries.turns(i), _timeline(i)
    related = list(_related(i))
    step = _step(i, names, on, turns, attempt, _open_parts(i, related))
    offered = actions.offered(i, names, step.act or step.post, me)
    content = {
        "i": i, "clock": clocks.deadline(i, on), "bars": [clocks.bar(i, on)], "waits": " ".join(clocks.notes(i, on)), "step": step,
        "actions": [o for o in offered if o.action != step.post], "attempt": attempt, "untyped": MultiDict(),
        "most": texts.MEDIUM, "ids": {n: f"{attempt.action}-{n}" for n in attempt.errors} if attempt else {},
        "events": list(reversed(events)), "latest": events[-1] if events else None, "lost": _lost(attempt, names),
        "parties": [(part, list(rows)) for part, rows in groupby(queries.parties(i), key=lambda p: p.part)],
        "reasons": queries.kept_why(i), "moved": _moved(turns), "route_facts": _facts(i), "related": related,
        "text_of": lambda text: Markup('<span class="text">{}</span>').format(text) if text else "",
        "campaign_link": Markup('<a href="/campaigns/{}">{}</a> <span class="muted code" translate="no">{}</span>').format(
            i.campaign_id, i.campaign.name, i.campaign.code) if i.campaign else "",
        **_files(i, names, me), "panels": panels.of("issue", i),
        "long_lists": any(f.kind == "people" or len(f.options) > 12 for o in offered for f in o.fields)}
    return render_template("issues/item.html", **content), attempt.status if attempt else 200


def _files(i: Issue, names: Iterable[str], me: Identity) -> dict[str, Any]:
    """The files, and which unit's this person may add to and take away now."""
    under = service.allow(i, "comment", actor=me) if "comment" in names else None
    return {"attached": attachments.of("issue", i.id), "adds_files": under.unit if under else None, "file_limits": files.LIMITS}


def _lost(attempt: Attempt | None, names: Iterable[str]) -> list[str]:
    """What was typed into a form that is not offered any more."""
    if attempt is None or attempt.action in names:
        return []
    return [v for k, v in attempt.typed.items(multi=True) if v and k not in (*UNTYPED, "version", "next")]


def _open_parts(i: Issue, related: Iterable[tuple[str, Sequence[Issue]]]) -> int:
    """How many sub-issues are still to be solved, of those in sight."""
    return sum(r.parent_id == i.id and r.state in queries.UNFINISHED for _, rows in related for r in rows)


def _step(i: Issue, names: frozenset[str], on: queries.Clocks, turns: Sequence[Any], attempt: Attempt | None, parts: int) -> Step:
    tone = "red" if on.overdue else None
    if i.state in ("closed", "withdrawn"):
        return _ended(i, names)
    for action, what, button in _TURNS:
        if action in names and (action != "accept" or i.campaign_id is not None) and (action != "resolve" or not on.waiting):
            direct = action in _DIRECT and (attempt is None or attempt.action != action)
            return Step(what, _by(i, on), True, tone, act="" if direct else action, post=action if direct else "", button=button)
    waits = N_("Waits for its sub-issues: %(n)s still open", n=parts) if parts and i.state == "accepted" else _waits(i, on)
    return Step(waits, _since(i, on, turns), tone=tone)


_TURNS = (
    ("rule", N_("Your turn: rule who owns it"), N_("Rule …")),
    ("identify", N_("Your turn: find out which campaign is meant"), N_("Identify …")),
    ("answer", N_("Your turn: the owner asks you something"), N_("Reply …")),
    ("confirm", N_("Your turn: is the solution what the customers need? Confirm it, or reopen"), N_("Confirm …")),
    ("accept", N_("Your turn: accept it, or hand it to whom it belongs"), N_("Accept")),
    ("resolve", N_("Your turn: solve it"), N_("Solved …")),
    ("take_over", N_("Your turn: its first contact has left; take the part over"), N_("Take over …")),
)


def _ended(i: Issue, names: frozenset[str]) -> Step:
    if i.state == "withdrawn":
        return Step(N_("Withdrawn: it ended without a solution"))
    if i.merged_into_id is not None:
        return Step(N_("Closed as a duplicate: it goes on in the other issue"))
    if "warn" in names and i.warned_at is None:
        return Step(N_("Closed. Your turn: shall campaigns that are alike be checked too?"), mine=True, act="warn",
                    button=N_("Warn …"), tone="green")
    return Step(N_("Closed: %(who)s confirmed the solution", who=i.first_contact.name), tone="green")


def _by(i: Issue, on: queries.Clocks) -> Message | None:
    if on.due is None:
        return None
    return N_("By %(at)s, %(left)s.", at=on.due, left=words.left(on.due).words)


def _waits(i: Issue, on: queries.Clocks) -> Message:
    owner = f"{unit_short(i.owner)} · {term('line', i.owner_line)}"
    if i.ruling_due:
        return N_("Waits for headquarters · %(line)s to rule", line=term("line", i.ruling_line))
    if on.waiting:
        return N_("Waits for %(unit)s · %(who)s to reply", unit=unit_short(i.raiser), who=i.first_contact.name)
    if i.state == "resolved":
        return N_("Waits for %(unit)s · %(who)s to confirm", unit=unit_short(i.raiser), who=i.first_contact.name)
    if i.campaign_id is None:
        return N_("Waits for %(owner)s to identify the campaign", owner=owner)
    return N_("Waits for %(owner)s to accept", owner=owner) if i.state == "routed" else \
        N_("Waits for %(owner)s to solve it", owner=owner)


def _since(i: Issue, on: queries.Clocks, turns: Sequence[Any]) -> Message:
    since = on.waiting_since or (i.resolved_at if i.state == "resolved" else turns[-1].begun_at if turns else i.raised_at)
    if on.due is not None:
        return N_("Since %(since)s; due %(at)s, %(left)s.", since=since, at=on.due, left=words.left(on.due).words)
    return N_("Since %(since)s.", since=since)


def _moved(turns: Sequence[Any]) -> Sequence[Any]:
    """Who owned it one after another; nothing where it never moved."""
    found = [t for n, t in enumerate(turns) if n == 0 or (t.unit_id, t.line) != (turns[n - 1].unit_id, turns[n - 1].line)]
    return found if len(found) > 1 else ()


def _facts(i: Issue) -> list[tuple[str, str, str]]:
    known = queries.shown_facts(i)
    found = [(_("By rule"), _("%(rule)s, version %(n)s", rule=translate(words.rule(i.route_rule)), n=i.route_version)),
             (_("As of"), day(i.raised_at)), (_("Raised by"), unit_short(known.raising))]
    if (launch := known.launch) is not None:
        found.append((_("Launched by"), f"{unit_short(launch.in_place_of or launch.unit)} · {term('line', launch.line)}"))
    if launch is not None and not queries.hidden(i):
        lands = _("whole network") if launch.network else str(_(", ")).join(unit_short(u) for u in sorted(launch.lands_in))
        found += [(_("Lands in"), lands or "–"),
                  (_("Product of"), unit_short(launch.product_owner) if launch.product_owner else "–")]
    if known.also:
        found.append((_("Also affected"), str(_(", ")).join(unit_short(u) for u in sorted(known.also))))
    return [(str(label), str(value), "wide") for label, value in found]


def _related(i: Issue) -> Iterable[tuple[str, Sequence[Issue]]]:
    me = identity()
    for label, key in ((_("Belongs to"), i.parent_id), (_("Goes on in"), i.merged_into_id)):
        if key is not None:
            try:
                yield str(label), [queries.one(me, key)]
            except NotVisible:                         # not even that it exists
                continue
    for label, rows in ((_("Parts"), queries.sub_issues(me, i)), (_("Duplicates closed into this one"), queries.merged(me, i)),
                        (_("Linked"), queries.links(me, i))):
        if rows:
            yield str(label), rows


_TONES = {"accept": "blue", "resolve": "blue", "confirm": "green", "reopen": "amber", "decline": "amber", "hand_over": "amber",
          "rule": "amber", "withdraw": "grey"}
_TEXTS = {"root_cause": N_("Root cause"), "solution": N_("Solution")}


def _timeline(i: Issue) -> list[Told]:
    events = queries.timeline(i)
    names = queries.names_of({str(m) for e in events for m in e.changes.get("mentions", ())})
    return [_told(e, names) for e in events]


def _told(e: queries.Event, names: Mapping[str, str]) -> Told:
    said = [("", e.words)] if e.words and e.action != "join" else []      # what is added with complaints is a comment too
    said += [(translate(label), str(_last(e.changes[k]))) for k, label in _TEXTS.items() if _last(e.changes.get(k))]
    return Told(e.at, e.by.name if e.by else "", e.on_behalf_of.name if e.on_behalf_of else "", unit_short(e.of) if e.of else "",
                translate(words.step(e.action)), e.words, said, _to(e),
                [names.get(str(m), str(m)) for m in e.changes.get("mentions", ())], _TONES.get(e.action, ""))


def _last(change: Any) -> Any:
    """What a field became: the second of a pair, or the plain value."""
    return change[1] if isinstance(change, list) and len(change) == 2 else change


def _to(e: queries.Event) -> str:
    """Whose it became, who was named, how many complaints there are: what a step is about, in words."""
    desk = _last(e.changes.get("owner")) if e.action != "raise" else None
    if desk is None and e.action == "name_party":
        desk = e.changes.get("party")
    if desk:
        return f"{unit_short(desk[0])} · {term('line', desk[1])}"
    if "complaint_count" in e.changes and e.action in ("join", "merged", "parted"):
        return str(_("%(n)s complaints", n=_last(e.changes["complaint_count"])))
    person = _last(e.changes.get("first_contact")) if e.action in ("pass_on", "take_over") else None
    return person_name(UUID(person)) if person else ""
