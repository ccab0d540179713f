"""People, their functions, their credentials, and who acts for whom.

Two lanes write here: people and appointments the administrator's, accounts and tokens the sign-in lane. One transaction
has one lane, so who makes both does it in two scopes."""
import hashlib
import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from argon2 import PasswordHasher, Type
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.accounts import queries, rules
from portal.accounts.models import AccessToken, Account
from portal.audit.service import record
from portal.outbox import service as outbox
from portal.texts import clean
from tenants import access, clock
from tenants.access import Identity
from tenants.context import Lane
from tenants.db import db, uuid7
from tenants.errors import Invalid, NotPermitted, NotVisible, RuleViolated, Stale
from tenants.messages import N_
from tenants.models import Appointment, Delegation, Person, Unit
from tenants.permissions import Permission
from tenants.vocabulary import Line, Role, UnitKind

ROUNDS, MEMORY, LANES = 2, 19_456, 1                   # of Argon2id; memory in KiB: as OWASP advises, about 25 ms
ENDED = "appointment.ended"                            # topic
_hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY, parallelism=LANES, type=Type.ID)


def hash_password(password: str) -> str:
    """The form in which a password is stored. Made once, it may serve many accounts of a demonstration."""
    return _hasher.hash(rules.secret(password))


def one_time_password() -> str:
    """A password to tell a new person, who is to change it: about 80 bits, easy to read out."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


# --- people and functions: the administrator's lane ------------------------------------------------------------------

def create_person(email: str, name: str, phone: str = "", language: str = "zh", *, actor: Identity | None = None,
                  under: access.Appointment | None = None) -> Person:
    """Store a person without any function. Raises NotPermitted, and Invalid, also when the address is somebody's already.

    The command line has no `actor`: it is the operator's, who needs no appointment but may act `under` one."""
    under = _administrator(actor) or under
    email, name, phone = rules.address(clean(email)), _line(name), _line(phone)
    faults = rules.person_faults(email, name, phone, language)
    if not faults and queries.person_by_email(email) is not None:
        faults["email"] = [_TAKEN]
    if faults:
        raise Invalid(faults)
    made = Person(id=uuid7(), email=email, name=name, phone=phone, language=language, left_on=None)
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:                             # somebody else was quicker
        raise Invalid({"email": [_TAKEN]}) from None
    record("create", "person", made.id, {"email": email, "name": name, "phone": phone, "language": language}, under=under)
    return made


def _line(text: str) -> str:
    """One line: what was pasted with breaks is joined."""
    return " ".join(clean(text).split())


def appoint(person: Person, unit: Unit, role: Role, line: Line | None = None, deputy: bool = False,
            valid_from: date | None = None, valid_until: date | None = None, *, actor: Identity | None = None,
            under: access.Appointment | None = None) -> Appointment:
    """Give a person a role in a unit, from today on unless said otherwise. Raises NotPermitted, Invalid; the same function
    twice at the same time is one fault of these, a function for oneself another. `actor` and `under` as in `create_person`."""
    under = _administrator(actor) or under
    queries.hold(person.id)
    first = valid_from or clock.today()
    faults = rules.appointment_faults(role, UnitKind(unit.kind), line, first, valid_until)
    if not faults and _held(person.id, unit.id, role, line, first, valid_until):
        faults["role"] = [N_("The person holds this function at that time already.")]
    if _oneself(person.id, actor):
        faults["person"] = [_ANOTHER]
    if unit.closed_on is not None and first >= unit.closed_on:
        faults["unit"] = [N_("The unit is closed.")]
    if faults:
        raise Invalid(faults)
    made = Appointment(id=uuid7(), person_id=person.id, unit_id=unit.id, role=role.value, line=line.value if line else None,
                       deputy=deputy, valid_from=first, valid_until=valid_until)
    db.session.add(made)
    db.session.flush()
    record("appoint", "appointment", made.id,
           {"person": person.name, "email": person.email, "unit": unit.code, "role": role, "line": line, "deputy": deputy,
            "valid_from": first, "valid_until": valid_until}, under=under)
    if valid_until is not None:
        _ends(unit.id, valid_until + timedelta(days=1))
    return made


