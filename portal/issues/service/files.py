"""Files on an issue: whoever may comment adds them, whoever reads the issue at that moment reads them."""
from portal.attachments import registry
from portal.issues import queries
from portal.issues.models import Issue
from portal.issues.service.judging import allow
from portal.issues.service.telling import address
from tenants.access import Appointment, Identity


def _allow(issue: Issue, actor: Identity, _part: str) -> Appointment:
    return allow(issue, "comment", actor=actor)


CARRIER = registry.register(registry.Carrier("issue", queries.one, _allow, address))
