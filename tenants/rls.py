"""The kinds of table, and the policies and grants they produce. Migrations and the catalogue test both read this.

Shapes measured on a million rows: bare column comparisons against a stable function, one role a lane, never an OR."""
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

APP, OVERSIGHT, AUDITOR = "portal_app", "portal_oversight", "portal_auditor"
ADMINISTRATOR, SIGN_IN = "portal_administrator", "portal_sign_in"
LANES = (APP, OVERSIGHT, AUDITOR, ADMINISTRATOR, SIGN_IN)


class Kind(StrEnum):
    REFERENCE = "reference"    # everyone reads, the administrator writes
    PUBLISHED = "published"    # headquarters writes; units read what is published
    OWNED = "owned"            # unit_id: the unit and headquarters
    SHARED = "shared"          # parties int[]: those units and headquarters
    CHILD = "child"            # seen with its parent, by the parent's policies
    ATTACHED = "attached"      # subject_kind, subject_id: seen with whatever it hangs on
    APPEND = "append"          # audit: insert into one's own chain, as oneself; reading is granted by the subject's slice
    ADDRESSED = "addressed"    # outbox: anyone inserts, only the receiver's scope (unit_id) reads and marks
    PERSONAL = "personal"      # person_id: the person alone, whatever the lane; the receiver's unit inserts
    ACCOUNTS = "accounts"      # credentials: the sign-in lane alone
    INTERNAL = "internal"      # nobody but SECURITY DEFINER functions


@dataclass(frozen=True, slots=True)
class Table:
    """A table's declaration. Updates are granted by column, deletes by name; everything else follows from the kind."""
    kind: Kind
    unit_updates: tuple[str, ...] = ()
    hq_updates: tuple[str, ...] = ()
    admin_updates: tuple[str, ...] = ()
    hq_writes: bool = False                    # REFERENCE: headquarters adds and changes too
    hq_deletes: bool = False
    unit_inserts: str | None = None            # REFERENCE: the condition under which a unit may add a row
    self_inserts: bool = False                 # PERSONAL: the person adds rows of his own, in any lane that writes
    self_deletes: bool = False                 # PERSONAL: and removes them
    of: tuple[str, ...] = ()                   # CHILD: (parent table,); ATTACHED: tables it may hang on
    adds: str | None = None                    # SHARED, CHILD, ATTACHED: what else must hold of a row that a unit adds
    changes: str | None = None                 # SHARED, CHILD: of a row that a unit changes
    everyone: str | None = None                # SHARED: the condition under which every unit reads a row
    published: str = "true"                    # PUBLISHED: which rows units read
    history_of: tuple[str, ...] = ()           # APPEND: tables whose visible rows open their history
    admin_history: tuple[str, ...] = ()        # APPEND: kinds of subject whose history the administrator reads


def kind(value: Kind, **declared: Any) -> dict[str, Any]:
    """For the end of __table_args__."""
    return {"info": {"rls": Table(value, **declared)}}


Policy = tuple[str, str, str, str | None, str | None]
_MINE = "unit_id = ANY (app.unit_ids())"
_SELF = "person_id = app.person_id()"
_SOMEBODY = "app.unit_ids() IS NOT NULL"              # the login role with a scope; any other lane has been entered
_BLIND: Policy = ("admin_sees_none", "SELECT", ADMINISTRATOR, "false", None)     # an answer without rows, not an error
_WRITERS = (("unit", APP), ("hq", OVERSIGHT), ("admin", ADMINISTRATOR))


def policies(t: Table) -> Iterator[Policy]:
    """(suffix, command, role, using, check) of every policy of a declared table."""
    yield from _BY_KIND[t.kind](t)
    if t.hq_updates:
        yield "hq_changes", "UPDATE", OVERSIGHT, "true", "true"
    if t.hq_deletes:
        yield "hq_removes", "DELETE", OVERSIGHT, "true", None

def _reference(t: Table) -> Iterator[Policy]:
    for role in LANES:
        yield f"{role}_reads", "SELECT", role, "true", None
    yield "admin_adds", "INSERT", ADMINISTRATOR, None, "true"
    if t.admin_updates:
        yield "admin_changes", "UPDATE", ADMINISTRATOR, "true", "true"
    if t.hq_writes:
        yield "hq_adds", "INSERT", OVERSIGHT, None, "true"
    if t.unit_inserts:
        yield "unit_adds", "INSERT", APP, None, t.unit_inserts


def _published(t: Table) -> Iterator[Policy]:
    yield "auditor_reads", "SELECT", AUDITOR, "true", None
    yield "unit_reads", "SELECT", APP, t.published, None
    yield "hq_reads", "SELECT", OVERSIGHT, "true", None
    yield "hq_adds", "INSERT", OVERSIGHT, None, "true"
    yield _BLIND


def _owned(t: Table) -> Iterator[Policy]:
    yield "auditor_reads", "SELECT", AUDITOR, "true", None
    yield "unit_reads", "SELECT", APP, _MINE, None
    yield "unit_adds", "INSERT", APP, None, _MINE
    yield "hq_reads", "SELECT", OVERSIGHT, "true", None
    yield "hq_adds", "INSERT", OVERSIGHT, None, "true"
    if t.unit_updates:
        yield "unit_changes", "UPDATE", APP, _MINE, _MINE
    yield _BLIND


_PARTY = "parties && app.unit_ids()"
AS_ONESELF = f"{_MINE} AND by_id = app.person_id()"    # rows that say who said it, and for which unit


def _both(condition: str, more: str | None) -> str:
    return f"{condition} AND {more}" if more else condition


