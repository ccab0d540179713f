"""The closed codes of the public contract. Their names, in both languages, are data (`tenants.models.Term`)."""
from enum import StrEnum


class UnitKind(StrEnum):
    HEADQUARTERS = "headquarters"
    PROVINCE = "province"
    SPECIALISED_COMPANY = "specialised_company"


class Category(StrEnum):
    """What a specialised company is for; decides its focus process (plan, section 3.2)."""
    PRODUCT_SUPPORT = "product_support"
    MARKET_EXPANSION = "market_expansion"
    CAPABILITY_SUPPORT = "capability_support"


class Line(StrEnum):
    CUSTOMER_SERVICE = "customer_service"
    MARKET = "market"
    ENTERPRISE = "enterprise"
    IT = "it"
    NETWORK = "network"


class Process(StrEnum):
    """The three core processes, and the network line's own field beside them."""
    PRODUCT_LIFE_CYCLE = "product_life_cycle"
    CUSTOMER_CONSUMPTION = "customer_consumption"
    PROBLEM_RESPONSE = "problem_response"
    NETWORK_SERVICE = "network_service"


class Duty(StrEnum):
    COORDINATE = "coordinate"
    LEAD = "lead"
    SUPPORT = "support"
    COOPERATE = "cooperate"


class MilestoneCode(StrEnum):
    KICK_OFF = "kick_off"
    SORTING = "sorting"
    IMPROVEMENT = "improvement"
    ASSESSMENT = "assessment"
    SYSTEMS_CONVERTED = "systems_converted"
    SYSTEMS_BUILT = "systems_built"


class System(StrEnum):
    """Kinds of production systems (plan, section 3.3)."""
    PRODUCT_DEVELOPMENT = "product_development"
    MARKETING = "marketing"
    NETWORK_OPERATION = "network_operation"
    CUSTOMER_SERVICE = "customer_service"
    BUSINESS_SUPPORT = "business_support"


class Role(StrEnum):
    HQ_LEADER = "hq_leader"
    HQ_OFFICE = "hq_office"
    HQ_LINE_LEAD = "hq_line_lead"
    UNIT_HEAD = "unit_head"
    UNIT_CONTACT = "unit_contact"
    LINE_OWNER = "line_owner"
    MEMBER = "member"
    ASSESSOR = "assessor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


HQ_ROLES = frozenset({Role.HQ_LEADER, Role.HQ_OFFICE, Role.HQ_LINE_LEAD, Role.AUDITOR, Role.ADMINISTRATOR})
LINE_ROLES = frozenset({Role.HQ_LINE_LEAD, Role.LINE_OWNER})


class Part(StrEnum):
    """What a person is to the outside for a unit: its contact, that contact's deputy, an HQ line's counterpart."""
    CONTACT = "contact"
    DEPUTY = "deputy"
    COUNTERPART = "counterpart"


class Segment(StrEnum):
    """Markets: consumers, homes, new business (with the market line), enterprises (plan, section 3.1)."""
    C = "C"
    H = "H"
    N = "N"
    B = "B"


class Business(StrEnum):
    """Newly launched, or main existing: the denominators of the first and second year's goals (plan, section 2)."""
    NEW = "new"
    EXISTING = "existing"


class CampaignState(StrEnum):
    DRAFT = "draft"
    IN_CHECK = "in_check"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"


class LaunchElement(StrEnum):
    """What must be met 100 % before a campaign goes live (plan, process 2, campaign launch)."""
    RULES = "rules"
    NOTICES = "notices"
    DOCUMENTS = "documents"
    CONFIGURATION = "configuration"
    TRAINING = "training"


class Verdict(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"


class SyncEvent(StrEnum):
    """What the units where a campaign lands must hear of."""
    LAUNCH = "launch"
    CHANGE = "change"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Stage(StrEnum):
    """Operation stages of process 2, by which issues are told apart."""
    LAUNCH = "launch"
    PROMOTION = "promotion"
    ORDERING = "ordering"
    DELIVERY = "delivery"
    BILLING = "billing"
    COMPLAINT = "complaint"
    DISCONTINUATION = "discontinuation"
    OTHER = "other"


class IssueState(StrEnum):
    ROUTED = "routed"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class IssuePart(StrEnum):
    """A unit's part in an issue."""
    RAISING = "raising"
    OWNER = "owner"
    COOPERATING = "cooperating"
    SUPERVISING = "supervising"


class TurnStart(StrEnum):
    """How an issue came to a desk."""
    ROUTED = "routed"
    HANDED_OVER = "handed_over"
    DECLINED = "declined"
    RULED = "ruled"
    IDENTIFIED = "identified"
    SUCCEEDED = "succeeded"


class CommentKind(StrEnum):
    COMMENT = "comment"
    QUESTION = "question"
    ANSWER = "answer"
