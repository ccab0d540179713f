"""One message to a chat room or a program, through Apprise, which knows how WeCom, DingTalk, Feishu and webhooks want it.

Apprise posts through a door of ours (`_Door`), which alone decides where to connect: never by a redirect, never through a proxy of
the environment, only to hosts that WEBHOOK_HOSTS names or that the chat services have; the address that was looked up and
judged is the one that is connected to, so that a name cannot change its meaning in between. Loopback, link-local and the
addresses at which clouds keep their secrets are refused unless WEBHOOK_HOSTS names the very address; so is a chat service's name
that leads into a private network, unless it is named, too."""
import json
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from apprise import AppriseAsset, NotifyBase, NotifyFormat
from apprise.plugins import custom_json, dingtalk, feishu, wecombot
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import TimeoutError as Late
from urllib3.util import connection as connecting

from tenants.messages import N_, Message

CONNECTING, READING = 5.0, 10.0        # seconds
LARGEST_ANSWER = 64 * 1024             # bytes: chat services say in the body whether they took it
_CHAT = {"wecom": ("qyapi.weixin.qq.com", "/cgi-bin/webhook"), "dingtalk": ("oapi.dingtalk.com", "/robot"),
         "feishu": ("open.feishu.cn", "/open-apis/bot/v2/hook")}
CHAT_HOSTS = frozenset(host for host, _ in _CHAT.values())
_PLUGINS: Mapping[str, Callable[..., NotifyBase]] = {
    "webhook": custom_json.NotifyJSON, "wecom": wecombot.NotifyWeComBot, "dingtalk": dingtalk.NotifyDingTalk,
    "feishu": feishu.NotifyFeishu}
_NEVER = tuple(ip_network(n) for n in ("169.254.169.254/32", "100.100.100.200/32", "fd00:ec2::254/128", "192.0.0.192/32"))
_Address = IPv4Address | IPv6Address

# Why something was not taken. Kept as an English sentence at the channel, and shown in the reader's language.
_UNLISTED = N_("%(host)s is not among the hosts that may be told (WEBHOOK_HOSTS)")
_INWARD = N_("%(host)s leads to %(address)s, which no message may go to")
_UNKNOWN = N_("%(host)s: no such name was found")
_CLOSED = N_("%(host)s refuses the connection")
_LATE = N_("%(host)s does not answer in time")
_UNTRUSTED = N_("%(host)s shows no certificate that holds")
_SILENT = N_("%(host)s does not answer")
_ELSEWHERE = N_("%(host)s wants to lead elsewhere (%(status)s): not followed")
_STATUS = N_("%(host)s answers %(status)s")
_CODE = N_("%(host)s does not take it (code %(code)s)")
_ILLEGIBLE = N_("the channel's address cannot be read")
_UNTAKEN = N_("it was not taken")
_SENTENCES = (_UNLISTED, _INWARD, _UNKNOWN, _CLOSED, _LATE, _UNTRUSTED, _SILENT, _ELSEWHERE, _STATUS, _CODE, _ILLEGIBLE, _UNTAKEN)
_CAUSES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Message], ...] = (
    (socket.gaierror, _UNKNOWN), ((TimeoutError, Late, requests.Timeout), _LATE), (ConnectionRefusedError, _CLOSED),
    (ssl.SSLError, _UNTRUSTED))


class Refused(Exception):
    """The other side did not take it, or it must not be asked: why, in words that hold neither message nor secret."""

    def __init__(self, sentence: Message, **named: object) -> None:
        super().__init__(str(Message(sentence.msgid, named)))


class Silent(Refused):
    """The other side does not answer at all."""


