"""Wall 2 around an issue, as the runtime role meets it in a unit's own lane: whoever is no party sees nothing of it, and no
party gives away, rules or numbers what is not its own."""
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from portal import embedded
from portal.issues import queries, service
from portal.models import METADATA
from tenants.db import db
from tenants.rls import Kind
from tests.conftest import As, Superuser
from tests.factories import people
from tests.factories.exchange import campaign, raised, steps, unit

Run = Callable[..., list[tuple[object, ...]]]
PARTIES, OUTSIDERS = ("migu", "guangdong", "beijing", "hq"), ("tibet", "terminal", "tietong", "hebei")
CHILDREN = ("issue_party", "issue_turn", "issue_wait", "issue_comment", "issue_link")


@pytest.fixture
def key(acting: As, superuser: Superuser) -> UUID:
    about = campaign(superuser, "migu", lands=["guangdong", "beijing"])
    made = raised(acting, "contact.guangdong", about, also=(unit(superuser, "beijing"),))
    other = raised(acting, "contact.guangdong", about)
    step = steps(acting, made)
    step("market.migu", "accept")
    step("market.migu", "ask", "since when?")
    step("market.migu", "comment", "seen")
    with acting("market.migu") as owner:
        service.link(queries.one(owner, made), queries.one(owner, other), actor=owner)
        db.session.commit()
    superuser.execute(
        "INSERT INTO attachment (id, subject_kind, subject_id, unit_id, by_id, at, name, size, sha256, media_type, key, part)"
        " VALUES (gen_random_uuid(), 'issue', %s, %s, %s, now(), 'a.pdf', 1, '', 'application/pdf', %s, '')",
        (made, unit(superuser, "migu"), people.key("market.migu"), str(made)))
    return made


@pytest.fixture
def as_unit(server: embedded.Server, database: str, superuser: Superuser) -> Run:
    """Run one statement with a unit's scope; it is rolled back."""
    connection = server.connect("portal_app", database, autocommit=True)

    def run(code: str, statement: str, *values: object) -> list[tuple[object, ...]]:
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT set_config('app.unit_ids', %s, true)", (f"{{{unit(superuser, code)}}}",))
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]
    return run


def sights(key: UUID) -> dict[str, tuple[str, UUID]]:
    """What there is to be seen of an issue."""
    return {"issue": ("SELECT count(*) FROM issue WHERE id = %s", key),
            **{child: (f"SELECT count(*) FROM {child} WHERE issue_id = %s", key) for child in CHILDREN},
            "attachment": ("SELECT count(*) FROM attachment WHERE subject_id = %s", key),
            "audit_entry": ("SELECT count(*) FROM audit_entry WHERE subject_id = %s", key)}


def test_an_outsider_sees_nothing_of_it(key: UUID, as_unit: Run) -> None:
    for code in OUTSIDERS:
        for name, asked in sights(key).items():
            assert as_unit(code, *asked) == [(0,)], (code, name)
        assert as_unit(code, "SELECT count(*) FROM issue") == [(0,)]
    for code in PARTIES:
        for name, asked in sights(key).items():
            assert as_unit(code, *asked) != [(0,)], (code, name)


def test_every_table_of_an_issue_is_tried() -> None:
    children = {t.name for t in METADATA.sorted_tables if t.info["rls"].kind is Kind.CHILD and t.info["rls"].of == ("issue",)}
    assert children == set(CHILDREN)


