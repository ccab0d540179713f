"""What an address, a password, a function and a delegation must be. Pure."""
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from email_validator import EmailNotValidError, validate_email
from zxcvbn import zxcvbn

from portal.texts import clean
from tenants.messages import N_, Message
from tenants.vocabulary import HQ_ROLES, LINE_ROLES, Line, Role, UnitKind

LEAST, MOST = 10, 128                                  # characters of a password
STRENGTH = 3                                           # of zxcvbn's 0–4: withstands guessing when the hashes are stolen
NAME, PHONE, EMAIL = 100, 40, 254                      # characters
LONGEST_DELEGATION = timedelta(days=366)
LONGEST_TOKEN = 3_650                                  # days

_JUDGED = 72                                           # zxcvbn takes no more; what is longer is long enough
_PORTAL_WORDS = ("portal", "quality", "programme", "password", "mima")
_MAY_HAVE_LINE = LINE_ROLES | {Role.MEMBER, Role.ASSESSOR}
Faults = dict[str, list[Message]]


def address(text: str) -> str:
    """A mail address as it is stored and compared: trimmed, composed, lower case, without control characters. Not checked.

    Whatever is looked up or counted by address is so by this one spelling of it."""
    return clean(unicodedata.normalize("NFKC", text)).lower()


def address_fault(email: str) -> Message | None:
    """Why this is no mail address; only its form is looked at."""
    if not email:
        return N_("Enter a mail address.")
    if len(email) > EMAIL:
        return N_("A mail address has at most %(most)s characters.", most=EMAIL)
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        return N_("This is not a mail address. Write it like name@unit.example.")
    return None


def secret(password: str) -> str:
    """A password as it is hashed: the same characters, however the keyboard composed them."""
    return unicodedata.normalize("NFKC", password)


def weaknesses(password: str, about: Iterable[str] = ()) -> list[Message]:
    """What is wrong with a new password; nothing when it will do. `about` is what anybody knows of the person."""
    if len(password) < LEAST:
        return [N_("Use at least %(least)s characters.", least=LEAST)]
    if len(password) > MOST:
        return [N_("Use at most %(most)s characters.", most=MOST)]
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in password):
        return [N_("Leave out control characters.")]
    known = [part for text in about for part in (text, text.partition("@")[2], *text.replace("@", ".").split(".")) if part]
    if zxcvbn(password[:_JUDGED], user_inputs=[*known, *_PORTAL_WORDS])["score"] < STRENGTH:
        return [N_("This password is easy to guess. Take several unrelated words, or more characters that follow no pattern.")]
    return []


def person_faults(email: str, name: str, phone: str, language: str) -> Faults:
    """By field, of a person about to be stored."""
    faults: Faults = {}
    if (fault := address_fault(email)) is not None:
        faults["email"] = [fault]
    if not name:
        faults["name"] = [N_("Enter a name.")]
    elif len(name) > NAME:
        faults["name"] = [N_("A name has at most %(most)s characters.", most=NAME)]
    if len(phone) > PHONE:
        faults["phone"] = [N_("A telephone number has at most %(most)s characters.", most=PHONE)]
    if language not in ("zh", "en"):
        faults["language"] = [N_("Choose Chinese or English.")]
    return faults


def appointment_faults(role: Role, kind: UnitKind, line: Line | None, valid_from: date, valid_until: date | None) -> Faults:
    """Which role may be held where, and with which line (public contract, roles)."""
    faults: Faults = {}
    if role in HQ_ROLES and kind is not UnitKind.HEADQUARTERS:
        faults["role"] = [N_("The role %(role)s exists at headquarters only.", role=role)]
    if role in LINE_ROLES and line is None:
        faults["line"] = [N_("The role %(role)s needs a line.", role=role)]
    elif role not in _MAY_HAVE_LINE and line is not None:
        faults["line"] = [N_("The role %(role)s has no line.", role=role)]
    if valid_until is not None and valid_until < valid_from:
        faults["valid_until"] = [N_("The last day lies before the first.")]
    return faults


def delegation_faults(first: date | None, last: date | None, today: date) -> Faults:
    """Of the period in which another person acts; both days are included."""
    faults: Faults = {}
    if first is None:
        faults["valid_from"] = [N_("Enter the first day.")]
    elif first < today:
        faults["valid_from"] = [N_("The first day is today at the earliest.")]
    if last is None:
        faults["valid_until"] = [N_("Enter the last day.")]
    elif first is not None and last < first:
        faults["valid_until"] = [N_("The last day lies before the first.")]
    elif first is not None and last - first > LONGEST_DELEGATION:
        faults["valid_until"] = [N_("A function is handed over for a year at most.")]
    return faults


def overlaps(first: date, last: date, others: Sequence[tuple[date, date]]) -> bool:
    """Whether the period shares a day with one of the others."""
    return any(first <= until and last >= begin for begin, until in others)
