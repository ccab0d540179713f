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
    ("bulletin", "draft"): (N_("Draft"), "grey"),
    ("bulletin", "issued"): (N_("Published"), "green"),
    ("meeting", "called"): (N_("Called"), "blue"),
    ("meeting", "published"): (N_("Minutes out"), "green"),
    ("meeting", "cancelled"): (N_("Cancelled"), "grey"),
    ("supervision", "open"): (N_("To be replied to"), "amber"),
    ("supervision", "replied"): (N_("Reply to be judged"), "blue"),
    ("supervision", "closed"): (N_("Closed, reply accepted"), "green"),
    ("supervision", "withdrawn"): (N_("Withdrawn"), "grey"),
    ("grade", "ordinary"): (N_("ordinary"), "grey"),
    ("grade", "urgent"): (N_("urgent"), "amber"),
    ("grade", "serious"): (N_("serious"), "red"),
    ("reminder_answer", "done"): (N_("It is done"), "green"),
    ("reminder_answer", "need_time"): (N_("I need more time"), "amber"),
    ("reminder_answer", "blocked"): (N_("It is blocked"), "amber"),
    ("reminder_answer", "not_mine"): (N_("It is not mine"), "grey"),
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
    ("extension", "asked"): (N_("More time asked for"), "blue"),
    ("extension", "granted"): (N_("More time granted"), "green"),
    ("extension", "declined"): (N_("More time declined"), "amber"),
    ("extension", "withdrawn"): (N_("Request taken back"), "grey"),
    ("review", "waiting"): (N_("To be reviewed"), "grey"),
    ("review", "approve"): (N_("Approved"), "green"),
    ("review", "return"): (N_("Returned"), "amber"),
    ("caution", "waiting"): (N_("Waits for an answer"), "blue"),
    ("caution", "late"): (N_("Answer overdue"), "red"),
    ("caution", "answered"): (N_("Answered"), "green"),
    ("caution", "affected"): (N_("affected"), "amber"),
    ("caution", "unaffected"): (N_("not affected"), "green"),
    ("campaign", "draft"): (N_("Draft"), "grey"),
    ("campaign", "in_check"): (N_("In check"), "blue"),
    ("campaign", "live"): (N_("Live"), "green"),
    ("campaign", "paused"): (N_("Paused"), "amber"),
    ("campaign", "ended"): (N_("Ended"), "grey"),
    ("issue", "routed"): (N_("To be accepted"), "amber"),
    ("issue", "accepted"): (N_("Being solved"), "blue"),
    ("issue", "resolved"): (N_("To be confirmed"), "blue"),
    ("issue", "closed"): (N_("Solved and closed"), "green"),
    ("issue", "withdrawn"): (N_("Withdrawn"), "grey"),
    ("severity", "low"): (N_("Minor"), "grey"),
    ("severity", "medium"): (N_("Medium"), "blue"),
    ("severity", "high"): (N_("Serious"), "amber"),
    ("severity", "critical"): (N_("Critical"), "red"),
    ("issue_part", "raising"): (N_("raising"), "grey"),
    ("issue_part", "owner"): (N_("owner"), "grey"),
    ("issue_part", "cooperating"): (N_("cooperating"), "grey"),
    ("issue_part", "supervising"): (N_("supervising"), "grey"),
    **{("stage", code): (words, "grey") for code, words in (
        ("launch", N_("campaign launch")), ("promotion", N_("promotion and sales")), ("ordering", N_("order handling")),
        ("delivery", N_("delivery")), ("billing", N_("billing")), ("complaint", N_("complaint handling")),
        ("discontinuation", N_("discontinuation")), ("other", N_("another stage")))},
}

# Control elements of the customer's way (plan, process 2), by operation stage. An issue may name another in words.
ELEMENTS: Mapping[str, Mapping[str, Message]] = {
    "launch": {"rule_design": N_("completeness of rule design"), "customer_notices": N_("conformance of customer notices"),
               "agent_documents": N_("completeness of agent documents"),
               "launch_configuration": N_("consistency of launch configuration"),
               "service_training": N_("timeliness of service training")},
    "promotion": {"promotion_conformance": N_("conformance of promotion"), "key_elements": N_("clarity of key elements")},
    "ordering": {"handling_conformance": N_("conformance of handling"),
                 "handling_consistency": N_("consistency of handling and query"),
                 "order_success": N_("success of orders and cancellations"), "benefits_on_time": N_("benefits given on time")},
    "delivery": {"function": N_("function"), "content": N_("content"), "interface": N_("user interface"),
                 "performance": N_("performance"), "operation": N_("operation"), "system_support": N_("system support")},
    "billing": {"billing_accuracy": N_("accuracy of billing"), "adjustments": N_("rate of adjustments"),
                "bill_clarity": N_("clarity of bills"), "payment_security": N_("security of payment")},
    "complaint": {"acceptance": N_("acceptance of complaints"), "handling": N_("handling of complaints"),
                  "feedback": N_("feedback on complaints")},
    "discontinuation": {"service_plan": N_("soundness of the service plan"), "notice_in_time": N_("timeliness of notice"),
                        "channel_consistency": N_("consistency across channels")},
}
_ELEMENTS: Mapping[str, Message] = {code: words for of_stage in ELEMENTS.values() for code, words in of_stage.items()}


def element(code: str) -> Message | str:
    """A control element in words; what is no code is in words already."""
    return _ELEMENTS.get(code, code)
