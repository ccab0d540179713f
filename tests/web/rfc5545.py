"""What RFC 5545 asks of a calendar that is fetched, read from the bytes by hand: not by the library that wrote them."""
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

_PARAMETER = r";[A-Za-z0-9-]+=(?:\"[^\"\x00-\x1f]*\"|[^\";:,\x00-\x1f]*)"
_LINE = re.compile(rf"(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:{_PARAMETER})*):(?P<value>.*)")
_TEXT = re.compile(r"(?:[^\\;,\x00-\x08\x0a-\x1f\x7f]|\\[\\;,nN])*")                    # 3.3.11
_TEXTS = {"UID", "SUMMARY", "DESCRIPTION", "PRODID"}
_ONCE = {"VCALENDAR": {"PRODID", "VERSION"}, "VEVENT": {"UID", "DTSTAMP", "DTSTART"}}   # 3.6, 3.6.1
_AT_MOST_ONCE = {"VCALENDAR": {"CALSCALE", "METHOD"},
                 "VEVENT": {"DTEND", "DURATION", "SUMMARY", "DESCRIPTION", "URL", "TRANSP", "STATUS", "CLASS"}}


@dataclass(slots=True)
class Component:
    """`found` are its properties: name → (parameters, value)."""
    name: str
    found: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        [(_, value)] = self.found[name]
        return value


def lines(raw: bytes) -> list[str]:
    """The content lines, unfolded (3.1): each ends in CRLF, is at most 75 octets long, and goes on behind one blank."""
    assert raw.endswith(b"\r\n") and not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    kept = raw[:-2].split(b"\r\n")
    assert max(map(len, kept)) <= 75 and all(kept)
    for line in kept:
        line.decode()                                  # no character is cut in two
    return b"\r\n".join(kept).replace(b"\r\n ", b"").replace(b"\r\n\t", b"").decode().split("\r\n")


def checked(raw: bytes) -> list[Component]:
    """Its events."""
    events: list[Component] = []
    open_: list[Component] = []
    for line in lines(raw):
        read = _LINE.fullmatch(line)
        assert read, line
        name, value = read["name"].upper(), read["value"]
        if name == "BEGIN":
            assert value == ("VEVENT" if open_ else "VCALENDAR") and len(open_) < 2
            open_.append(Component(value))
        elif name == "END":
            done = open_.pop()
            assert done.name == value
            _properties(done)
            events += [done] if value == "VEVENT" else []
        else:
            assert name not in _TEXTS or _TEXT.fullmatch(value), line
            open_[-1].found.setdefault(name, []).append((read["parameters"].upper(), value))
    assert not open_
    uids = Counter(e.one("UID") for e in events)
    assert not [uid for uid, n in uids.items() if n > 1]                                # 3.8.4.7: each its own
    return events


def _properties(c: Component) -> None:
    counts = {name: len(values) for name, values in c.found.items()}
    assert all(counts.get(name) == 1 for name in _ONCE[c.name]), (c.name, counts)
    assert all(counts.get(name, 0) <= 1 for name in _AT_MOST_ONCE[c.name]), (c.name, counts)
    if c.name == "VCALENDAR":
        assert c.one("VERSION") == "2.0" and c.found.get("CALSCALE", [("", "GREGORIAN")])[0][1] == "GREGORIAN"
        assert "METHOD" not in counts                  # RFC 5546, 3.2.1: PUBLISH asks each event for an ORGANIZER
        return
    datetime.strptime(c.one("DTSTAMP"), "%Y%m%dT%H%M%SZ")                               # 3.8.7.2: in UTC
    assert not ("DTEND" in counts and "DURATION" in counts)
    if not c.found["DTSTART"][0][0]:                                                    # 3.6.1: a moment, in UTC
        assert moment(c) and "DTEND" not in counts
        return
    for name in ("DTSTART", "DTEND"):
        assert c.found[name][0][0] == ";VALUE=DATE"
    assert day(c, "DTEND") > day(c, "DTSTART")


def day(c: Component, name: str) -> date:
    return datetime.strptime(c.one(name), "%Y%m%d").date()


def moment(c: Component) -> datetime:
    return datetime.strptime(c.one("DTSTART"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
