"""The history of a thing, for the pages that show it, and the whole trail for the auditor."""
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import texts
from portal.audit import queries
from portal.audit.models import AuditEntry
from portal.audit.queries import Wanted
from portal.audit.rules import ACTIONS, FIELDS, KINDS, PARTS, SAID, TONES, Change, taken_apart
from portal.legends import CODES
from portal.legends import TONES as TONES_OF_LIGHTS
from portal.web import cursors, times, untrusted
from portal.web.access import Route
from portal.web.locale import LANGUAGES
from portal.web.names import term, unit_name, unit_short
from portal.web.templating import state_words, translate
from tenants import clock, directory
from tenants.models import Person
from tenants.permissions import Permission
from tenants.vocabulary import MilestoneCode

NAME, PREFIX = "audit", "/audit"
PAGE = 50
CLIPPED = 300                       # characters of a value; the whole text stands in the thing itself
FILTERS = ("unit", "action", "kind", "person", "since", "until", "subject")
MOST_CHANGES = 40                   # rows of one entry
_TERMS = {"line": "line", "role": "role", "process": "process", "category": "category", "duty": "duty", "kind": "unit_kind",
          "milestone": "milestone", "system": "system", "element": "launch_element", "verdict": "verdict", "segment": "segment",
          "business": "business", "severity": "severity", "stage": "issue_stage",
          "served_by": "line"}
_WORDED = {"grade": "grade", "answer": "reminder_answer", "rhythm": "rhythm", "channel": "reminder_channel"}
_UNITS = frozenset({"unit", "blocking", "parent_id", "merged_into_id", "product_owner", "lands_in", "configured_in"})
_LISTS_OF_UNITS = frozenset({"units", "receivers"})    # kept as one text of codes, or _ALL
_ALL = "*"
_PATHS = {"meeting": "/meetings/{}", "supervision": "/supervision/{}", "bulletin": "/bulletins/{}", "campaign": "/campaigns/{}",
          "filing": "/filings/{}", "assignment": "/assignments/{}", "programme": "/programmes/{}"}
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One entry in words, as components/history.html shows it. `by` is empty for the portal itself."""
    at: datetime
    by: str
    on_behalf_of: str
    role: str
    action: str
    tone: str
    words: str = ""
    changes: Mapping[str, Pair] = field(default_factory=dict)
    system: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A step in the whole trail: with its chain, its number there, and what it is about."""
    step: Step
    unit: str
    number: int | None
    kind: str
    subject: UUID
    href: str | None


def history_of(kind: str, subject: UUID,
               readable: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None) -> list[Step]:
    """What happened to a thing, newest first. Savings of one person on one day are one step. `readable` cuts the changes
    of an entry to what this person may read, where the thing has parts that not everybody reads."""
    entries = _gathered(queries.history(kind, subject))
    if readable is not None:
        entries = [_copy(e, dict(readable(e.changes))) for e in entries]
    return steps_of(entries)


def steps_of(entries: Sequence[AuditEntry]) -> list[Step]:
    """Entries in words, as they come."""
    people = queries.people(entries)
    return [_step(e, people) for e in entries]


def _gathered(entries: Iterable[AuditEntry]) -> list[AuditEntry]:
    """A draft is saved as one types: what one person changed in a row on a day is shown as one step."""
    found: list[AuditEntry] = []
    for entry in entries:                                  # newest first
        last = found[-1] if found else None
        if last is not None and _same_sitting(last, entry):
            found[-1] = _copy(last, _joined(entry.changes, last.changes))
        else:
            found.append(entry)
    return found


