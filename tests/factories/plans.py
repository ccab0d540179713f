"""Implementation plans without a fault, as far as the service lets one make them."""
from datetime import date

from portal.filings import service
from portal.filings.models import Filing
from portal.filings.rules import Contact, Content, ItemContent
from tenants.access import Identity
from tenants.vocabulary import Line, Part
from tests.factories import people, world


def whole(filing: Filing, unit: str) -> Content:
    """Everything that the plan of a staffed unit must say; its market owner owns every row."""
    key = {name: people.key(f"{name}.{unit}") for name in ("contact", "deputy", *(x.value.replace("_", "-") for x in Line))}
    contacts = (Contact(key["contact"], Part.CONTACT), Contact(key["deputy"], Part.DEPUTY),
                *(Contact(key[line.value.replace("_", "-")], Part.COUNTERPART, line) for line in Line))
    items = {i.assignment_id: ItemContent(key["market"], date(world.YEAR, 2, 1), i.assignment.due, i.deliverable, "as agreed")
             for i in filing.items}
    return Content("led by the head", "a team of five", contacts, {"marketing": ("campaign_launch",)}, items)


def draft(actor: Identity) -> Filing:
    """Opened and filled in by a unit's contact, ready to be submitted. Not committed."""
    appointment = actor.appointments[0]
    filing = service.open_draft(world.programme(actor).id, appointment.unit, actor=actor)
    service.save(filing, whole(filing, appointment.unit_code), actor=actor)
    return filing
