"""States and lights in words and tones. Their codes are the contract's; the words are the interface's."""
from collections.abc import Mapping

from tenants.messages import N_, Message

# code → (word, whole meaning)
LIGHTS: Mapping[str, tuple[Message, Message]] = {
    "red": (N_("Overdue"), N_("the due day has passed")),
    "amber": (N_("Behind"), N_("due soon and behind, or silent since the start")),
    "green": (N_("On track"), N_("as far as expected")),
    "blue": (N_("Handed in"), N_("waits to be verified")),
    "closed": (N_("Closed"), N_("verified and closed")),
    "grey": (N_("Not started"), N_("nothing to report yet")),
}

# (kind of thing, state) → (word, tone)
STATES: Mapping[tuple[str, str], tuple[Message, str]] = {
    ("programme", "draft"): (N_("Draft"), "grey"),
    ("programme", "issued"): (N_("Issued"), "green"),
    ("programme", "ended"): (N_("Ended"), "grey"),
    ("filing", "missing"): (N_("Not begun"), "grey"),
    ("filing", "draft"): (N_("Draft"), "grey"),
    ("filing", "submitted"): (N_("Under review"), "blue"),
    ("filing", "returned"): (N_("Returned"), "amber"),
    ("filing", "approved"): (N_("Approved"), "green"),
    ("filing", "superseded"): (N_("Superseded"), "grey"),
    ("assignment", "open"): (N_("In progress"), "grey"),
    ("assignment", "handed_in"): (N_("Handed in"), "blue"),
    ("assignment", "closed"): (N_("Closed"), "green"),
    ("assignment", "cancelled"): (N_("Cancelled"), "grey"),
    ("waiver", "asked"): (N_("“Not applicable” asked for"), "blue"),
    ("waiver", "granted"): (N_("Granted, not applicable"), "grey"),
    ("waiver", "declined"): (N_("Declined, it does apply"), "amber"),
    ("waiver", "withdrawn"): (N_("Request taken back"), "grey"),
    ("review", "waiting"): (N_("To be reviewed"), "grey"),
    ("review", "approve"): (N_("Approved"), "green"),
    ("review", "return"): (N_("Returned"), "amber"),
}
