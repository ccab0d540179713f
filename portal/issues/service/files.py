"""Files on an issue: whoever may comment adds them, whoever reads the issue at that moment reads them; owner and first contact
hear of them."""
from portal.attachments import registry
from portal.issues import queries
from portal.issues.models import Issue
from portal.issues.service.judging import allow
from portal.issues.service.telling import address, owner_elsewhere, tell
from tenants.access import Appointment, Identity
from tenants.messages import N_, Message
from tenants.permissions import Permission


def _allow(issue: Issue, actor: Identity, _part: str) -> Appointment:
    return allow(issue, "comment", actor=actor)


def _changed(issue: Issue, actor: Identity, name: str, added: bool) -> None:
    said = N_("%(who)s added a file to an issue: %(title)s (%(code)s). %(file)s") if added else \
        N_("%(who)s removed a file of an issue: %(title)s (%(code)s). %(file)s")
    tell(issue, Message(said.msgid, {"who": actor.name, "title": issue.title, "code": issue.code, "file": name}),
         owner_elsewhere(issue, actor), actor=actor)


CARRIER = registry.register(registry.Carrier("issue", queries.one, Issue.id, queries.readable, Permission.ISSUE_READ, _allow,
                                             address, changed=_changed))
