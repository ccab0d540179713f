"""One letter to a mail server. Its address is MAIL_URL: smtp://user:password@host:587, smtps://…, `?from=` names the sender."""
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from uuid import UUID

PATIENCE = 10                          # seconds for each answer of the server


@dataclass(frozen=True, slots=True)
class Letter:
    """Plain text for one person; `key` gives it the same Message-ID however often it is sent."""
    key: UUID
    to: str
    subject: str
    body: str
    at: datetime


def written(letter: Letter, sender: str, host: str) -> EmailMessage:
    """As it goes over the wire. Raises ValueError for an address or subject with a line break in it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, letter.to, letter.subject
    mail["Date"], mail["Message-ID"] = format_datetime(letter.at), f"<{letter.key}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"          # RFC 3834: no absence notes in answer
    mail.set_content(letter.body)
    return mail


def send(letter: Letter, mail_url: str, base_url: str) -> None:
    """Raises OSError (smtplib's errors are such) when the server does not take it, ValueError for a wrong address."""
    server, host = urlsplit(mail_url), urlsplit(base_url).hostname or "localhost"
    mail = written(letter, _sender(server, host), host)
    with _connected(server, host) as smtp:
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        smtp.send_message(mail)


def _sender(server: SplitResult, host: str) -> str:
    named = parse_qs(server.query).get("from")
    user = unquote(server.username or "")
    return named[0] if named else user if "@" in user else f"portal@{host}"


def _connected(server: SplitResult, host: str) -> smtplib.SMTP:
    if server.scheme not in ("smtp", "smtps") or not server.hostname:
        raise ValueError("MAIL_URL is not an address such as smtp://HOST:25 or smtps://USER:PASSWORD@HOST")
    trusted = ssl.create_default_context()
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(server.hostname, server.port or 465, host, timeout=PATIENCE, context=trusted)
    smtp = smtplib.SMTP(server.hostname, server.port or (587 if server.username else 25), host, timeout=PATIENCE)
    try:
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=trusted)
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