def test_an_outsider_adds_and_changes_nothing(key: UUID, superuser: Superuser,
                                              as_unit: Run) -> None:
    tibet, person = unit(superuser, "tibet"), people.key("contact.tibet")
    forbidden = (
        ("INSERT INTO issue_party (id, issue_id, unit_id, line, part, at)"
         " VALUES (gen_random_uuid(), %s, %s, 'market', 'cooperating', now())", key, tibet),
        ("INSERT INTO issue_comment (id, issue_id, unit_id, by_id, role, kind, text, mentions, at)"
         " VALUES (gen_random_uuid(), %s, %s, %s, 'unit_contact', 'comment', 'x', '{}', now())", key, tibet, person),
        ("INSERT INTO attachment (id, subject_kind, subject_id, unit_id, by_id, at, name, size, sha256, media_type, key, part)"
         " VALUES (gen_random_uuid(), 'issue', %s, %s, %s, now(), 'x', 1, '', 'x', 'x', '')", key, tibet, person))
    for statement in forbidden:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_unit("tibet", *statement)
    assert as_unit("tibet", "UPDATE issue SET state = 'closed'") == [(0,)]
    assert as_unit("tibet", "UPDATE issue_turn SET ended_at = now()") == [(0,)]
    assert as_unit("tibet", "SELECT count(*) FROM issue WHERE parties @> ARRAY[%s::int]", tibet) == [(0,)]


