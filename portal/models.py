"""Every table, imported once: string foreign keys and migrations need them all."""
import portal.accounts.models
import portal.assignments.models
import portal.attachments.models
import portal.audit.models
import portal.bulletins.models
import portal.campaigns.models
import portal.feeds.models
import portal.filings.models
import portal.issues.models
import portal.meetings.models
import portal.notices.models
import portal.operations.models
import portal.outbox.models
import portal.programmes.models
import portal.reminders.models
import portal.saved.models
import portal.subscriptions.models
import portal.supervision.models
import portal.web.answered
import tenants.models
from tenants.db import Base

__all__ = ["METADATA", "portal", "tenants"]

METADATA = Base.metadata
