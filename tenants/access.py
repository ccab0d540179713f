"""Wall 1: a frozen identity and one question. A permission is granted when ONE valid appointment grants it for this
subject; what different appointments reach is never combined."""
from dataclasses import dataclass, replace
from uuid import UUID

from tenants.context import Lane, Scope
from tenants.errors import NotPermitted
from tenants.messages import N_, Message
from tenants.permissions import NEVER_BY_OWNER, Permission, Relation, granting, grants
from tenants.vocabulary import Line, Role

HEADQUARTERS = 1                    # the one unit of kind headquarters; its key is fixed by the seed

_LANES = {Role.HQ_LEADER: Lane.OVERSIGHT, Role.HQ_OFFICE: Lane.OVERSIGHT, Role.HQ_LINE_LEAD: Lane.OVERSIGHT,
          Role.AUDITOR: Lane.AUDITOR, Role.ADMINISTRATOR: Lane.ADMINISTRATOR}
_READING = (Lane.AUDITOR, Lane.OVERSIGHT, Lane.UNIT, Lane.ADMINISTRATOR)
_WRITING = (Lane.OVERSIGHT, Lane.UNIT, Lane.ADMINISTRATOR, Lane.AUDITOR)
_OVERSEES = frozenset({Role.HQ_LEADER, Role.HQ_OFFICE, Role.HQ_LINE_LEAD, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Appointment:
    """A role in a unit, valid now. `holder` was appointed; a delegate acts `on_behalf_of` that holder."""
    id: UUID
    role: Role
    unit: int
    unit_code: str
    holder: UUID
    line: Line | None = None
    on_behalf_of: UUID | None = None

    @property
    def lane(self) -> Lane:
        return _LANES.get(self.role, Lane.UNIT)


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person, detached from the database, with the appointments in force."""
    person: UUID
    email: str
    name: str
    appointments: tuple[Appointment, ...]
    language: str = "zh"
    also: frozenset[UUID] = frozenset()         # see `selves`: what is left of the functions that are not acted as

    @property
    def selves(self) -> frozenset[UUID]:
        """The person, and everybody in whose name the person may act today, in whichever function that is."""
        return self.also | {self.person, *(a.holder for a in self.appointments)}

    def acting(self, appointment: UUID | None) -> "Identity":
        """Narrowed to one appointment: the one asked for, else the first. Without any, nothing is granted."""
        chosen = [a for a in self.appointments if a.id == appointment] or list(self.appointments[:1])
        return replace(self, appointments=tuple(chosen), also=self.selves)

    def scope(self, *, writing: bool, permission: Permission | None = None) -> Scope:
        """Pages act as one appointment; a token has all of them, so it reads in the widest lane and writes in the
        widest that writes; which thing it may touch is judged appointment by appointment in `permits`. What is written
        under a `permission` is written in a lane of those functions that can have it."""
        able = {role for role, _ in grants(permission)} if permission else set(Role)
        lanes = {a.lane for a in self.appointments if a.role in able} or {a.lane for a in self.appointments}
        lane = next((x for x in (_WRITING if writing else _READING) if x in lanes), Lane.UNIT)
        return Scope(self.person, tuple(sorted({a.unit for a in self.appointments})), lane)


@dataclass(frozen=True, slots=True)
class Subject:
    """What access needs to know of a thing; models offer it as `.subject`.

    Of what several units share, `unit` and `line` are the desk that answers for it; `parties` all units concerned, each
    in its line, or `everyone`; `first` its first contact, in the unit that raised it (`raiser`); `desk` the function
    that serves the answering desk today, with its line; `ruling` the line at headquarters that has the last word."""
    unit: int
    line: Line | None = None
    owner: UUID | None = None
    parties: tuple[tuple[int, Line | None], ...] = ()
    everyone: bool = False
    first: UUID | None = None
    raiser: int | None = None
    desk: tuple[Role, Line | None] | None = None
    ruling: Line | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether, why, and by which appointment."""
    allowed: bool
    why: Message
    appointment: Appointment | None = None

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Reach:
    """A set of things, as lists need it: None means any. `not_unit` and `not_line` take one away."""
    unit: int | None = None
    line: Line | None = None
    owner: UUID | None = None
    not_unit: int | None = None
    not_line: Line | None = None
    party: int | None = None
    party_line: Line | None = None
    first: UUID | None = None
    raiser: int | None = None
    desk: tuple[Role, Line | None] | None = None
    ruling: Line | None = None


def relations(appointment: Appointment, subject: Subject | None) -> frozenset[Relation]:
    """Every relation in which the appointment stands to the subject."""
    return frozenset(r for r in Relation if _stands(appointment, r, subject))


def _stands(appointment: Appointment, relation: Relation, subject: Subject | None) -> bool:
    """Whether the appointment stands to the subject, or to nothing in particular, in that relation."""
    if subject is None:
        return relation is Relation.NOTHING
    reach = _reach(appointment, relation)
    return reach is not None and _within(subject, reach)


def _reach(a: Appointment, relation: Relation) -> Reach | None:
    """The things to which the appointment stands in that relation; None where it cannot."""
    match relation:
        case Relation.UNIT:
            return Reach(unit=a.unit)
        case Relation.LINE if a.line is not None:
            return Reach(unit=a.unit, line=a.line)
        case Relation.OWN:
            return Reach(unit=a.unit, owner=a.holder)
        case Relation.PARTY:
            return Reach(party=a.unit)
        case Relation.PARTY_LINE if a.line is not None:
            return Reach(party=a.unit, party_line=a.line)
        case Relation.DESK:
            return Reach(unit=a.unit, desk=(a.role, a.line))
        case Relation.FIRST:
            return Reach(raiser=a.unit, first=a.holder)
        case Relation.RAISER:
            return Reach(raiser=a.unit)
        case _:
            return _reach_overseen(a, relation) if a.role in _OVERSEES and a.unit == HEADQUARTERS else None


def _reach_overseen(a: Appointment, relation: Relation) -> Reach | None:
    """The same for relations in which only headquarters stands to a thing."""
    match relation:
        case Relation.OVERSIGHT:
            return Reach()
        case Relation.SUPERVISED:
            return Reach(not_unit=HEADQUARTERS)
        case Relation.HQ_OWN:
            return Reach(unit=HEADQUARTERS, not_line=Line.CUSTOMER_SERVICE)
        case Relation.OFFICE_OWN:
            return Reach(unit=HEADQUARTERS, line=Line.CUSTOMER_SERVICE)
        case Relation.OVERSIGHT_LINE if a.line is not None:
            return Reach(line=a.line)
        case Relation.RULING if a.line is not None:
            return Reach(ruling=a.line)
        case Relation.SUPERVISED_LINE if a.line is not None:
            return Reach(line=a.line, not_unit=HEADQUARTERS)
        case Relation.COORDINATION if a.line is Line.CUSTOMER_SERVICE:
            return Reach()
        case _:
            return None


def _within(subject: Subject, reach: Reach) -> bool:
    return _within_unit(subject, reach) and _within_shared(subject, reach)


def _within_shared(subject: Subject, reach: Reach) -> bool:
    return ((reach.party is None or _is_party(subject, reach.party, reach.party_line))
            and (reach.first is None or subject.first == reach.first)
            and (reach.raiser is None or subject.raiser == reach.raiser)
            and (reach.desk is None or (subject.desk is not None and subject.desk[0] == reach.desk[0]
                                        and reach.desk[1] in (None, subject.desk[1])))
            and (reach.ruling is None or subject.ruling == reach.ruling))


def _is_party(subject: Subject, unit: int, line: Line | None) -> bool:
    if subject.everyone and line is None:
        return True
    return any(u == unit and line in (None, of_line) for u, of_line in subject.parties)


def _within_unit(subject: Subject, reach: Reach) -> bool:
    return ((reach.unit is None or subject.unit == reach.unit)
            and (reach.line is None or subject.line == reach.line)
            and (reach.owner is None or subject.owner == reach.owner)
            and (reach.not_unit is None or subject.unit != reach.not_unit)
            and (reach.not_line is None or subject.line != reach.not_line))


def permits(identity: Identity, permission: Permission, subject: Subject | None = None) -> Decision:
    """May this person do this, to this thing (None: to nothing in particular)? Raises KeyError for a permission that
    the table does not know, since an undefined permission is a bug."""
    if not grants(permission):
        raise KeyError(permission)
    if identity.appointments and _is_own(identity, permission, subject):
        return Decision(False, N_("Nobody judges work of their own, nor does their delegate."))
    for appointment in identity.appointments:
        for relation in sorted(granting(appointment.role, permission)):
            if _stands(appointment, relation, subject):
                return Decision(True, N_("granted to %(role)s in the relation %(relation)s",
                                         role=appointment.role.value, relation=relation.value), appointment)
    return Decision(False, N_("None of your functions may do this here."))


def _is_own(identity: Identity, permission: Permission, subject: Subject | None) -> bool:
    return permission in NEVER_BY_OWNER and subject is not None and subject.owner in identity.selves


def need(identity: Identity, permission: Permission, subject: Subject | None = None) -> Appointment:
    """The appointment that grants it, for the record; raises NotPermitted."""
    decision = permits(identity, permission, subject)
    if not decision or decision.appointment is None:
        raise NotPermitted(decision.why)
    return decision.appointment


def reaches(identity: Identity, permission: Permission) -> tuple[Reach, ...]:
    """What a list may contain for this person, from the same table that judges a single thing."""
    found = [reach for a in identity.appointments for relation in granting(a.role, permission)
             if (reach := _reach(a, relation)) is not None]
    return tuple(dict.fromkeys(found))
