"""What may be done with an issue, each as a form in place that says what will happen next; and the doing of it."""
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import request

from portal import texts
from portal.campaigns import queries as campaigns
from portal.issues import forms, queries, service
from portal.issues.models import Issue
from portal.web import untrusted
from portal.web.access import identity
from portal.web.names import term, unit_key, unit_short
from tenants import clock
from tenants.access import Identity
from tenants.errors import Invalid
from tenants.messages import N_, Message
from tenants.vocabulary import Line

_NO_ISSUE = N_("There is no such issue, or you may not see it.")
_WARN_DAYS = 14                                        # until when others are asked to check, unless one says otherwise


@dataclass(frozen=True, slots=True)
class Field:
    """One control of an action's form. kinds: text title number day code choice people."""
    name: str
    label: Message
    kind: str = "text"
    required: bool = True
    help: Message | None = None
    options: Sequence[tuple[str, str]] = ()
    preset: str = ""
    rows: int = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """An action as the page offers it. `then` says what will happen next."""
    action: str
    label: Message
    button: Message
    then: Message
    fields: tuple[Field, ...] = ()
    about: Message | None = None
    danger: bool = False
    ask: Message | None = None
    mine: bool = False
    open: bool = False

    @property
    def path(self) -> str:
        return self.action.replace("_", "-")


Made = tuple[Message, Message, Message]                # label, button, then

_WORDS: Mapping[str, Made] = {
    "accept": (N_("Accept"), N_("Accept"),
               N_("Your desk owns it and solves it. The first contact and the raising unit hear that you have begun.")),
    "resolve": (N_("Solved"), N_("Hand in the solution"),
                N_("The first contact confirms, or reopens it. Your share of the clock rests meanwhile; if it is reopened, the "
                   "overall clock counts that time too.")),
    "confirm": (N_("Confirm the solution"), N_("Confirm and close"), N_("The issue is closed. All parties hear of it.")),
    "rule": (N_("Rule"), N_("Rule"), N_("The ruling is binding: the owner accepts, and can neither decline nor hand it over.")),
    "answer": (N_("Reply to the question"), N_("Reply"), N_("The owner goes on; the owner's time runs again.")),
    "identify": (N_("Say which campaign it is"), N_("Identify"),
                 N_("It goes to whoever launched the campaign; parties and limits follow. The overall clock goes on.")),
    "hand_over": (N_("Hand it over"), N_("Hand it over"),
                  N_("The receiver is owner at once and may decline. The overall clock goes on. Handing it back to a former owner "
                     "counts as a disagreement; at the second one HQ's line rules.")),
    "decline": (N_("Decline"), N_("Decline"),
                N_("It goes back to who handed it over. This counts as a disagreement; at the second one HQ's line rules.")),
    "ask": (N_("Ask the raiser"), N_("Ask"),
            N_("Your share of the clock rests until the answer comes; the overall clock goes on.")),
    "split": (N_("Give a part to another owner"), N_("Open a sub-issue"),
              N_("A sub-issue arises, raised by you. This issue can be solved once all its parts are.")),
    "merge": (N_("Close as a duplicate"), N_("Close as a duplicate"),
              N_("It goes on in the other issue: its raiser becomes a party there. Its first contact hears of the solution, and "
                 "may reopen it.")),
    "reopen": (N_("Reopen"), N_("Reopen"),
               N_("It goes back to the owner. The overall clock has run on meanwhile, the owner's share has not.")),
    "comment": (N_("Write a comment"), N_("Comment"), N_("All parties can read it; whom you mention is told.")),
    "join": (N_("Add complaints"), N_("Add"), N_("The number of complaints grows, and the owner reads what you add.")),
    "name_party": (N_("Name a further party"), N_("Name it"),
                   N_("The unit sees the issue from now on and is told; it cannot be removed.")),
    "pass_on": (N_("Pass the first contact on"), N_("Pass on"),
                N_("Your colleague is first contact from now on: hears of each step and confirms.")),
    "take_over": (N_("Take over as first contact"), N_("Take over"),
                  N_("You are first contact from now on and confirm the solution.")),
    "chase": (N_("Chase"), N_("Chase"), N_("The owner's desk is told at once; that you chased stays in the timeline.")),
    "link": (N_("Link another issue"), N_("Link"), N_("Whoever may see both finds one from the other.")),
    "withdraw": (N_("Withdraw"), N_("Withdraw"), N_("The issue ends without a solution. It stays readable for its parties.")),
    "warn": (N_("Warn campaigns that are alike"), N_("Send the warning"),
             N_("Owners of running campaigns that are alike get a check with a date. They learn nothing of who raised this issue; "
                "you are not told who they are.")),
}
ORDER = tuple(_WORDS)
_FINAL = {"withdraw": N_("A withdrawn issue cannot be opened again.")}


