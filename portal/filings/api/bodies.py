"""What programs send about plans, and what it names."""
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from portal.api import Body, PageQuery, Paragraph, Phrase, Text
from portal.filings import queries
from portal.filings.api.answers import FilingState
from portal.filings.models import Filing as Row
from portal.filings.rules import Contact, Content, ItemContent
from tenants.errors import Invalid
from tenants.messages import N_, Message
from tenants.vocabulary import Line, Part

_MAIL = Field(description="A mail address.", examples=["market@guangdong.example"])


class FilingsQuery(PageQuery):
    unit: Phrase | None = Field(None, description="A unit's code.")
    programme: Phrase | None = Field(None, description="A programme's id.")
    state: FilingState | None = None
    waits_for: Line | None = Field(None, description="Submitted, and this line has not judged all of its part.")


class FilingSent(Body):
    """Whose plan, for which programme."""
    unit: Phrase = Field(description="A unit's code.", examples=["guangdong"])
    programme: Phrase = Field(description="The programme's id.")


class ContactSent(Body):
    person: Phrase = _MAIL
    part: Part = Field(strict=False)
    line: Line | None = Field(None, strict=False)


class ItemSent(Body):
    """What is given is changed, the rest stays."""
    assignment: Phrase
    owner: Phrase | None = Field(None, description="A mail address of the unit; null for nobody.")
    start: date | None = None
    due: date | None = None
    deliverable: Paragraph = ""
    measure: Paragraph = ""


class FilingChange(Body):
    """What is given is changed, the rest stays. Items are told apart by their assignment; contacts and readiness are
    replaced as a whole."""
    mechanism: Text = ""
    team: Text = ""
    contacts: list[ContactSent] = Field([], max_length=200)
    readiness: dict[str, list[Phrase]] = Field({}, max_length=20)
    items: list[ItemSent] = Field([], max_length=1_000)


class FilingSubmit(Body):
    """Nothing is required."""


class RemarkSent(Body):
    assignment: Phrase
    text: Paragraph


class ReviewLine(Body):
    """Whose part is judged."""
    line: Line = Field(strict=False)


class FilingReviewSent(ReviewLine):
    """A line's verdict on its part. A return needs words: a remark, or remarks at items. Items without a remark are then
    approved; without any remark at an item the whole part goes back."""
    verdict: Literal["approve", "return"]
    remark: Paragraph = ""
    remarks: list[RemarkSent] = Field([], max_length=1_000)


def changed(row: Row, sent: FilingChange) -> Content:
    """The plan with what was sent. Raises Invalid for names of what is not there."""
    given, before, errors = sent.model_fields_set, queries.content(row), dict[str, list[Message]]()
    known = {p.email.lower(): p.id for p in queries.choosable(row)}
    content = replace(before, items=_items(sent.items, before, known, errors))
    for name in ("mechanism", "team"):
        if name in given:
            content = replace(content, **{name: getattr(sent, name)})
    if "contacts" in given:
        content = replace(content, contacts=_contacts(sent.contacts, known, errors))
    if "readiness" in given:
        content = replace(content, readiness=_readiness(sent.readiness, errors))
    if errors:
        raise Invalid(errors)
    return content


def _items(sent: Sequence[ItemSent], before: Content, known: Mapping[str, UUID],
           errors: dict[str, list[Message]]) -> dict[UUID, ItemContent]:
    keys = {str(k): k for k in before.items}
    items = dict(before.items)
    seen: set[str] = set()
    for n, item in enumerate(sent):
        if item.assignment not in keys:
            errors[f"items.{n}.assignment"] = [N_("The plan has no item for such an assignment.")]
        elif item.assignment in seen:
            errors[f"items.{n}.assignment"] = [N_("This assignment is named twice.")]
        else:
            seen.add(item.assignment)
            given = {name: getattr(item, name) for name in item.model_fields_set - {"assignment", "owner"}}
            if "owner" in item.model_fields_set:
                given["owner"] = _person(item.owner, known, f"items.{n}.owner", errors)
            items[keys[item.assignment]] = replace(items[keys[item.assignment]], **given)
    return items


def _contacts(sent: Sequence[ContactSent], known: Mapping[str, UUID],
              errors: dict[str, list[Message]]) -> tuple[Contact, ...]:
    found = []
    for n, contact in enumerate(sent):
        if (contact.part is Part.COUNTERPART) is (contact.line is None):
            errors[f"contacts.{n}.line"] = [N_("A counterpart, and only a counterpart, has a line.")]
        person = _person(contact.person, known, f"contacts.{n}.person", errors)
        if person is not None:
            found.append(Contact(person, contact.part, contact.line))
    return tuple(found)


def _readiness(sent: Mapping[str, Sequence[str]], errors: dict[str, list[Message]]) -> dict[str, tuple[str, ...]]:
    known = queries.stages_by_system()
    for system, stages in sent.items():
        if system not in known:
            errors[f"readiness.{system}"] = [N_("There is no such system.")]
        elif set(stages) - set(known[system]):
            errors[f"readiness.{system}"] = [N_("There is no such stage of this system.")]
    return {system: tuple(stages) for system, stages in sent.items()}


def _person(mail: str | None, known: Mapping[str, UUID], place: str, errors: dict[str, list[Message]]) -> UUID | None:
    if not mail:
        return None
    if mail.lower() not in known:
        errors[place] = [N_("Choose a person of the unit.")]
    return known.get(mail.lower())


def remarks_by_item(row: Row, sent: FilingReviewSent) -> dict[UUID, str]:
    mine = {str(i.assignment_id): i.assignment_id for i in row.asked if i.line == sent.line}
    found: dict[UUID, str] = {}
    for n, remark in enumerate(sent.remarks):
        if remark.assignment not in mine or mine[remark.assignment] in found:
            raise Invalid({f"remarks.{n}.assignment": [N_("A remark belongs to an item of the line's own part, one to each.")]})
        found[mine[remark.assignment]] = remark.text
    return found
