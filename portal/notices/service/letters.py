"""Letters: written in the receiver's language when a notice is delivered, once a day for who wants it so; sent later, when
it is looked once more whether the receiver may see what they are about, and whether what they remind of is still so."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, func, select
from sqlalchemy.dialects.postgresql import insert

from portal import i18n, letters, links
from portal.letters import Item, Letter
from portal.notices import queries, rules
from portal.notices.models import Mail
from portal.notices.rules import About, DeliveryRules
from portal.notices.service.seeing import Sees, may_see
from portal.outbox import service as outbox
from portal.outbox.rules import Later, Told, Unreachable
from tenants import clock
from tenants.context import current
from tenants.db import db, uuid7
from tenants.messages import N_, Message
from tenants.models import Person

MAIL = "mail"
SUBJECT = 120                          # characters of a letter's subject
OPEN, ANSWER = N_("Open in the portal"), N_("Answer without signing in")
ANSWER_LINK, ANSWER_AT = "answer", "/reminders/answer/"    # what a reminder's link is for, and where it leads
FOOT = N_("The service quality portal wrote this by itself; answers reach nobody.\nWhich letters come, and when: %(address)s")
MOST_ITEMS = 100                       # of a letter of the day: nobody reads more, and each is looked at anew when it is sent
MORE = N_("There is more that waited for this letter: all of it stands among your notices.")
OF_THE_DAY = N_("Notices up to %(day)s")


@dataclass(frozen=True, slots=True)
class Part:
    """One sentence of a letter, where it leads, what it is about."""
    message: Message
    url: str
    subject: About | None
    given: bool
    answering: UUID | None = None


def seconds(number: int) -> timedelta:
    return timedelta(seconds=number)


def write(key: UUID, unit: int, person: Person, parts: Sequence[Part], *, base_url: str, by_mail: bool, rule: DeliveryRules,
          urgent: bool = False, subject: str = "") -> None:
    """Keep a letter about one thing, or of the day, and leave it for the mail server. Once for a message and person."""
    texts = [i18n.translate(p.message, person.language) for p in parts]
    items = [{"text": text, "url": p.url, "subject": [p.subject[0], str(p.subject[1])] if p.subject else None, "given": p.given,
              "answering": str(p.answering) if p.answering else None} for text, p in zip(texts, parts, strict=True)]
    about = parts[0].subject if len(parts) == 1 else None
    sent = {"person": str(person.id), "to": person.email, "language": person.language, "items": items, "urgent": urgent,
            "subject": subject or " ".join(texts[0].split())[:SUBJECT], "target": MAIL,
            "thread": f"{about[0]}.{about[1]}" if about else ""}
    made = uuid7()
    body = letters.plain(_letter(made, sent, items, base_url))
    kept = db.session.execute(
        insert(Mail).values(id=made, unit_id=unit, person_id=person.id, message_id=key, at=clock.now(), sent_to=person.email,
                            subject=sent["subject"], body=body, sent_at=None, withheld_at=None)
        .on_conflict_do_nothing(), execution_options={"preserve_rowcount": True})
    if cast("CursorResult[Any]", kept).rowcount == 1 and by_mail:
        outbox.post(MAIL, unit, {**sent, "mail": str(made)}, key=str(made),
                    not_before=None if urgent else rules.speaks_at(clock.now(), rule))


def _letter(key: UUID, sent: Mapping[str, Any], items: Sequence[Mapping[str, Any]], base_url: str) -> Letter:
    language = sent["language"]
    foot = i18n.translate(Message(FOOT.msgid, {"address": base_url + letters.PREFERENCES}), language)
    shown = [Item(i["text"], base_url + i["url"], _answer(i, sent["person"], base_url)) for i in items]
    return Letter(key, sent["to"], sent["subject"], shown, foot, i18n.translate(OPEN, language), i18n.translate(ANSWER, language),
                  language, clock.now(), base_url, sent["thread"])


def _answer(item: Mapping[str, Any], person: str, base_url: str) -> str:
    """Where this person answers what asks for an answer; the link says nothing to whoever else finds it."""
    asked = item.get("answering")
    return f"{base_url}{ANSWER_AT}{links.sign(ANSWER_LINK, asked, person)}" if asked else ""


def digest(key: UUID, payload: Mapping[str, Any], *, base_url: str, by_mail: bool, sees: Sees | None) -> None:
    """Outbox handler: one letter of all that has waited for it, without what its receiver may not see any more, or what is
    settled."""
    scope = current()
    assert scope is not None                           # the drain has entered the receiver's
    person = db.session.get(Person, UUID(payload["person"]))
    rows = db.session.execute(select("*").select_from(
        func.app.take_digest(UUID(payload["person"]), datetime.fromisoformat(payload["slot"]), clock.now()))).all()
    found = [Part(Message(r.text, r.params), r.url, (r.subject_kind, r.subject_id) if r.subject_id else None, False, r.answering)
             for r in rows]
    if person is None:
        return
    seen = (p for p in found if may_see(person.id, p.subject, sees, given=False, reminder=p.answering))
    parts = list(islice(seen, MOST_ITEMS + 1))
    if len(parts) > MOST_ITEMS:
        parts[MOST_ITEMS:] = [Part(MORE, "/notices", None, False)]
    if parts:
        day = Message(OF_THE_DAY.msgid, {"day": clock.local(clock.now()).date()})
        write(key, scope.units[0], person, parts, base_url=base_url, by_mail=by_mail, rule=queries.delivery_rules(),
              subject=i18n.translate(day, person.language))


def send(_: UUID, payload: Mapping[str, Any], *, base_url: str, mail_url: str, sees: Sees | None = None) -> None:
    """Outbox handler: one letter to the mail server. Marked first, in the transaction that fails when the server does;
    should the portal die in between, the second copy carries the same Message-ID."""
    if not mail_url:
        return
    key, person, now = UUID(payload["mail"]), UUID(payload["person"]), clock.now()
    if not payload["urgent"] and (until := rules.speaks_at(now, queries.delivery_rules())) > now:
        raise Later(until)
    items = [i for i in payload["items"] if may_see(person, _about(i), sees, given=i["given"], reminder=_reminder(i))]
    if not items:
        db.session.execute(select(func.app.withhold_mail(key, now)))
        return
    if not db.session.scalar(select(func.app.mark_mail_sent(key, now))):
        return
    try:
        letters.send(_letter(key, payload, items, base_url), mail_url, base_url)
    except ValueError as e:
        raise Told(str(e)) from e
    except OSError as e:
        if letters.unreachable(e):
            raise Unreachable(f"the mail server does not answer ({type(e).__name__})", MAIL) from e
        raise


def _reminder(item: Mapping[str, Any]) -> UUID | None:
    return UUID(item["answering"]) if item.get("answering") else None


def _about(item: Mapping[str, Any]) -> About | None:
    return (item["subject"][0], UUID(item["subject"][1])) if item["subject"] else None