def offered(issue: Issue, names: Iterable[str], mine: str, me: Identity) -> list[Offer]:
    """The actions granted now, what is my turn first. Each asks the database only for the choices that it offers."""
    every = [a for a in ORDER if a in set(names)]
    every.sort(key=lambda a: a != mine)
    return [Offer(a, *_WORDS[a], fields=tuple(_fields(a, issue, me)), danger=a in ("withdraw", "decline"), ask=_FINAL.get(a),
                  mine=a == mine, open=a == mine) for a in every]


def _text(name: str, label: Message, help_: Message | None = None, required: bool = True, rows: int = 3) -> Field:
    return Field(name, label, required=required, help=help_, rows=rows)


_REASON = _text("reason", N_("Reason"), N_("All parties read it."))
_STILL: Mapping[str, tuple[Field, ...]] = {
    "resolve": (_text("root_cause", N_("Root cause"), N_("What caused it: rule, notice, document, configuration, system, people.")),
                _text("solution", N_("Solution"), N_("What was done, for customers and for the cause."), rows=4)),
    "decline": (_REASON,), "reopen": (_text("reason", N_("What is still missing")),), "withdraw": (_REASON,),
    "ask": (_text("text", N_("Question")),), "answer": (_text("text", N_("Answer")),),
    "chase": (_text("text", N_("Words to urge with"), required=False, rows=2),),
    "join": (Field("complaint_count", N_("Further complaints"), "number", help=N_("How many have come since.")),
             _text("text", N_("What you add"), required=False)),
    "link": (Field("other", N_("Code of the other issue"), "code"),),
}


def _fields(action: str, issue: Issue, me: Identity) -> Iterable[Field]:
    yield from _STILL.get(action, ())
    if action in ("hand_over", "rule", "name_party", "split"):
        yield from _desk(issue)
        yield from _BESIDE.get(action, ())
    elif action == "comment":
        yield _text("text", N_("Comment"))
        yield Field("mentions", N_("Mention"), "people", required=False, options=[
            (p.email, p.name) for p in queries.audience(issue) if p.id != me.person])
    elif action == "pass_on":
        yield Field("person", N_("Colleague"), "choice", options=[(str(p.id), p.name) for p in queries.colleagues(issue)])
    elif action == "merge":
        yield Field("into", N_("Code of the issue that it duplicates"), "code",
                    help=N_("An issue of the same campaign that your desk owns."))
    elif action == "identify":
        yield from _campaign(issue, me)
    elif action == "warn":
        yield _text("words", N_("What to check"), N_("In general words: neither who raised it nor which campaign it was."))
        yield Field("due", N_("Answer by"), "day", preset=(clock.today() + timedelta(days=_WARN_DAYS)).isoformat())


_BESIDE: Mapping[str, tuple[Field, ...]] = {
    "hand_over": (_text("reason", N_("Reason"), N_("Why the cause lies there.")),), "rule": (_text("reason", N_("Reason")),),
    "split": (Field("title", N_("Title"), "title"), _text("description", N_("What that owner has to solve")))}


def _desk(issue: Issue) -> Iterable[Field]:
    yield Field("unit", N_("Unit"), "choice", options=[(u.code, unit_short(u)) for u in queries.nameable(issue)])
    yield Field("line", N_("Line"), "choice", options=[(x.value, term("line", x)) for x in Line], preset=issue.ruling_line)


def _campaign(issue: Issue, me: Identity) -> Iterable[Field]:
    """What was searched for, else what the raiser called it, decides what one chooses from."""
    asked = texts.clean(request.form.get("q")) or issue.campaign_words
    found = campaigns.findable(me, asked[:100])
    yield Field("campaign", N_("Campaign"), "choice", required=False,
                options=[(str(c.id), f"{c.code} {c.name} · {unit_short(c.unit_id)}") for c in found])
    yield Field("q", N_("or its name or code"), "code", required=False,
                help=N_("If one campaign fits, it is taken; if several do, you choose."))


Form = Mapping[str, str]


def _named_unit(form: Form) -> int:
    """The key of a unit; 0 for a code that nothing has."""
    return unit_key(form.get("unit", "") or "?") or 0