def test_a_party_gives_nothing_away_that_is_not_its_own(key: UUID, superuser: Superuser,
                                                        as_unit: Run) -> None:
    beijing, migu = unit(superuser, "beijing"), unit(superuser, "migu")
    for code in ("guangdong", "beijing"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only the owner hands over"):
            as_unit(code, "UPDATE issue SET owner_unit = %s WHERE id = %s", beijing, key)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only the raising unit"):
        as_unit("migu", "UPDATE issue SET first_contact_id = %s WHERE id = %s", people.key("market.migu"), key)
    assert as_unit("migu", "UPDATE issue SET owner_unit = %s WHERE id = %s", beijing, key) == [(1,)]
    with pytest.raises(psycopg.errors.CheckViolation):
        as_unit("migu", "UPDATE issue SET owner_unit = %s WHERE id = %s", unit(superuser, "tibet"), key)
    for column, value in (("parties", [migu]), ("desks", []), ("ruled", True), ("campaign_id", None), ("raised_by", migu),
                          ("route_rule", "x"), ("code", "x"), ("raised_at", None)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_unit("migu", f"UPDATE issue SET {column} = %s WHERE id = %s", value, key)
    for statement in ("DELETE FROM issue", "DELETE FROM issue_party", "DELETE FROM issue_comment",
                      "UPDATE issue_comment SET text = 'x'", "UPDATE issue_party SET unit_id = 1"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_unit("migu", statement)


def test_numbers_are_a_units_own(superuser: Superuser, as_unit: Run) -> None:
    tibet, migu = unit(superuser, "tibet"), unit(superuser, "migu")
    assert as_unit("tibet", "SELECT app.next_issue_number(%s, 2026)", tibet) == [(1,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_unit("tibet", "SELECT app.next_issue_number(%s, 2026)", migu)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_unit("tibet", "SELECT last FROM issue_number")


def test_where_a_warning_came_from_is_headquarters_alone(key: UUID, superuser: Superuser,
                                                         as_unit: Run) -> None:
    about, tibet = campaign(superuser, "tibet", lands=["tibet"], code="T-1"), unit(superuser, "tibet")
    superuser.execute("INSERT INTO caution (id, unit_id, line, campaign_id, batch, control_element, words, due, at, finding,"
                      " version) VALUES (%s, %s, 'market', %s, %s, '', 'look', '2026-04-01', now(), '', 1)",
                      (key, tibet, about, key))
    superuser.execute("INSERT INTO caution_origin (id, caution_id, issue_id) VALUES (gen_random_uuid(), %s, %s)", (key, key))
    assert as_unit("tibet", "SELECT count(*) FROM caution") == [(1,)]
    for code in ("tibet", "migu", "guangdong"):
        assert as_unit(code, "SELECT count(*) FROM caution_origin") == [(0,)]
    assert as_unit("migu", "SELECT count(*) FROM caution") == [(0,)]


def test_a_cooperating_party_neither_moves_nor_forges(key: UUID, superuser: Superuser, as_unit: Run) -> None:
    """Beijing is drawn in as affected: it may talk, and no more."""
    beijing, tibet, migu = (unit(superuser, code) for code in ("beijing", "tibet", "migu"))
    for change in ("state = 'closed'", "solution = 'x'", "complaint_count = 0", "ruling_due = true", "merged_into_id = id",
                   "severity = 'low'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_unit("beijing", f"UPDATE issue SET {change} WHERE id = %s", key)
    draw = ("INSERT INTO issue_party (id, issue_id, unit_id, line, part, at)"
            " VALUES (gen_random_uuid(), %s, %s, 'market', 'cooperating', now())")
    for who, whom in (("beijing", beijing), ("beijing", tibet), ("migu", tibet), ("guangdong", tibet)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_unit(who, draw, key, whom)                            # the campaign does not land in Tibet
    say = ("INSERT INTO issue_comment (id, issue_id, unit_id, by_id, role, kind, text, mentions, at)"
           " VALUES (gen_random_uuid(), %s, %s, %s, 'line_owner', 'comment', 'x', '{}', now())")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_unit("beijing", say, key, migu, people.key("market.migu"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_unit("guangdong", "UPDATE issue SET first_contact_id = %s WHERE id = %s", people.key("market.migu"), key)


def test_a_cooperating_party_takes_no_part_and_writes_no_time(key: UUID, superuser: Superuser, as_unit: Run) -> None:
    beijing, guangdong, migu = (unit(superuser, code) for code in ("beijing", "guangdong", "migu"))
    turn = ("INSERT INTO issue_turn (id, issue_id, position, unit_id, line, start, reason, begun_at)"
            " VALUES (gen_random_uuid(), %s, 9, %s, 'market', 'handed_over', '', now())")
    wait = "INSERT INTO issue_wait (id, issue_id, begun_at) VALUES (gen_random_uuid(), %s, now())"
    party = ("INSERT INTO issue_party (id, issue_id, unit_id, line, part, at)"
             " VALUES (gen_random_uuid(), %s, %s, 'it', %s, now())")
    for statement, *values in (
            ("UPDATE issue_party SET part = 'owner' WHERE issue_id = %s AND unit_id = %s", key, beijing),
            ("UPDATE issue_party SET part = 'cooperating' WHERE issue_id = %s AND unit_id = %s", key, migu), (turn, key, beijing),
            (wait, key), ("UPDATE issue_turn SET ended_at = now() WHERE issue_id = %s", key),
            ("UPDATE issue_wait SET ended_at = now() WHERE issue_id = %s", key)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_unit("beijing", statement, *values)
    for part, whom in (("owner", beijing), ("owner", guangdong), ("raising", beijing), ("supervising", beijing)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_unit("guangdong", party, key, whom, part)             # the raiser draws others in, as cooperating
    assert as_unit("guangdong", party, key, beijing, "cooperating") == [(1,)] == as_unit("guangdong", wait, key)
    assert as_unit("migu", turn, key, beijing) == [(1,)] == as_unit("migu", party, key, beijing, "owner")


def test_only_the_launcher_changes_a_campaign(key: UUID, superuser: Superuser, as_unit: Run) -> None:
    for change in (f"unit_id = {unit(superuser, 'guangdong')}", "state = 'ended'", "everyone = true"):
        assert as_unit("guangdong", f"UPDATE campaign SET {change} WHERE id = (SELECT campaign_id FROM issue LIMIT 1)") == [(0,)]
    for statement in (
            "INSERT INTO campaign_check (id, campaign_id, element, verdict, by_id, at)"
            " SELECT gen_random_uuid(), id, 'rules', 'pass', registered_by_id, now() FROM campaign",
            "INSERT INTO campaign_sync (id, campaign_id, event, words, changes, by_id, at)"
            " SELECT gen_random_uuid(), id, 'pause', '', '{}', registered_by_id, now() FROM campaign",
            "INSERT INTO issue (id, code, raised_by, first_contact_id, owner_unit, owner_line, ruling_line, severity, stage, title,"
            " description, state, route_rule, route_facts, route_version, raised_at, parties, desks, version)"
            " SELECT gen_random_uuid(), 'Q-forged', owner_unit, first_contact_id, owner_unit, owner_line, ruling_line, severity,"
            " stage, 't', 'd', 'routed', 'x', '{}', 1, now(), parties, desks, 1 FROM issue"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_unit("guangdong", statement)