def _joined(older: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    """Two steps as one: from where the older began to where the newer ended, without what is again as it was."""
    both = {k: [older[k][0], newer[k][1]] for k in older.keys() & newer.keys() if _is_pair(older[k]) and _is_pair(newer[k])}
    back = {k for k, (before, after) in both.items() if before == after}
    return {k: v for k, v in {**older, **newer, **both}.items() if k not in back}


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _same_sitting(newer: AuditEntry, older: AuditEntry) -> bool:
    return (newer.action == older.action == "save" and newer.by == older.by and newer.on_behalf_of == older.on_behalf_of
            and clock.local(newer.at).date() == clock.local(older.at).date())


def _copy(entry: AuditEntry, changes: dict[str, Any]) -> AuditEntry:
    """Detached: an entry itself is never changed."""
    return AuditEntry(id=entry.id, unit_id=entry.unit_id, at=entry.at, by=entry.by, on_behalf_of=entry.on_behalf_of,
                      role=entry.role, action=entry.action, subject_kind=entry.subject_kind, subject_id=entry.subject_id,
                      changes=changes, seq=entry.seq, prev=None, hash=None)


def _step(entry: AuditEntry, people: Mapping[UUID, Person]) -> Step:
    def name(key: UUID | None) -> str:
        return people[key].name if key is not None and key in people else ""
    parts = list(taken_apart(entry.changes))
    said = [_shown(c, c.after, entry.subject_kind, people) for c in parts if c.field in SAID and not c.about]
    rows = [c for c in parts if c.field not in SAID or c.about]
    changes = {_label(c): (_shown(c, c.before, entry.subject_kind, people), _shown(c, c.after, entry.subject_kind, people))
               for c in rows[:MOST_CHANGES]}
    if len(rows) > MOST_CHANGES:
        changes[str(_("and %(n)s further changes", n=len(rows) - MOST_CHANGES))] = ("", "…")
    return Step(entry.at, name(entry.by), name(entry.on_behalf_of), term("role", entry.role), action_words(entry.action),
                TONES.get(entry.action, ""), "\n".join(w for w in said if w), changes, entry.by is None)


def action_words(code: str) -> str:
    return translate(ACTIONS[code]) if code in ACTIONS else code


def kind_words(code: str) -> str:
    return translate(KINDS[code]) if code in KINDS else code


def _label(change: Change) -> str:
    words = translate(FIELDS[change.field]) if change.field in FIELDS else change.field
    if not change.about:
        return words
    vocabulary = "milestone" if change.about in set(MilestoneCode) else "light" if change.about in CODES else ""
    about = term(vocabulary, change.about) if vocabulary else change.about
    return f"{about} · {words}"


def _shown(change: Change, value: Any, kind: str, people: Mapping[UUID, Person]) -> str:
    """A value in the reader's words: people, units and codes by name, days and instants as everywhere."""
    if change.field == "state" and isinstance(value, str):
        return state_words(kind, value)[0]
    if change.field in _WORDED and isinstance(value, str):
        return state_words(_WORDED[change.field], value)[0]
    if change.field == "tone" and value in TONES_OF_LIGHTS:
        return translate(TONES_OF_LIGHTS[value])
    if change.field == "language" and isinstance(value, str):
        return LANGUAGES.get(value, value)
    if change.field in _LISTS_OF_UNITS and isinstance(value, str):
        return str(_("all units")) if value == _ALL else str(_(", ")).join(map(unit_short, value.split(", ")))
    if change.field in _UNITS and value is not None:
        return _units(value)
    if change.field == "part" and isinstance(value, str):          # of a file: an element of a campaign, or what agents work by
        return str(_("What agents work by")) if value == "agent_document" else term("launch_element", value)
    if change.field == "owner" and isinstance(value, list) and len(value) == 2:
        return _desk(*value)
    if change.field in _TERMS and isinstance(value, str):
        return term(_TERMS[change.field], value)
    words = _plain(value, people)
    return words if len(words) <= CLIPPED else f"{words[:CLIPPED]}…"


def _units(value: Any) -> str:
    """One unit or several; "network" for all of them."""
    if isinstance(value, list):
        return str(_(", ")).join(map(unit_short, value))
    return str(_("whole network")) if value == "network" else unit_name(value)


def _desk(unit: str, line: str | None) -> str:
    return " · ".join(filter(None, (unit_name(unit), term("line", line))))


def _plain(value: Any, people: Mapping[UUID, Person]) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(_("yes") if value else _("no"))
        case str():
            return _text(value, people)
        case list():
            return str(_(", ")).join(_plain(v, people) for v in value)
        case {"person": who, "part": part, "line": line}:
            of = " ".join(filter(None, (translate(PARTS[part]) if part in PARTS else part, term("line", line))))
            return f"{_plain(who, people)} ({of})"
        case {"rule": _rule, "why": list(reasons)}:         # whom a route found; its page says why
            return str(_(", ")).join(_desk(r["unit"], r["line"]) for r in reasons)
        case dict():
            return str(_("; ")).join(f"{term('system', k)}{_(': ')}{_stages(v, people)}" for k, v in value.items())
        case _:
            return str(value)


def _stages(value: Any, people: Mapping[UUID, Person]) -> str:
    codes = value if isinstance(value, list) else [value]
    return str(_(", ")).join(term("stage", c) if isinstance(c, str) else _plain(c, people) for c in codes)


def _text(value: str, people: Mapping[UUID, Person]) -> str:
    if len(value) == 36:
        try:
            found = people.get(UUID(value))
        except ValueError:
            found = None
        return found.name if found else value
    if "T" in value and len(value) >= 19:
        try:
            return times.moment(datetime.fromisoformat(value))
        except (ValueError, TypeError):
            return value
    return value


# --- the auditor's page ----------------------------------------------------------------------------------------------


def index() -> ResponseReturnValue:
    units = directory.units()
    wanted, chosen = _wanted({u.code: u.id for u in units})
    entries = queries.trail(wanted, cursors.read(request.args.get("cursor")), PAGE + 1)
    shown = entries[:PAGE]
    people = queries.people(shown)
    return render_template(
        "audit/index.html", rows=[_row(e, people) for e in shown], chosen=chosen, chips=list(_chips(chosen)), as_of=clock.now(),
        next=cursors.written(shown[-1].at, shown[-1].id) if len(entries) > PAGE else None,
        units=[(u.code, unit_name(u)) for u in units], actions=_options(ACTIONS, action_words), kinds=_options(KINDS, kind_words))


def _row(entry: AuditEntry, people: Mapping[UUID, Person]) -> Row:
    path = _PATHS.get(entry.subject_kind)
    return Row(_step(entry, people), unit_short(entry.unit_id), entry.seq, kind_words(entry.subject_kind), entry.subject_id,
               path.format(entry.subject_id) if path else None)


def _options(codes: Iterable[str], words: Callable[[str], str]) -> list[Pair]:
    return sorted(((code, words(code)) for code in codes), key=lambda pair: pair[1])


def _wanted(units: Mapping[str, int]) -> tuple[Wanted, dict[str, str]]:
    """The filters of the address, as looked for and as written; what is no unit, day or key is no filter."""
    given = {name: texts.clean(request.args.get(name))[:texts.SHORT] for name in FILTERS}
    unit, subject = units.get(given["unit"]), untrusted.key(given["subject"])
    since, until = _day(given["since"]), _day(given["until"])
    read = Wanted(unit, given["action"] or None, given["person"], given["kind"] or None, subject,
                  clock.at(since, 0) if since else None, clock.at(until + timedelta(days=1), 0) if until else None)
    understood = {"unit": unit, "since": since, "until": until, "subject": subject}
    return read, {name: text for name, text in given.items() if text and understood.get(name, True)}


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _chips(chosen: Mapping[str, str]) -> Iterator[Pair]:
    from_words: Sequence[tuple[str, Callable[[str], str]]] = (
        ("unit", unit_name), ("action", action_words), ("kind", kind_words), ("person", str),
        ("since", lambda v: str(_("from %(day)s", day=v))), ("until", lambda v: str(_("until %(day)s", day=v))),
        ("subject", lambda _v: str(_("one thing"))))
    for name, words in from_words:
        if name in chosen:
            yield name, words(chosen[name])


ROUTES: tuple[Route, ...] = (
    ("GET", "", index, Permission.AUDIT_READ),
)