def change_person(person: Person, email: str, name: str, phone: str, language: str, left_on: date | None, *, version: int,
                  actor: Identity) -> None:
    """`left_on` is the first day on which the person is gone. The address is also the sign-in. Raises NotPermitted, Stale,
    Invalid, RuleViolated when nobody would administer the portal any more."""
    under = _administrator(actor)
    _fresh(person, version)
    email, name, phone = rules.address(clean(email)), clean(name), clean(phone)
    faults = rules.person_faults(email, name, phone, language)
    other = queries.person_by_email(email)
    if not faults and other is not None and other.id != person.id:
        faults["email"] = [_TAKEN]
    if faults:
        raise Invalid(faults)
    leaving = left_on is not None and left_on != person.left_on
    values = {"email": email, "name": name, "phone": phone, "language": language, "left_on": left_on}
    _change(person, values, "leave" if leaving else "change", "person", under)
    if leaving and left_on is not None:
        for unit in queries.units_of(person.id, left_on):
            _ends(unit, left_on)


def change_appointment(row: Appointment, deputy: bool, valid_from: date | None, valid_until: date | None, *, version: int,
                       actor: Identity) -> None:
    """When it is in force, and whether it is a deputy's. Another role, line or unit is another appointment, and so is a later
    time than one that has begun: what was done in this one stays what it was. Raises as `change_person`."""
    under = _administrator(actor)
    queries.hold(row.person_id)
    _fresh(row, version)
    if valid_from is None:
        raise Invalid({"valid_from": [N_("Enter the first day.")]})
    role, line = Role(row.role), Line(row.line) if row.line else None
    faults = rules.appointment_faults(role, UnitKind(row.unit.kind), line, valid_from, valid_until)
    if not faults and _held(row.person_id, row.unit_id, role, line, valid_from, valid_until, but=row.id):
        faults["valid_from"] = [N_("The person holds this function at that time already.")]
    if _oneself(row.person_id, actor):
        faults["valid_from"] = [_ANOTHER]
    began, ended, today = row.valid_from, row.valid_until, clock.today()
    if "valid_from" not in faults and began < today < valid_from:
        faults["valid_from"] = [N_("It has been in force since %(day)s. End it, and appoint anew for the later time.", day=began)]
    if faults:
        raise Invalid(faults)
    _change(row, {"deputy": deputy, "valid_from": valid_from, "valid_until": valid_until}, "change", "appointment", under)
    if valid_until is not None and valid_until != ended:
        _ends(row.unit_id, valid_until + timedelta(days=1))
    if began == today < valid_from:
        _ends(row.unit_id, today)


def end_appointment(row: Appointment, last: date | None, *, version: int, actor: Identity) -> None:
    """`last` is the last day on which it is in force. Raises as `change_person`."""
    under = _administrator(actor)
    _fresh(row, version)
    if last is None:
        raise Invalid({"valid_until": [N_("Enter the last day.")]})
    if last < row.valid_from:
        raise Invalid({"valid_until": [N_("The last day lies before the first.")]})
    if row.valid_until is not None and row.valid_until < clock.today():
        raise RuleViolated(N_("This has ended already."))
    _change(row, {"valid_until": last}, "dismiss", "appointment", under)
    _ends(row.unit_id, last + timedelta(days=1))


def _ends(unit: int, day: date) -> None:
    """On that day somebody's function in the unit is over: headquarters sees whose desks fall to somebody else."""
    outbox.post(ENDED, access.HEADQUARTERS, {"unit": unit, "day": day.isoformat()}, not_before=clock.at(day, 0))


def stop_delegation(key: UUID, *, actor: Identity) -> None:
    """From now on the delegate no longer acts, whoever handed over. Raises NotPermitted, NotVisible, RuleViolated."""
    under = _administrator(actor)
    found = queries.delegation(key)
    if found is None:
        raise NotVisible
    _stop(found, queries.person(found[1].person_id).name, "SELECT app.stop_delegation(:key, :last)", under)