@dataclass(frozen=True)
class Allowed:
    """WEBHOOK_HOSTS: names of hosts ("hooks.example", ".example" with all below it), addresses and networks, with commas."""
    text: str = ""

    @cached_property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(network for part in self._parts if (network := _network(part)) is not None)

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(part.lower() for part in self._parts if _network(part) is None)

    @property
    def _parts(self) -> list[str]:
        return [part.strip() for part in self.text.split(",") if part.strip()]

    def host(self, name: str) -> bool:
        """Whether the host itself is named, or has a chat service's name."""
        return self.named(name) or name.lower().rstrip(".") in CHAT_HOSTS

    def named(self, name: str) -> bool:
        name = name.lower().rstrip(".")
        above = {name[n:] for n, c in enumerate(name) if c == "."}
        return name in self.names or bool(above & self.names)

    def address(self, address: _Address) -> bool:
        """Whether the very address, or its network, is named."""
        return any(address.version == n.version and address in n for n in self.networks)

    def judge(self, host: str, address: _Address) -> None:
        """Raises Refused."""
        address = getattr(address, "ipv4_mapped", None) or address
        if self.address(address):
            return
        if not self.host(host):
            raise Refused(_UNLISTED, host=host)
        if _inward(address) or not (self.named(host) or address.is_global):
            raise Refused(_INWARD, host=host, address=address)


