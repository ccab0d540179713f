"""What a unit may be called and where it may stand, and how the directory is grouped. Pure."""
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tenants.messages import N_, Message
from tenants.vocabulary import Category, Role, UnitKind

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
CODE_LENGTH, SHORT_LENGTH = 60, 6

# In which order the functions of a unit are shown, and what the directory makes of each.
ORDER = (Role.HQ_LEADER, Role.HQ_OFFICE, Role.HQ_LINE_LEAD, Role.UNIT_HEAD, Role.UNIT_CONTACT, Role.LINE_OWNER,
         Role.MEMBER, Role.ASSESSOR, Role.AUDITOR, Role.ADMINISTRATOR)
HEADS = frozenset({Role.UNIT_HEAD, Role.HQ_LEADER})
CONTACTS = frozenset({Role.UNIT_CONTACT, Role.HQ_OFFICE})
COUNTERPARTS = frozenset({Role.LINE_OWNER, Role.HQ_LINE_LEAD})


@dataclass(frozen=True, slots=True)
class Facts:
    """What an administrator says of a unit; `parent` is the key of the unit it is a part of."""
    code: str
    kind: str
    category: str | None
    name: str
    name_zh: str
    short_zh: str
    parent: int | None
    position: int


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the directory: a kind, for companies with their category."""
    kind: str
    category: str | None


def leads_to(line: str, process: str, work: Collection[tuple[str, str | None]]) -> str:
    """What a cell of the duties opens, as filters of the list: the line's own work in the process; where it has none, the work
    of those whom it coordinates, supports or cooperates with; nothing where there is nothing. `work`: (line, process)."""
    if (line, process) in work:
        return f"line={line}&process={process}"
    return f"process={process}" if any(p == process for _, p in work) else ""


GROUPS: tuple[Group, ...] = (Group(UnitKind.HEADQUARTERS, None), Group(UnitKind.PROVINCE, None),
                             *(Group(UnitKind.SPECIALISED_COMPANY, c) for c in Category))


def group_of(kind: str, category: str | None) -> Group:
    return Group(kind, category if kind == UnitKind.SPECIALISED_COMPANY else None)


def successor(unit: int, gone: Mapping[int, int | None]) -> int | None:
    """The unit itself while it goes on, else what it was merged into, and so on; None where nothing goes on. `gone` are the
    units that are closed, each with what it was merged into."""
    seen: set[int] = set()
    at: int | None = unit
    while at is not None and at in gone and at not in seen:
        seen.add(at)
        at = gone[at]
    return None if at in gone else at


def faults(facts: Facts, *, taken: bool, parents: Mapping[int, int | None], itself: int | None) -> dict[str, list[Message]]:
    """What is wrong with a unit, by field. `taken`: another has the code. `parents` maps every unit to the one it is a
    part of; `itself` is its own key, None for a new one."""
    found: dict[str, list[Message]] = {}

    def fault(field: str, message: Message) -> None:
        found.setdefault(field, []).append(message)

    if not CODE.fullmatch(facts.code) or len(facts.code) > CODE_LENGTH:
        fault("code", N_("A code has small letters, digits and single hyphens, at most %(most)s.", most=CODE_LENGTH))
    elif taken:
        fault("code", N_("Another unit has this code."))
    for field, value, most in (("name", facts.name, 200), ("name_zh", facts.name_zh, 200),
                               ("short_zh", facts.short_zh, SHORT_LENGTH)):
        if not value:
            fault(field, N_("This is required."))
        elif len(value) > most:
            fault(field, N_("At most %(most)s characters.", most=most))
    for field, message in _kind_faults(facts):
        fault(field, message)
    if circle := _parent_fault(facts.parent, parents, itself):
        fault("parent", circle)
    return found


def _kind_faults(facts: Facts) -> Sequence[tuple[str, Message]]:
    if facts.kind not in set(UnitKind):
        return [("kind", N_("Choose one of the list."))]
    company = facts.kind == UnitKind.SPECIALISED_COMPANY
    if company and facts.category not in set(Category):
        return [("category", N_("A specialised company has a category."))]
    if not company and facts.category:
        return [("category", N_("Only a specialised company has a category."))]
    return []


def _parent_fault(parent: int | None, parents: Mapping[int, int | None], itself: int | None) -> Message | None:
    if parent is None:
        return None
    if parent not in parents:
        return N_("Choose one of the list.")
    step: int | None = parent
    for _ in range(len(parents) + 1):
        if step is None:
            return None
        if step == itself:
            return N_("A unit cannot be a part of itself or of its own parts.")
        step = parents.get(step)
    return N_("A unit cannot be a part of itself or of its own parts.")


def closed(closed_on: date | None, day: date) -> bool:
    """`closed_on` is the first day on which the unit is gone."""
    return closed_on is not None and closed_on <= day