def give_access(person: Person, *, actor: Identity) -> str:
    """Let the person sign in, or sign in again: the answer is a password for once, told nowhere else. Every session of the
    person ends. Raises NotPermitted, RuleViolated."""
    under = _administrator(actor)
    if _has_left(person):
        raise RuleViolated(_LEFT)
    password = one_time_password()
    db.session.execute(text("SELECT app.give_access(:key, :who, :hashed, :uniquifier)"), {
        "key": uuid7(), "who": person.id, "hashed": hash_password(password), "uniquifier": secrets.token_urlsafe(32)})
    record("access", "person", person.id, {}, under=under)
    return password


_LEFT = N_("This person has left.")


def _has_left(person: Person) -> bool:
    return person.left_on is not None and person.left_on <= clock.today()


def _administrator(actor: Identity | None) -> access.Appointment | None:
    return access.need(actor, Permission.ADMINISTER) if actor is not None else None


def _fresh(row: Person | Appointment, version: int) -> None:
    if row.version != version:
        raise Stale(N_("Somebody else has changed this meanwhile. Look at it again, then repeat what you meant to change."))


def _change(row: Person | Appointment, values: Mapping[str, object], action: str, kind: str,
            under: access.Appointment | None) -> None:
    changes = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    if not changes:
        return
    administers = queries.somebody_administers()
    for name in changes:
        setattr(row, name, values[name])
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError:                             # somebody else was quicker
        raise Invalid({"email": [_TAKEN]}) from None
    if administers and not queries.somebody_administers():
        raise RuleViolated(N_("Nobody would administer the portal any more. Appoint somebody else first."))
    record(action, kind, row.id, changes, under=under)


_TAKEN = N_("Somebody has this address already.")
_ANOTHER = N_("Another administrator appoints you.")


def _oneself(person: UUID, actor: Identity | None) -> bool:
    """Whether the actor would give a function to himself, or to somebody whose delegate he is."""
    return actor is not None and person in actor.selves


def _held(person: UUID, unit: int, role: Role, line: Line | None, first: date, last: date | None, *,
          but: UUID | None = None) -> bool:
    held = [a for a in queries.functions_like(person, unit, role, line) if a.id != but]
    return rules.overlaps(first, last or date.max, [(a.valid_from, a.valid_until or date.max) for a in held])


# --- credentials: the sign-in lane -----------------------------------------------------------------------------------

def set_password(person: UUID, email: str, password: str | None = None, *, hashed: str | None = None,
                 one_time: bool = False) -> Account:
    """Let the person sign in with that password; every session of the person ends.

    `email` must not make the password guessable; `hashed` is one of `hash_password`, for many accounts at once;
    `one_time`: it is to be changed before anything else. Raises Invalid for a weak `password`."""
    if password is not None:
        if faults := rules.weaknesses(rules.secret(password), (email,)):
            raise Invalid({"password": faults})
        hashed = hash_password(password)
    account = queries.account_of(person)
    if account is None:
        account = Account(id=uuid7(), person_id=person, password=hashed, active=True, one_time=one_time,
                          fs_uniquifier=secrets.token_urlsafe(32))
        db.session.add(account)
    else:
        account.password, account.active, account.one_time = hashed, True, one_time
        account.fs_uniquifier = secrets.token_urlsafe(32)
    db.session.flush()
    return account


def close_account(person: UUID) -> None:
    """No more sign-in, no more sessions, no more tokens; the person stays."""
    account = queries.account_of(person)
    if account is not None:
        account.active, account.fs_uniquifier = False, secrets.token_urlsafe(32)
    revoke_tokens(person)


