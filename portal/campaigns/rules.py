"""The life of a campaign, and what must be right before it goes live. Pure.

Five launch elements must be met 100 % (plan, control points of a campaign's launch). Each is first examined by the portal
and then judged by whoever sets the campaign's standard; "not applicable" needs a second person (platform rule)."""
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from portal.workflow import Machine, Transition
from tenants.messages import N_, Message
from tenants.permissions import Permission as P
from tenants.vocabulary import CampaignState as S
from tenants.vocabulary import LaunchElement, UnitKind, Verdict

NOTICE_LEAST = 20                       # characters, spaces left out, without which a notice tells a customer nothing
CAUTION_FILTERS = ("waiting", "late", "answered", "affected")   # how a warning stands, as a list is narrowed to
UNENDED = (S.DRAFT, S.IN_CHECK, S.LIVE, S.PAUSED)

MACHINE = Machine(
    *(Transition(s, "change", s, P.CAMPAIGN_CHANGE, ("revoke", "inform")) for s in UNENDED),
    Transition(S.DRAFT, "check", S.IN_CHECK, P.CAMPAIGN_CHECK),
    *(Transition(s, "check", s, P.CAMPAIGN_CHECK) for s in (S.IN_CHECK, S.LIVE, S.PAUSED)),
    *(Transition(s, "go_live", S.LIVE, P.CAMPAIGN_RUN, ("inform",)) for s in (S.IN_CHECK, S.PAUSED)),
    Transition(S.LIVE, "pause", S.PAUSED, P.CAMPAIGN_RUN, ("inform",)),
    *(Transition(s, "end", S.ENDED, P.CAMPAIGN_RUN, ("inform",)) for s in (S.LIVE, S.PAUSED)),
    names={
        S.DRAFT: N_("draft"), S.IN_CHECK: N_("in check"), S.LIVE: N_("live"), S.PAUSED: N_("paused"), S.ENDED: N_("ended"),
        "change": N_("change"), "check": N_("check"), "go_live": N_("go live"), "pause": N_("pause"), "end": N_("end"),
    },
)


@dataclass(frozen=True, slots=True)
class LaunchFacts:
    """What the portal can examine by itself. Units are keys; `configured_…` is the landing scope as the systems have it."""
    starts: date | None
    ends: date | None
    today: date
    notice_text: str
    agent_document: bool
    training_on: date | None
    network: bool
    lands_in: frozenset[int]
    configured_network: bool
    configured_in: frozenset[int]


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing short of 100 %. `units` are those that a wrong scope is about."""
    element: LaunchElement
    code: str
    words: Message
    units: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """A person's verdict; `by` are who said it and in whose name."""
    verdict: str
    by: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Element:
    """How one launch element stands: the verdict in force, what the portal found missing and what people have yet to say.
    `second_wanted`: one person has said that it does not apply, and nobody else has yet."""
    element: LaunchElement
    verdict: Verdict | None
    missing: tuple[Missing, ...]
    second_wanted: bool = False

    @property
    def met(self) -> bool:
        return not self.missing


_Found = tuple[Missing, ...]


def _one(element: LaunchElement, code: str, words: Message, units: frozenset[int] = frozenset()) -> _Found:
    return (Missing(element, code, words, units),)


def _period(f: LaunchFacts) -> _Found:
    rules = LaunchElement.RULES
    if f.starts is None or f.ends is None:
        return _one(rules, "period_open", N_("The period has no start or no end."))
    if f.ends < f.starts:
        return _one(rules, "period_reversed", N_("The period ends on %(ends)s, before it starts on %(starts)s.",
                                                 ends=f.ends, starts=f.starts))
    if f.ends < f.today:
        return _one(rules, "period_past", N_("The period ended on %(ends)s.", ends=f.ends))
    return ()


def _notice(f: LaunchFacts) -> _Found:
    length = len("".join(f.notice_text.split()))
    if not length:
        return _one(LaunchElement.NOTICES, "notice_none", N_("There is no customer notice."))
    if length < NOTICE_LEAST:
        return _one(LaunchElement.NOTICES, "notice_short", N_(
            "The customer notice has %(m)s characters; at least %(n)s are needed.", m=length, n=NOTICE_LEAST))
    return ()


def _document(f: LaunchFacts) -> _Found:
    return () if f.agent_document else _one(
        LaunchElement.DOCUMENTS, "document_none", N_("No document for agents is attached."))


def _scope(f: LaunchFacts) -> _Found:
    """Where the systems offer it is where it was declared to land."""
    kind = LaunchElement.CONFIGURATION
    if not f.configured_network and not f.configured_in:
        return _one(kind, "scope_none", N_("The systems are not configured for any unit."))
    if f.network != f.configured_network:
        return _one(kind, "scope_kind", N_("Declared for the whole network, but configured for some units only.") if f.network else
                    N_("Declared for some units, but configured for the whole network."))
    without, beyond = f.lands_in - f.configured_in, f.configured_in - f.lands_in
    found: _Found = ()
    if without and not f.network:
        found += _one(kind, "scope_short", N_("Units where it lands that are not configured: %(n)s.", n=len(without)), without)
    if beyond and not f.network:
        found += _one(kind, "scope_beyond", N_("Units configured where it does not land: %(n)s.", n=len(beyond)), beyond)
    return found


