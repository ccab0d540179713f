"""What addresses and forms say about issues, read without trust."""
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from werkzeug.datastructures import MultiDict

from portal import texts
from portal.issues.queries import Wanted
from portal.issues.queries.figures import Narrow
from portal.web import untrusted
from tenants import clock
from tenants.vocabulary import IssuePart, IssueState, Line, Severity, Stage, UnitKind

TASKS = ("answer", "solve", "confirm", "rule", "reply", "identify", "take_over", "warn")
CODES: Mapping[str, frozenset[str]] = {
    "state": frozenset(IssueState), "severity": frozenset(Severity), "stage": frozenset(Stage), "line": frozenset(Line),
    "role": frozenset(IssuePart), "todo": frozenset(TASKS), "owner_kind": frozenset(UnitKind), "raiser_kind": frozenset(UnitKind)}
SWITCHES = ("overdue", "open", "ruling_due", "handed_over", "responded", "resolved")
DAYS = ("since", "until", "closed_since", "closed_until")
FILTERS = ("todo", "q", "state", "severity", "role", "owner", "raiser", "launcher", "line", "stage", "owner_kind", "raiser_kind",
           "campaign", *SWITCHES, *DAYS)
_YES = ("1", "true", "on", "yes")
_MOST_COUNT = 9                                        # digits of a number of complaints


def asked(args: Mapping[str, str]) -> dict[str, str]:
    """The filters that an address sets, cleaned; what is empty is not set."""
    return {name: value for name, value in untrusted.filters(args, FILTERS).items() if name not in DAYS or day(value)}


def wanted(filters: Mapping[str, str]) -> Wanted:
    """What the list is narrowed to. An unknown code, unit or key fits nothing: never more rows than were asked for."""
    def yes(name: str) -> bool | None:
        return (filters[name] in _YES) if name in filters else None
    return Wanted(
        campaign=untrusted.sought(filters.get("campaign")),
        state=filters.get("state"), severity=filters.get("severity"), stage=filters.get("stage"), line=filters.get("line"),
        role=filters.get("role"), owner=filters.get("owner"), raised_by=filters.get("raiser"), overdue=yes("overdue"),
        open=yes("open"), ruling_due=yes("ruling_due"), handed_over=yes("handed_over"), task=filters.get("todo"),
        since=_from(filters.get("since")), until=_after(filters.get("until")), q=filters.get("q", ""))


def narrow(filters: Mapping[str, str]) -> Narrow:
    """What the figures of the flows ask for beside that."""
    return Narrow(owner_kind=filters.get("owner_kind"), raiser_kind=filters.get("raiser_kind"), launcher=filters.get("launcher"),
                  responded=filters.get("responded") in _YES, resolved=filters.get("resolved") in _YES,
                  closed_since=_from(filters.get("closed_since")), closed_until=_after(filters.get("closed_until")))


def day(text: str | None) -> date | None:
    """None for what is no day."""
    try:
        return date.fromisoformat(text) if text and len(text) == 10 else None
    except ValueError:
        return None


def _from(text: str | None) -> datetime | None:
    """The first instant of a day on the portal's wall clock."""
    found = day(text)
    return clock.at(found, 0) if found else None


def _after(text: str | None) -> datetime | None:
    """The first instant after a day."""
    found = day(text)
    return _from((found + timedelta(days=1)).isoformat()) if found and found < date.max else None


def number(text: str | None) -> int:
    """How many complaints; 0 for nothing, -1 for what is no such number."""
    bare = texts.clean(text)
    if not bare:
        return 0
    return int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= _MOST_COUNT else -1


def desk(text: str | None) -> tuple[str, str]:
    """Unit and line of a choice such as "migu:market", as codes."""
    unit, _, line = texts.clean(text).partition(":")
    return unit, line


UNKNOWN = "unknown"                                    # the choice “I cannot find it”


@dataclass(slots=True)
class Sheet:
    """The form of a new issue, as typed. `campaign` is a key, UNKNOWN, or empty while none is chosen."""
    campaign: str = ""
    q: str = ""
    campaign_words: str = ""
    title: str = ""
    description: str = ""
    severity: str = ""
    stage: str = ""
    element: str = ""
    element_words: str = ""
    complaint_count: str = ""
    also: list[str] = field(default_factory=list)

    @property
    def key(self) -> UUID | None:
        return untrusted.key(self.campaign)

    @property
    def control_element(self) -> str:
        """The code of an element, else its words."""
        return self.element or self.element_words

    @property
    def chosen(self) -> bool:
        return self.campaign == UNKNOWN or self.key is not None


def sheet(form: "MultiDict[str, str]") -> Sheet:
    """Read with the same care whether it comes from an address or is sent."""
    names = ("campaign", "q", "campaign_words", "title", "severity", "stage", "element", "element_words", "complaint_count")
    found = {name: texts.clean(form.get(name))[:texts.MEDIUM] for name in names}
    return Sheet(**found, description=texts.clean(form.get("description")), also=list(dict.fromkeys(form.getlist("also"))))