def make_token(person: UUID, days: int) -> str:
    """A personal access token, told this once; only its digest is stored. Raises Invalid, also for whom nothing would answer."""
    if not 1 <= days <= rules.LONGEST_TOKEN:
        raise Invalid({"days": [N_("A token lasts from 1 to %(most)s days.", most=rules.LONGEST_TOKEN)]})
    if _has_left(queries.person(person)):
        raise Invalid({"email": [_LEFT]})
    if (account := queries.account_of(person)) is not None and not account.active:
        raise Invalid({"email": [N_("This person's access to the portal was taken away.")]})
    token, now = f"portal_{secrets.token_urlsafe(32)}", clock.now()
    db.session.add(AccessToken(id=uuid7(), person_id=person, digest=digest(token), made_at=now,
                               expires_at=now + timedelta(days=days), revoked_at=None))
    db.session.flush()
    return token


def digest(token: str) -> bytes:
    """What is stored of a token. It has 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode()).digest()


def revoke_tokens(person: UUID, only: str | None = None) -> int:
    """End all of the person's tokens, or just that one; how many were ended."""
    found = [t for t in queries.tokens_of(person) if only is None or t.digest == digest(only)]
    for token in found:
        token.revoked_at = clock.now()
    db.session.flush()
    return len(found)


# --- delegation: everybody, of an own function -----------------------------------------------------------------------

def delegate(appointment: UUID, to: UUID | None, first: date | None, last: date | None, *, actor: Identity,
             whole: Identity) -> UUID:
    """Let a colleague of the same unit act in one of the actor's own functions, from–until (both included).

    `actor` is narrowed to the function acted as, `whole` has them all. Raises NotPermitted, NotVisible for a function
    that is not the actor's own, Invalid."""
    under = _writer(actor)
    own = next((a for a in whole.appointments if a.id == appointment and a.on_behalf_of is None), None)
    if own is None:
        raise NotVisible
    if own.lane is Lane.AUDITOR:
        raise NotPermitted(N_("The auditor's function is personal and is not handed over."))
    faults = rules.delegation_faults(first, last, clock.today())
    colleague = next((p for p in queries.colleagues(whole, own.unit) if p.id == to), None)
    if colleague is None:
        faults["person"] = [N_("Choose a colleague of your unit.")]
    if faults or colleague is None or first is None or last is None:
        raise Invalid(faults)
    queries.hold(own.id)
    taken = [(d.valid_from, d.valid_until) for d, _ in queries.delegations_of([own.id])]
    if rules.overlaps(first, last, taken):
        raise Invalid({"valid_from": [N_("The function is handed over in that time already. End that first.")]})
    key = uuid7()
    db.session.execute(text("SELECT app.delegate(:key, :function, :person, :first, :last)"),
                       {"key": key, "function": own.id, "person": colleague.id, "first": first, "last": last})
    record("delegate", "delegation", key, {
        "holder": actor.name, "delegate": colleague.name, "role": own.role, "unit": own.unit_code, "line": own.line,
        "valid_from": first, "valid_until": last}, under=under)
    return key


def end_delegation(key: UUID, *, actor: Identity) -> None:
    """From now on the colleague no longer acts. Raises NotVisible unless it is a delegation of an own function."""
    under = _writer(actor)
    found = queries.delegation(key)
    if found is None or found[1].person_id != actor.person:
        raise NotVisible
    _stop(found, actor.name, "SELECT app.end_delegation(:key, :last)", under)


def _stop(found: tuple[Delegation, Appointment, Person], holder: str, statement: str,
          under: access.Appointment | None) -> None:
    delegation, appointment, delegate = found
    last, before = clock.today() - timedelta(days=1), delegation.valid_until
    if before <= last:
        raise RuleViolated(N_("This has ended already."))
    db.session.execute(text(statement), {"key": delegation.id, "last": last})
    record("end_delegation", "delegation", delegation.id, {
        "holder": holder, "delegate": delegate.name, "role": Role(appointment.role), "unit": appointment.unit.code,
        "valid_until": [before, last]}, under=under)


def _writer(actor: Identity) -> access.Appointment:
    under = access.need(actor, Permission.APPOINTMENT_DELEGATE)
    if under.lane is Lane.AUDITOR:
        raise NotPermitted(N_("As auditor you only read. Act in another function first."))
    return under