def _training(f: LaunchFacts) -> _Found:
    """Who sells and serves is trained before the first customer can ask: the start, or today where that is past."""
    if f.training_on is None:
        return _one(LaunchElement.TRAINING, "training_none", N_("There is no date of training."))
    if f.starts is not None and f.training_on >= (launch := max(f.starts, f.today)):
        return _one(LaunchElement.TRAINING, "training_late", N_("The training on %(day)s is not before the launch on %(launch)s.",
                                                                day=f.training_on, launch=launch))
    return ()


_CHECKS: Mapping[LaunchElement, Callable[[LaunchFacts], _Found]] = {
    LaunchElement.RULES: _period, LaunchElement.NOTICES: _notice, LaunchElement.DOCUMENTS: _document,
    LaunchElement.CONFIGURATION: _scope, LaunchElement.TRAINING: _training}

# What an element was judged by: changing it takes the verdict back. Documents are files; changing those does it too.
_JUDGED_BY: Mapping[LaunchElement, frozenset[str]] = {
    LaunchElement.RULES: frozenset({"starts", "ends", "rules_text", "product", "product_owner", "segment"}),
    LaunchElement.NOTICES: frozenset({"notice_text", "rules_text"}),
    LaunchElement.DOCUMENTS: frozenset({"rules_text"}),
    LaunchElement.CONFIGURATION: frozenset({"network", "lands_in", "configured_network", "configured_in", "product"}),
    LaunchElement.TRAINING: frozenset({"starts", "training_on"}),
}

_NAMES: Mapping[LaunchElement, Message] = {
    LaunchElement.RULES: N_("completeness of rule design"), LaunchElement.NOTICES: N_("conformance of customer notices"),
    LaunchElement.DOCUMENTS: N_("completeness of agent documents"),
    LaunchElement.CONFIGURATION: N_("consistency of launch configuration"),
    LaunchElement.TRAINING: N_("timeliness of service training")}


def element_words(element: LaunchElement) -> Message:
    """The element as the plan calls it."""
    return _NAMES[element]


def examine(facts: LaunchFacts) -> Mapping[LaunchElement, _Found]:
    """What the portal finds missing by itself, for each element in the plan's order."""
    return {element: _CHECKS[element](facts) for element in LaunchElement}


def elements(facts: LaunchFacts, said: Mapping[LaunchElement, Sequence[Said]],
             lapsed: Collection[LaunchElement] = ()) -> tuple[Element, ...]:
    """Each element with the verdicts on it that nobody took back, oldest first: the last one counts. `lapsed` are those that
    were judged before what they were judged by changed."""
    return tuple(_judged(element, found, said.get(element, ()), element in lapsed) for element, found in examine(facts).items())


def agreed(said: Sequence[Said]) -> bool:
    """Whether two different people, one after the other, say that it does not apply; holder and delegate are one."""
    return (len(said) > 1 and said[-1].by.isdisjoint(said[-2].by)
            and all(s.verdict == Verdict.NOT_APPLICABLE for s in said[-2:]))


def _judged(element: LaunchElement, found: _Found, said: Sequence[Said], lapsed: bool) -> Element:
    """What does not apply need not be there, but a period every campaign has."""
    verdict = Verdict(said[-1].verdict) if said else None
    if verdict is None:
        return Element(element, None, found + _one(element, "unjudged", N_(
            "It has changed since it was judged: it has to be judged anew.") if lapsed else N_("Nobody has given a verdict yet.")))
    if verdict is Verdict.FAIL:
        return Element(element, verdict, found + _one(element, "failed", N_("The last verdict is: not met.")))
    if verdict is Verdict.PASS:
        return Element(element, verdict, found)
    if agreed(said):
        return Element(element, verdict, found if element is LaunchElement.RULES else ())
    return Element(element, verdict, found + _one(
        element, "second", N_("A second person has to confirm that it does not apply.")), second_wanted=True)


def missing(facts: LaunchFacts, said: Mapping[LaunchElement, Sequence[Said]]) -> tuple[Missing, ...]:
    """All that is short of 100 %; nothing, and the campaign may go live."""
    return tuple(m for element in elements(facts, said) for m in element.missing)


def touched(changed: frozenset[str]) -> frozenset[LaunchElement]:
    """On which elements the verdicts count no more, once these fields have changed."""
    return frozenset(element for element, fields in _JUDGED_BY.items() if fields & changed)


def standard_set_by(launcher: UnitKind) -> Message:
    """Why the launcher sets the standard and controls it (plan, section 2)."""
    return {
        UnitKind.HEADQUARTERS: N_("This line at headquarters launched it: it sets the standard for the whole network."),
        UnitKind.PROVINCE: N_("The province launched it: it sets the standard within the province."),
        UnitKind.SPECIALISED_COMPANY: N_("The specialised company launched it: it sets the standard wherever it lands."),
    }[launcher]


def caution_state(due: date, affected: bool | None, today: date) -> str:
    """How a warning from elsewhere stands: it waits, the day to answer has passed, or what the answer was."""
    if affected is None:
        return "late" if due < today else "waiting"
    return "affected" if affected else "unaffected"