def _asked_campaign(form: Form, me: Identity) -> UUID:
    if (key := untrusted.key(form.get("campaign", ""))) is not None:
        return key
    found = campaigns.findable(me, texts.clean(form.get("q"))[:100])
    if len(found) != 1:
        raise Invalid({"q": [N_("%(n)s campaigns fit. Choose one, or say more.", n=len(found))]})
    return found[0].id


def _issue_of(form: Form, name: str, me: Identity) -> Issue:
    found = queries.by_code(me, texts.clean(form.get(name))[:60])
    if found is None:
        raise Invalid({name: [_NO_ISSUE]})
    return found


def _join(issue: Issue, form: Form, **by: Any) -> None:
    """The form of a new issue sends here too, with what it calls description."""
    service.join(issue, forms.number(form.get("complaint_count")), form.get("text") or form.get("description") or "", **by)


def _mentioned() -> list[str]:
    """Mail addresses of the people picked."""
    return [v for v in request.form.getlist("mentions") if v]


Call = Callable[..., Any]
_CALLS: Mapping[str, Call] = {
    "accept": lambda i, f, **by: service.accept(i, **by),
    "hand_over": lambda i, f, **by: service.hand_over(i, _named_unit(f), f.get("line", ""), f.get("reason", ""), **by),
    "decline": lambda i, f, **by: service.decline(i, f.get("reason", ""), **by),
    "rule": lambda i, f, **by: service.rule(i, _named_unit(f), f.get("line", ""), f.get("reason", ""), **by),
    "resolve": lambda i, f, **by: service.resolve(i, f.get("root_cause", ""), f.get("solution", ""), **by),
    "confirm": lambda i, f, **by: service.confirm(i, **by),
    "reopen": lambda i, f, **by: service.reopen(i, f.get("reason", ""), **by),
    "withdraw": lambda i, f, **by: service.withdraw(i, f.get("reason", ""), **by),
    "ask": lambda i, f, **by: service.ask(i, f.get("text", ""), **by),
    "answer": lambda i, f, **by: service.answer(i, f.get("text", ""), **by),
    "comment": lambda i, f, **by: service.comment(i, f.get("text", ""), _mentioned(), **by),
    "name_party": lambda i, f, **by: service.name_party(i, _named_unit(f), f.get("line", ""), **by),
    "identify": lambda i, f, **by: service.identify(i, _asked_campaign(f, by["actor"]), **by),
    "merge": lambda i, f, **by: service.merge(i, _issue_of(f, "into", by["actor"]), **by),
    "split": lambda i, f, **by: service.split(i, _named_unit(f), f.get("line", ""), f.get("title", ""), f.get("description", ""),
                                              **by),
    "link": lambda i, f, **by: service.link(i, _issue_of(f, "other", by["actor"]), **by),
    "pass_on": lambda i, f, **by: service.pass_on(i, untrusted.key(f.get("person", "")) or untrusted.NOBODY, **by),
    "take_over": lambda i, f, **by: service.take_over(i, **by),
    "chase": lambda i, f, **by: service.chase(i, f.get("text", ""), **by),
    "join": _join,
    "warn": lambda i, f, **by: service.warn(i, f.get("words", ""), forms.day(f.get("due")), **by),
}
_SAID: Mapping[str, Message] = {
    "accept": N_("Accepted. The first contact is told."), "hand_over": N_("Handed over. The receiver is owner now."),
    "decline": N_("Declined. It is with who handed it over."), "rule": N_("Ruled. The owner is told and accepts."),
    "resolve": N_("Handed in. The first contact confirms or reopens it."), "confirm": N_("Closed. All parties are told."),
    "reopen": N_("Reopened. The owner goes on."), "withdraw": N_("Withdrawn. All parties are told."),
    "ask": N_("Asked. Your share of the clock rests until the answer comes."), "answer": N_("Answered. The owner goes on."),
    "comment": N_("Written."), "name_party": N_("Named. The unit sees the issue now."),
    "identify": N_("Identified. It is with whoever launched the campaign."), "merge": N_("Closed as a duplicate."),
    "split": N_("The sub-issue is raised."), "link": N_("Linked."), "pass_on": N_("Passed on."),
    "take_over": N_("You are first contact now."), "chase": N_("Chased. The owner's desk is told."),
    "join": N_("Added. The owner reads it."),
    "warn": N_("The warning is on its way to the owners of campaigns that are alike.")}


def do(action: str, issue: Issue, version: int | None) -> Message:
    """Do it with what the form holds; says what was done. Raises what the service raises, and Invalid."""
    _CALLS[action](issue, request.form, actor=identity(), version=version)
    return _SAID[action]