def _network(part: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(part)
    except ValueError:
        return None


def literal(host: str) -> _Address | None:
    """The address that a host's name is, if it is one."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _inward(address: _Address) -> bool:
    """This machine itself, its neighbours without a router, nobody in particular, or a cloud's own. (Addresses of a private
    network are not among them: the portal's peers live there, and are named.)"""
    return (address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast or address.is_reserved
            or any(address.version == n.version and address in n for n in _NEVER)
            or (isinstance(address, IPv6Address) and (address.sixtofour is not None or address.teredo is not None
                                                      or address in ip_network("64:ff9b::/96"))))


_allowed: ContextVar[Allowed] = ContextVar("allowed")
_heard: ContextVar[list[Refused]] = ContextVar("heard")


def _connect(self: Any) -> socket.socket:
    """In place of urllib3's: look the name up once, judge each address, connect to the one that was judged."""
    host = self._dns_host.strip("[]")
    found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        _allowed.get().judge(host, ip_address(address.partition("%")[0]))
    return connecting.create_connection((addresses[0], self.port), self.timeout, socket_options=self.socket_options)


class _Http(HTTPConnection):
    _new_conn = _connect


class _Https(HTTPSConnection):
    _new_conn = _connect


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class _Door:
    """What Apprise takes for `requests`. Keeps why something was not taken; Apprise itself says only that."""
    codes, RequestException = requests.codes, requests.RequestException

    def post(self, url: str, **given: Any) -> requests.Response:
        return self.request("POST", url, **given)

    def request(self, method: str, url: str, **given: Any) -> requests.Response:
        given.update(allow_redirects=False, timeout=(CONNECTING, READING), verify=True, stream=True)
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.mount("http://", _Adapter())
                session.mount("https://", _Adapter())
                answer = session.request(method, url, **given)
                body = answer.raw.read(LARGEST_ANSWER, decode_content=True)
        except Refused as refused:
            _heard.get().append(refused)
            raise requests.ConnectionError from None
        except (OSError, ValueError) as e:             # requests' errors are OSErrors
            _heard.get().append(Silent(_cause(e), host=_host(url)))
            raise requests.ConnectionError from None
        answer._content = body
        self._judge(answer, url)
        return answer

    def _judge(self, answer: requests.Response, url: str) -> None:
        if answer.is_redirect or 300 <= answer.status_code < 400:
            _heard.get().append(Refused(_ELSEWHERE, host=_host(url), status=answer.status_code))
        elif not answer.ok:
            _heard.get().append(Refused(_STATUS, host=_host(url), status=answer.status_code))
        elif (code := _code(answer.content)) not in (None, 0):
            _heard.get().append(Refused(_CODE, host=_host(url), code=code))


def _code(body: bytes) -> int | None:
    """What chat services say in the body, with status 200."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    codes = [said[name] for name in ("errcode", "code", "StatusCode") if name in said] if isinstance(said, dict) else []
    return next((code for code in codes if isinstance(code, int)), None)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _cause(error: BaseException) -> Message:
    """By the kinds of what lies beneath: its words may hold the address, and with it the secret."""
    beneath = list(_beneath(error, set()))
    return next((words for kinds, words in _CAUSES if any(isinstance(e, kinds) for e in beneath)), _SILENT)


def _beneath(error: BaseException, seen: set[int]) -> Iterator[BaseException]:
    seen.add(id(error))
    yield error
    for inner in (getattr(error, "reason", None), *error.args, error.__cause__, error.__context__):
        if isinstance(inner, BaseException) and id(inner) not in seen:
            yield from _beneath(inner, seen)


def in_words(kept: str) -> Message:
    """A sentence that was kept, to be shown in any language; what is none of ours stays as it is."""
    for sentence in _SENTENCES:
        parts = re.split(r"%\((\w+)\)s", sentence.msgid)
        pattern = "".join(rf"(?P<{part}>\S+)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
        if found := re.fullmatch(pattern, kept):
            return Message(sentence.msgid, found.groupdict())
    return Message(kept)


for _module in (custom_json, dingtalk, feishu, wecombot):
    _module.requests = _Door()  # type: ignore[attr-defined]  # each plugin posts through the module's own name
_quiet = logging.getLogger("apprise")
_quiet.setLevel(logging.CRITICAL)      # it would log addresses; why something failed is kept by the door


def readable(kind: str, address: str) -> str | None:
    """The host of a channel's address, as the service shows it; None for what cannot be one of that kind."""
    try:
        return str(urlsplit(address).hostname).lower() if _plugin(kind, address, {}) else None
    except ValueError:
        return None


def _plugin(kind: str, address: str, facts: Mapping[str, str]) -> NotifyBase | None:
    """What speaks to that address. Chat services show theirs with the token inside; DingTalk's secret for signing is given
    as one more part of the query, `&secret=`. Raises ValueError for what is no address."""
    found, asked = urlsplit(address), dict(parse_qsl(urlsplit(address).query))
    asset = AppriseAsset(app_id="Portal", app_desc="", app_url="", http_redirects=False)
    if found.scheme not in ("http", "https") or not found.hostname or found.username is not None or found.port == 0:
        return None
    if kind == "webhook":
        host = f"[{found.hostname}]" if ":" in found.hostname else found.hostname
        return _PLUGINS[kind](host=host, port=found.port, secure=found.scheme == "https", fullpath=found.path or "/",
                              params=asked, payload=dict(facts), asset=asset)
    path = found.path.rstrip("/")
    if found.scheme != "https" or (found.hostname, path.rpartition("/")[0]) != _CHAT[kind]:
        return None
    secrets: Mapping[str, Mapping[str, Any]] = {
        "wecom": {"key": asked.get("key")}, "feishu": {"token": path.rpartition("/")[2]},
        "dingtalk": {"token": asked.get("access_token"), "secret": asked.get("secret")}}
    try:
        return _PLUGINS[kind](**secrets[kind], asset=asset)
    except TypeError:                                  # AppriseImproperlyConfigured: no token there
        return None


def say(kind: str, address: str, words: str, facts: Mapping[str, str], allowed: Allowed) -> None:
    """Raises Refused. A webhook gets `facts` beside the words."""
    with _listening(allowed) as heard:
        try:
            plugin = _plugin(kind, address, facts)
        except ValueError:
            plugin = None
        if plugin is None:
            raise Refused(_ILLEGIBLE)
        taken = plugin.notify(body=words, body_format=NotifyFormat.TEXT)
    if heard:
        raise heard[0]
    if not taken:
        raise Refused(_UNTAKEN)


@contextmanager
def _listening(allowed: Allowed) -> Iterator[list[Refused]]:
    heard: list[Refused] = []
    marks = _allowed.set(allowed), _heard.set(heard)
    try:
        yield heard
    finally:
        _allowed.reset(marks[0])
        _heard.reset(marks[1])
