"""One letter to a mail server. Its address is MAIL_URL: smtp://user:password@host:587, smtps://…, `?from=` names the sender."""
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

PATIENCE = 10                          # seconds for each answer of the server
PREFERENCES = "/notices/preferences"   # where a receiver chooses which letters come


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence, the address of the page that it is about, and where it can be answered without signing in."""
    text: str
    url: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """For one person, in that person's language; `key` gives it the same Message-ID however often it is sent.
    Letters with the same `thread` (a kind of thing and its key) stand together in the receiver's box."""
    key: UUID
    to: str
    subject: str
    items: Sequence[Item]
    foot: str
    open_words: str
    answer_words: str
    language: str
    at: datetime
    home: str                                          # the portal's own address
    thread: str = ""


def plain(letter: Letter) -> str:
    """As text."""
    return "\n\n".join([*(_said(item, letter) for item in letter.items), f"-- \n{letter.foot}"]) + "\n"


def _said(item: Item, letter: Letter) -> str:
    return f"{item.text}\n\n{item.url}" + (f"\n\n{letter.answer_words}\n{item.answer}" if item.answer else "")


def html(letter: Letter) -> str:
    """As HTML: our own template, nothing loaded from anywhere."""
    return _template().render(letter=letter)


@cache
def _template() -> Template:
    made = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)
    return made.get_template("letter.html")


def written(letter: Letter, sender: str, host: str) -> EmailMessage:
    """As it goes over the wire. Raises ValueError for an address or subject with a line break in it."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, letter.to, letter.subject
    mail["Date"], mail["Message-ID"] = format_datetime(letter.at), f"<{letter.key}@{host}>"
    if letter.thread:                                  # a root that nobody sent: all letters about the thing refer to it
        root = f"<{letter.thread}@{host}>"
        mail["In-Reply-To"], mail["References"] = root, root
    mail["List-Id"] = f"<notices.{host}>"
    mail["List-Unsubscribe"] = f"<{letter.home}{PREFERENCES}>"
    mail["Auto-Submitted"] = "auto-generated"          # RFC 3834: no absence notes in answer
    mail["X-Auto-Response-Suppress"] = "All"           # the same to Exchange
    mail.set_content(plain(letter), cte="quoted-printable")           # seven bits: no server on the way need know more
    mail.add_alternative(html(letter), subtype="html", cte="quoted-printable")
    return mail


def send(letter: Letter, mail_url: str, base_url: str) -> None:
    """Raises OSError (smtplib's errors are such) when the server does not take it, ValueError for a wrong address."""
    server, host = urlsplit(mail_url), urlsplit(base_url).hostname or "localhost"
    mail = written(letter, _sender(server, host), host)
    with _connected(server, host) as smtp:
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(mail)


def unreachable(error: OSError) -> bool:
    """Whether the server did not answer at all, rather than refuse this letter."""
    gone = smtplib.SMTPServerDisconnected | smtplib.SMTPConnectError
    return not isinstance(error, smtplib.SMTPException) or isinstance(error, gone)


def _sender(server: SplitResult, host: str) -> str:
    named = parse_qs(server.query).get("from")
    user = unquote(server.username or "")
    return named[0] if named else user if "@" in user else f"portal@{host}"


def _connected(server: SplitResult, host: str) -> smtplib.SMTP:
    if server.scheme not in ("smtp", "smtps") or not server.hostname:
        raise ValueError("MAIL_URL is not an address such as smtp://HOST:25 or smtps://USER:PASSWORD@HOST")
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(server.hostname, server.port or 465, host, timeout=PATIENCE,
                                context=ssl.create_default_context())
    smtp = smtplib.SMTP(server.hostname, server.port or (587 if server.username else 25), host, timeout=PATIENCE)
    try:
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())      # reads the machine's certificates: not for nothing
        elif server.username and not _local(server.hostname):
            raise smtplib.SMTPNotSupportedError("the mail server offers no encryption: the password is not sent in the clear")
    except BaseException:
        smtp.close()
        raise
    return smtp


def _local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
