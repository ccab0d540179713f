"""When mail and chat may speak, what a notice is of and about, and which way it takes: pure."""
from datetime import date, datetime, time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.notices import rules
from portal.notices.rules import STANDARD_RULES, DeliveryRules, Mode, NoticeKind
from portal.outbox import rules as outbox
from portal.outbox.rules import Group
from portal.workdays import is_workday
from tenants import clock
from tenants.vocabulary import Line

KEY = "019cd578-f500-7fff-a57e-b98930655033"
NIGHT = STANDARD_RULES                                                     # 21:00 to 07:30, and days off
NOON = DeliveryRules({}, time(12), time(14), False, time(8, 30))


@pytest.mark.parametrize(("day", "hour", "wanted"), [
    (date(2026, 3, 10), 10, (date(2026, 3, 10), time(10))),                # a Tuesday
    (date(2026, 3, 10), 21, (date(2026, 3, 11), time(7, 30))),
    (date(2026, 3, 10), 3, (date(2026, 3, 10), time(7, 30))),
    (date(2026, 3, 13), 22, (date(2026, 3, 16), time(7, 30))),             # Friday night: Monday
    (date(2026, 3, 14), 12, (date(2026, 3, 16), time(7, 30))),
    (date(2026, 2, 16), 12, (date(2026, 2, 24), time(7, 30))),             # Spring Festival
    (date(2026, 2, 14), 12, (date(2026, 2, 14), time(12)))])               # a Saturday that is worked
def test_when_letters_may_go(day: date, hour: int, wanted: tuple[date, time]) -> None:
    found = clock.local(rules.speaks_at(clock.at(day, hour), NIGHT))
    assert (found.date(), found.time()) == wanted


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.sampled_from([NIGHT, NOON]))
def test_never_earlier_and_never_in_quiet_hours(moment: datetime, rule: DeliveryRules) -> None:
    asked = clock.at(moment.date(), moment.hour, moment.minute)
    found = rules.speaks_at(asked, rule)
    local = clock.local(found)
    assert found >= asked and rules.speaks_at(found, rule) == found
    assert not rules._quiet(local.time(), rule) and (not rule.rest_days or is_workday(local.date()))


def test_the_letter_of_the_day_is_the_next() -> None:
    day = date(2026, 3, 10)
    assert rules.digest_after(clock.at(day, 8), NIGHT) == clock.at(day, 8, 30)
    assert rules.digest_after(clock.at(day, 8, 30), NIGHT) == clock.at(date(2026, 3, 11), 8, 30)


@pytest.mark.parametrize(("day", "hour"), [(date(2026, 3, 13), 9), (date(2026, 3, 14), 7), (date(2026, 3, 15), 10),
                                           (date(2026, 3, 16), 8)])
def test_of_a_rest_one_letter(day: date, hour: int) -> None:
    """From Friday after the letter to Monday before it, whenever it was said."""
    assert rules.digest_after(clock.at(day, hour), NIGHT) == clock.at(date(2026, 3, 16), 8, 30)


def test_a_letter_at_night_waits_for_the_morning() -> None:
    late = DeliveryRules({}, time(21), time(7, 30), True, time(22))
    assert rules.digest_after(clock.at(date(2026, 3, 12), 23), late) == clock.at(date(2026, 3, 16), 7, 30)
    assert rules.digest_after(clock.at(date(2026, 3, 14), 12), late) == clock.at(date(2026, 3, 17), 7, 30)


@pytest.mark.parametrize(("url", "kind", "about"), [
    (f"/filings/{KEY}/review?line=market", NoticeKind.FILING, ("filing", UUID(KEY))),
    (f"/assignments/{KEY}", NoticeKind.ASSIGNMENT, ("assignment", UUID(KEY))),
    (f"/issues/{KEY}#clocks", NoticeKind.ISSUE, ("issue", UUID(KEY))),
    ("/filings", NoticeKind.FILING, None), ("/filings/new", NoticeKind.FILING, None), ("/desk", NoticeKind.GENERAL, None),
    (f"/assignments/{KEY}0", NoticeKind.ASSIGNMENT, None), ("/assignmentsx", NoticeKind.GENERAL, None)])
def test_the_address_says_what_it_is_about(url: str, kind: NoticeKind, about: object) -> None:
    assert (rules.kind_of(url), rules.about(url)) == (kind, about)


def test_nobody_is_quieter_than_headquarters_wants() -> None:
    wanted = DeliveryRules({NoticeKind.ISSUE: Mode.AT_ONCE, NoticeKind.FILING: Mode.DAILY}, time(21), time(7), True, time(8))
    assert rules.mode(NoticeKind.ISSUE, Mode.IN_APP, wanted) is Mode.AT_ONCE
    assert rules.mode(NoticeKind.FILING, Mode.IN_APP, wanted) is Mode.DAILY
    assert rules.mode(NoticeKind.FILING, Mode.AT_ONCE, wanted) is Mode.AT_ONCE
    assert rules.mode(NoticeKind.MEETING, Mode.IN_APP, wanted) is Mode.IN_APP
    assert rules.mode(NoticeKind.MEETING, None, wanted) is rules.STANDARD
    assert rules.read(rules.written(wanted)) == wanted


def test_what_a_channel_takes() -> None:
    issue, market = NoticeKind.ISSUE, Line.MARKET
    assert rules.wants((), (), issue, market) and rules.wants(("issue",), ("market",), issue, None)
    assert not rules.wants(("filing",), (), issue, market) and not rules.wants((), ("it",), issue, market)


def test_groups_and_waits() -> None:
    assert [outbox.group_of(t) for t in ("notice", "mail", "webhook", "chat", "issue.closed")] == [
        Group.QUICK, Group.MAIL, Group.CHAT, Group.CHAT, Group.QUICK]
    waits = [outbox.wait(n) for n in range(1, outbox.SLOW_ATTEMPTS)]
    assert waits == sorted(waits) and waits[:3] == [20, 40, 80] and max(waits) == outbox.LONGEST_WAIT
    assert outbox.wait(10**6) == outbox.LONGEST_WAIT


@pytest.mark.parametrize(("error", "words"), [
    (KeyError("text"), "KeyError: 'text'"), (ValueError("Ms Li is late"), "ValueError"), (TypeError("'Ms Li'"), "TypeError"),
    (ConnectionRefusedError("refused"), "ConnectionRefusedError: refused"), (outbox.Told("answers\n500"), "Told: answers 500"),
    (UnicodeEncodeError("ascii", "Ms Li", 0, 1, "x"), "UnicodeEncodeError")])
def test_a_reason_quotes_no_message(error: Exception, words: str) -> None:
    assert outbox.reason(error) == words
