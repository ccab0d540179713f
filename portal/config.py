"""The configuration in force, read once from the environment (names and defaults: docs/operations.md).

An empty address means an embedded server; `portal.servers` fills it in before anything connects."""
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DRIVER = "postgresql+psycopg"
_POSTGRES = ("postgresql", "postgres", _DRIVER)
_BROKERS = ("redis", "rediss", "unix", "redis+unix", "redis+socket", "valkey", "memory")
_LOCALES = {"zh_CN": "zh", "zh": "zh", "en": "en", "en_US": "en", "en_GB": "en"}
_LOOPBACK = "127.0.0.0/8, ::1"
_MASK = "********"
_LEAST_SECRET = 16                 # characters; generated keys have 43


class SetupFault(SystemExit):
    """One line for the person at the terminal: what is wrong and what to do.

    Uncaught, it ends the command with status 1."""

    def __init__(self, line: str) -> None:
        super().__init__(f"portal: {' '.join(line.split())}")


class Mode(StrEnum):
    """`production` insists on secrets and real time; `demonstration` makes what is missing."""
    PRODUCTION = "production"
    DEMONSTRATION = "demonstration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One portal's configuration. Made by `from_environment`, or by a test with just the fields it needs."""
    database_url: str = ""
    database_owner_url: str = ""
    broker_url: str = ""
    secret_key: str = ""
    storage_url: str = ""
    mail_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    timezone: str = "Asia/Shanghai"
    locale: str = "zh_CN"
    metrics_allow: str = _LOOPBACK             # addresses and networks to which /metrics answers
    webhook_hosts: str = ""                    # hosts, addresses and networks to which webhooks may go
    data: Path = Path("var")
    clock_start: datetime | None = None        # PORTAL_CLOCK: what the portal's clock showed …
    clock_since: datetime | None = None        # … at this real instant
    mode: Mode = Mode.DEMONSTRATION

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """The settings of this process. Raises `SetupFault` with one line for the first thing that is wrong."""
        env = os.environ if env is None else env

        def given(name: str, default: str = "") -> str:
            return env.get(name, "").strip() or default

        mode = _mode(given("PORTAL_MODE"), embedded=not given("DATABASE_URL"))
        settings = cls(
            database_url=_postgres("DATABASE_URL", given("DATABASE_URL")),
            database_owner_url=_postgres("DATABASE_OWNER_URL", given("DATABASE_OWNER_URL")),
            broker_url=_broker(given("BROKER_URL")),
            secret_key=given("SECRET_KEY"),
            storage_url=_storage(given("STORAGE_URL")),
            mail_url=given("MAIL_URL"),
            base_url=_web("PORTAL_BASE_URL", given("PORTAL_BASE_URL", "http://127.0.0.1:8000")),
            timezone=_timezone(given("PORTAL_TIMEZONE", "Asia/Shanghai")),
            locale=_locale(given("PORTAL_LOCALE", "zh_CN")),
            metrics_allow=_networks("PORTAL_METRICS_ALLOW", given("PORTAL_METRICS_ALLOW", _LOOPBACK)),
            webhook_hosts=given("WEBHOOK_HOSTS"),
            data=Path(given("PORTAL_DATA", "var")).expanduser().absolute(),
            clock_start=_instant("PORTAL_CLOCK", given("PORTAL_CLOCK")),
            clock_since=_instant("PORTAL_CLOCK_SINCE", given("PORTAL_CLOCK_SINCE")),
            mode=mode)
        settings._judge()
        return settings

    @classmethod
    def for_tests(cls, **given: Any) -> "Settings":
        """What a test's application runs with: nothing of the environment, no broker unless given."""
        defaults = {"secret_key": "a key that only tests use", "broker_url": "memory://", "base_url": "http://localhost"}
        return cls(**{**defaults, **given})

    def _judge(self) -> None:
        """What a mode does not allow, and what does not go together."""
        if self.database_owner_url and not self.database_url:
            raise SetupFault("DATABASE_OWNER_URL is set but DATABASE_URL is not: set both, or neither")
        if self.mode is not Mode.PRODUCTION:
            return
        if self.clock_start:
            raise SetupFault("PORTAL_CLOCK is refused in production mode: unset it, or set PORTAL_MODE=demonstration")
        if not self.secret_key:
            raise SetupFault("SECRET_KEY is not set: production mode needs one, for example the output of "
                             "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'")
        if len(self.secret_key) < _LEAST_SECRET:
            raise SetupFault(f"SECRET_KEY is shorter than {_LEAST_SECRET} characters: set a longer one")

    # --- what other parts ask for ---------------------------------------------------------------------------------

    @property
    def production(self) -> bool:
        return self.mode is Mode.PRODUCTION

    @property
    def embedded(self) -> tuple[bool, bool]:
        """Whether the database and the broker are still to come from the embedded servers."""
        return not self.database_url, not self.broker_url

    @property
    def clock(self) -> datetime | None:
        """What the portal's clock shows now; None: real time.

        Every process gives the same answer, since the supervisor hands on the instant from which PORTAL_CLOCK runs."""
        if self.clock_start is None:
            return None
        real = datetime.fromtimestamp(time.time(), UTC)
        return self.clock_start + (real - self.clock_since if self.clock_since else timedelta(0))

    @property
    def language(self) -> str:
        """The catalogue directory of the default language."""
        return _LOCALES[self.locale]

    @property
    def storage(self) -> Path:
        """The folder of the attachments, where they lie in one."""
        return Path(urlsplit(self.storage_url).path) if self.storage_url else self.data / "storage"

    @property
    def celery_broker(self) -> str:
        """The broker as kombu writes it."""
        return _spelt(self.broker_url, "redis+socket", "redis")

    @property
    def redis_url(self) -> str:
        """The broker as redis-py writes it."""
        return _spelt(self.broker_url, "unix", "redis")

    @property
    def limits_url(self) -> str:
        """The broker as the limits library writes it."""
        return _spelt(self.broker_url, "redis+unix", "redis")

    def kept_secret(self, name: str, size: int = 32) -> str:
        """A secret of this installation, made at first use and kept in `PORTAL_DATA/<name>` (mode 0600)."""
        path = self.data / name
        self.data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_name(f".{name}.{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
                f.write(secrets.token_urlsafe(size) + "\n")
            try:
                os.link(fresh, path)                  # the first of two makers wins, whole
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text().strip()

    @property
    def demo_password(self) -> str:
        """What every account of the demonstration year signs in with."""
        return self.kept_secret("demo-password", 12)

    def environment(self) -> dict[str, str]:
        """The settings as the variables from which `from_environment` reads them back."""
        values = {_VARIABLES[f.name]: getattr(self, f.name) for f in fields(self)}
        return {name: value.isoformat() if isinstance(value, datetime) else str(value)
                for name, value in values.items() if value not in ("", None)}

    def shown(self, *, secret: bool = False) -> dict[str, str]:
        """The same for people: passwords inside addresses and the key masked unless `secret`."""
        values = {"MAIL_URL": "", **self.environment()}
        values.pop("PORTAL_CLOCK_SINCE", None)
        values = {name: value.replace(f"{_DRIVER}://", "postgresql://", 1) for name, value in values.items()}
        return values if secret else {name: _masked(name, value) for name, value in values.items()}


_VARIABLES = {
    "database_url": "DATABASE_URL", "database_owner_url": "DATABASE_OWNER_URL", "broker_url": "BROKER_URL",
    "secret_key": "SECRET_KEY", "storage_url": "STORAGE_URL", "mail_url": "MAIL_URL", "base_url": "PORTAL_BASE_URL",
    "timezone": "PORTAL_TIMEZONE", "locale": "PORTAL_LOCALE", "metrics_allow": "PORTAL_METRICS_ALLOW",
    "webhook_hosts": "WEBHOOK_HOSTS", "data": "PORTAL_DATA", "clock_start": "PORTAL_CLOCK",
    "clock_since": "PORTAL_CLOCK_SINCE", "mode": "PORTAL_MODE",
}


def _mode(value: str, *, embedded: bool) -> Mode:
    if not value:
        return Mode.DEMONSTRATION if embedded else Mode.PRODUCTION
    try:
        return Mode(value)
    except ValueError:
        raise SetupFault(f"PORTAL_MODE is {value!r}: it must be production or demonstration") from None


def _postgres(name: str, value: str) -> str:
    """The address with the driver that the portal uses."""
    if not value:
        return ""
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in _POSTGRES:
        raise SetupFault(f"{name} is not an address of PostgreSQL: write postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE")
    return f"{_DRIVER}://{rest}"


def _broker(value: str) -> str:
    if value and (value.partition("://")[0] not in _BROKERS or "://" not in value):
        raise SetupFault("BROKER_URL is not an address of Valkey or Redis: write redis://HOST:PORT/0 or unix:///PATH")
    return value


def _storage(value: str) -> str:
    found = urlsplit(value)
    if value and not (found.scheme == "file" and found.path and not found.netloc) and not (found.scheme == "s3" and found.hostname):
        raise SetupFault("STORAGE_URL is no storage's address: write file:///PATH or s3://KEY:SECRET@BUCKET?endpoint=https://HOST")
    return value


def _spelt(url: str, socket_scheme: str, network_scheme: str) -> str:
    """One broker address in a library's own spelling; `?db=` and `?virtual_host=` name the same thing."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme in ("rediss", "memory"):
        return url
    if scheme in ("unix", "redis+unix", "redis+socket"):
        if socket_scheme == "redis+socket":
            rest = rest.replace("?db=", "?virtual_host=").replace("&db=", "&virtual_host=")
        else:
            rest = rest.replace("virtual_host=", "db=")
        return f"{socket_scheme}://{rest}"
    return f"{network_scheme}://{rest}"


def _web(name: str, value: str) -> str:
    found = urlsplit(value)
    if found.scheme not in ("http", "https") or not found.netloc:
        raise SetupFault(f"{name} is {value!r}: write the address that people type, such as https://portal.example")
    return value.rstrip("/")


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SetupFault(f"PORTAL_TIMEZONE is {value!r}: write a name such as Asia/Shanghai") from None
    return value


def _locale(value: str) -> str:
    if value not in _LOCALES:
        raise SetupFault(f"PORTAL_LOCALE is {value!r}: it must be one of {', '.join(sorted(_LOCALES))}")
    return value


def _networks(name: str, value: str) -> str:
    for part in value.split(","):
        try:
            ip_network(part.strip())
        except ValueError:
            raise SetupFault(f"{name} has {part.strip()!r}: write addresses or networks, such as 127.0.0.1, 10.20.0.0/16") from None
    return value


def _instant(name: str, value: str) -> datetime | None:
    if not value:
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise SetupFault(f"{name} is {value!r}: write a time with its offset, such as 2026-03-01T09:00:00+08:00")
    return instant


def _masked(name: str, value: str) -> str:
    if name == "SECRET_KEY":
        return _MASK
    if not name.endswith("_URL"):
        return value
    parts = urlsplit(value)
    query = "&".join(p if p.partition("=")[0].lower() not in ("password", "sslpassword", "secret", "token")
                     else f"{p.partition('=')[0]}={_MASK}" for p in parts.query.split("&"))
    netloc = parts.netloc
    if "@" in netloc and ":" in netloc.rpartition("@")[0]:
        user, _, host = netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}:{_MASK}@{host}"
    shown = urlunsplit(parts._replace(netloc=netloc, query=query))
    if not parts.netloc and value.partition("://")[1]:       # urlunsplit drops the empty authority of unix:///path
        shown = f"{parts.scheme}://{parts.path}" + (f"?{query}" if query else "")
    return shown