def _shared(t: Table) -> Iterator[Policy]:
    yield "auditor_reads", "SELECT", AUDITOR, "true", None
    yield "unit_reads", "SELECT", APP, _PARTY, None
    if t.everyone:
        yield "unit_reads_open", "SELECT", APP, f"{t.everyone} AND {_SOMEBODY}", None
    yield "unit_adds", "INSERT", APP, None, _both(_PARTY, t.adds)
    yield "hq_reads", "SELECT", OVERSIGHT, "true", None
    yield "hq_adds", "INSERT", OVERSIGHT, None, "true"
    if t.unit_updates:
        yield "unit_changes", "UPDATE", APP, _both(_PARTY, t.changes), _PARTY
    yield _BLIND


def _child(t: Table) -> Iterator[Policy]:
    (parent,) = t.of
    seen = f"EXISTS (SELECT FROM {parent} x WHERE x.id = {parent}_id)"
    yield "auditor_reads", "SELECT", AUDITOR, "true", None
    yield "unit_reads", "SELECT", APP, seen, None
    yield "unit_adds", "INSERT", APP, None, _both(seen, t.adds)
    yield "hq_reads", "SELECT", OVERSIGHT, "true", None
    yield "hq_adds", "INSERT", OVERSIGHT, None, "true"
    if t.unit_updates:
        changed = _both(seen, t.changes)
        yield "unit_changes", "UPDATE", APP, changed, changed
    yield _BLIND


def _attached(t: Table) -> Iterator[Policy]:
    yield "auditor_reads", "SELECT", AUDITOR, "true", None
    for subject in t.of:
        seen = f"subject_kind = '{subject}' AND EXISTS (SELECT FROM {subject} x WHERE x.id = subject_id)"
        yield f"{subject}_reads", "SELECT", APP, seen, None
        yield f"{subject}_adds", "INSERT", APP, None, _both(seen, t.adds)
    if t.unit_updates:
        yield "unit_changes", "UPDATE", APP, _MINE, _MINE
    yield "hq_reads", "SELECT", OVERSIGHT, "true", None
    yield "hq_adds", "INSERT", OVERSIGHT, None, "true"
    yield _BLIND


def _append(t: Table) -> Iterator[Policy]:
    yield "auditor_reads", "SELECT", AUDITOR, "true", None
    for name, role in _WRITERS:
        yield f"{name}_adds", "INSERT", role, None, f"{_MINE} AND NOT (by IS DISTINCT FROM app.person_id())"
    yield "hq_reads", "SELECT", OVERSIGHT, "true", None
    if t.admin_history:
        listed = ", ".join(f"'{subject}'" for subject in t.admin_history)
        yield "admin_history", "SELECT", ADMINISTRATOR, f"subject_kind = ANY (ARRAY[{listed}])", None
    for table in t.history_of:
        yield (f"{table}_history", "SELECT", APP,
               f"subject_kind = '{table}' AND EXISTS (SELECT FROM {table} WHERE id = subject_id)", None)


def _addressed(_: Table) -> Iterator[Policy]:
    for name, role in (*_WRITERS, ("sign_in", SIGN_IN)):
        yield f"{name}_adds", "INSERT", role, None, _SOMEBODY if role == APP else "true"
    yield "receiver_reads", "SELECT", APP, _MINE, None
    yield "receiver_marks", "UPDATE", APP, _MINE, _MINE


def _personal(t: Table) -> Iterator[Policy]:
    if t.self_inserts:
        for name, role in _WRITERS:
            yield f"{name}_adds", "INSERT", role, None, _SELF
    else:
        yield "unit_adds", "INSERT", APP, None, _MINE
    for name, role in (*_WRITERS, ("auditor", AUDITOR)):
        yield f"{name}_reads", "SELECT", role, _SELF, None
        if t.unit_updates:
            yield f"{name}_changes", "UPDATE", role, _SELF, _SELF
        if t.self_deletes and role != AUDITOR:
            yield f"{name}_removes", "DELETE", role, _SELF, None


def _accounts(_: Table) -> Iterator[Policy]:
    yield "sign_in_reads", "SELECT", SIGN_IN, "true", None
    yield "sign_in_adds", "INSERT", SIGN_IN, None, "true"
    yield "sign_in_changes", "UPDATE", SIGN_IN, "true", "true"


_BY_KIND: dict[Kind, Callable[[Table], Iterator[Policy]]] = {
    Kind.REFERENCE: _reference, Kind.PUBLISHED: _published, Kind.OWNED: _owned,
    Kind.SHARED: _shared, Kind.CHILD: _child, Kind.ATTACHED: _attached, Kind.APPEND: _append,
    Kind.ADDRESSED: _addressed, Kind.PERSONAL: _personal, Kind.ACCOUNTS: _accounts, Kind.INTERNAL: lambda _: iter(())}


def column_grants(t: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(role, columns) of every UPDATE granted."""
    mine = {APP: t.unit_updates, OVERSIGHT: t.hq_updates, ADMINISTRATOR: t.admin_updates}
    if t.kind is Kind.PERSONAL:
        mine = dict.fromkeys((APP, OVERSIGHT, AUDITOR, ADMINISTRATOR), t.unit_updates)
    if t.kind is Kind.ACCOUNTS:
        mine = {SIGN_IN: t.unit_updates}
    for role, columns in mine.items():
        if columns:
            yield role, columns


def ddl(table: str, t: Table) -> Iterator[str]:
    """Everything a migration runs for a new table."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    for suffix, command, role, using, check in policies(t):
        yield (f"CREATE POLICY {table}_{suffix} ON {table} FOR {command} TO {role}"
               + (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else ""))
        if command != "UPDATE":
            yield f"GRANT {command} ON {table} TO {role}"
    for role, columns in column_grants(t):
        yield f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {role}"
