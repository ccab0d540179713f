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
