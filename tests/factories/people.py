"""The people of the test world: who they are is in their address, `role[.line]@unit.example`."""
from uuid import UUID, uuid5

from tenants.vocabulary import Line, Role

_SPACE = UUID("0192a000-0000-7000-8000-000000000000")
HQ_PEOPLE: dict[str, tuple[Role, Line | None]] = {
    "office": (Role.HQ_OFFICE, None), "leader": (Role.HQ_LEADER, None), "admin": (Role.ADMINISTRATOR, None),
    "auditor": (Role.AUDITOR, None), **{line.value.replace("_", "-"): (Role.HQ_LINE_LEAD, line) for line in Line}}
UNIT_PEOPLE: dict[str, tuple[Role, Line | None]] = {
    "contact": (Role.UNIT_CONTACT, None), "deputy": (Role.UNIT_CONTACT, None), "head": (Role.UNIT_HEAD, None),
    "member": (Role.MEMBER, Line.MARKET), **{line.value.replace("_", "-"): (Role.LINE_OWNER, line) for line in Line}}
PASSWORD = "correct horse battery 示例"                  # everybody's
STAFFED = ("beijing", "guangdong", "tibet", "migu", "tietong", "terminal")       # the others have nobody


def email(name: str) -> str:
    """"contact.guangdong" → its address; a bare name is headquarters'."""
    who, _, unit = name.partition(".")
    return f"{who}@{unit or 'hq'}.example"


def key(name: str) -> UUID:
    """The person's key, the same in every run."""
    return uuid5(_SPACE, email(name))


def appointment_key(name: str) -> UUID:
    return uuid5(_SPACE, "appointment " + email(name))


def everybody() -> list[str]:
    return [*HQ_PEOPLE, *(f"{who}.{unit}" for unit in STAFFED for who in UNIT_PEOPLE)]


def function(name: str) -> tuple[Role, Line | None]:
    who, _, unit = name.partition(".")
    return UNIT_PEOPLE[who] if unit else HQ_PEOPLE[who]
