"""Personal numbers in free text: telephone numbers, identity cards and bank cards are made unreadable.

Each digit but the first and last few becomes `*`; the text keeps its length, and what is masked is masked no further. What is
no such number by its own rules (check digit, day of birth, prefix) stays: codes, dates, amounts and other long numbers.
Numbers are looked for in a plain reading of the text: digits of every form are digits, and what nobody sees is not there.
`frontend/js/mask.js` shows the same while one types; a test holds the two together."""
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from stdnum import luhn, numdb
from stdnum.cn import ric
from stdnum.exceptions import ValidationError


class Kind(StrEnum):
    """What a number is of."""
    IDENTITY_CARD = "identity_card"
    BANK_CARD = "bank_card"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Masked:
    """A text as it may be stored, and what was masked in it: each number's digits (never to be stored) and its kind."""
    text: str
    numbers: tuple[tuple[str, Kind], ...] = ()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(kind for _, kind in self.numbers)


@dataclass(frozen=True, slots=True)
class _Found:
    """A number, where it ends, and the places of the digits that are not kept."""
    kind: Kind
    digits: str
    end: int
    hidden: tuple[int, ...]


_LONGEST, _LOOKED = 90, 50                             # characters of a number at most; looked at before it at most
_FEWEST = 10                                           # digits of the shortest number: an area's code and a line of seven
_MOST_GROUPS = 6                                       # of a card written in groups
_PLAIN = {
    **dict.fromkeys("‐‑‒–—―−﹣－ー", "-"), **dict.fromkeys("•‧∙⋅・･", "·"), **dict.fromkeys("\u2028\u2029", "\n"),
    "＋": "+", "（": "(", "）": ")", "．": ".", "，": ",", "／": "/", "Ｘ": "X", "ｘ": "x", "％": "%", "＿": "_"}
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")     # besides marks and format characters: fillers that are letters
_UNSEEN_KINDS = frozenset(("Cf", "Mn", "Me"))
_CROSSES = "ХхΧχⅩⅹ×"                                   # taken for the X at the end of an identity card
_DIGITS = frozenset("0123456789Xx" + _CROSSES)
_AS_X = str.maketrans(dict.fromkeys(_CROSSES, "X"))

_GROUP = re.compile(r"[0-9]+")
_DAY = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_APART = r"(?: - |\)\(|[ .·/_\t-]{1,2})"               # between digits, or groups of them; a comma or a new line: see _LOOSE
_SEP = r"(?: - |(?:[ .·/_()\t-]|[,\n](?! )){1,2})"
_IDENTITY = re.compile(rf"[1-9](?:{_SEP}?[0-9]){{16}}{_SEP}?[0-9Xx{_CROSSES}](?![0-9A-Za-z_])")
_OLD_IDENTITY = re.compile(rf"[1-9](?:[0-9]{{5}}{_APART}?[0-9]{{6}}{_APART}?[0-9]{{3}}"
                           rf"|(?P<sep>{_APART})[0-9](?:(?P=sep)[0-9]){{13}})(?![0-9A-Za-z_])")
_ABROAD = r"(?:(?:00)?86\)?[ -]{0,2})?"
_MOBILE = re.compile(_ABROAD + r"\(?0?(?P<number>1[3-9][0-9](?:[0-9]{8}|[ .-][0-9]{8}|[0-9]{4}[ .-][0-9]{4}"
                               r"|[ .-][0-9]{4}[ .-][0-9]{4}|[ .-][0-9]{3}[ .-][0-9]{5}|[0-9][ .-][0-9]{3}[ .-][0-9]{4}))(?![0-9])")
_LOOSE = re.compile(
    rf"{_ABROAD}\(?0?(?P<number>1[3-9][0-9](?:{_SEP}(?!{_DAY})[0-9]{{8}}|[0-9]{{4}}{_SEP}[0-9]{{4}}"
    rf"|(?![/_,]20[23][0-9][/_,]){_SEP}[0-9]{{4}}{_SEP}[0-9]{{4}}|{_SEP}[0-9]{{3}}{_SEP}[0-9]{{5}}"
    rf"|[0-9]{_SEP}[0-9]{{3}}{_SEP}[0-9]{{4}}|[0-9] {{1,2}}[0-9]{{4}} {{1,2}}[0-9]{{3}}"
    r"|(?P<a>[-·_])(?:[0-9]{2}(?:(?P=a)[0-9]{2}){3}|[0-9]{3}(?P=a)[0-9]{3}(?P=a)[0-9]{2}|[0-9]{5}(?P=a)[0-9]{3}))"
    r"|1[3-9](?P<b>[-·_])[0-9]{3}(?P=b)[0-9]{3}(?P=b)[0-9]{3})(?![0-9])")
_SPELT = re.compile(rf"{_ABROAD}\(?(?P<number>1(?P<sep>{_APART})[3-9](?:(?P=sep)[0-9]){{9}})(?!(?P=sep)?[0-9])")
_SPELT_CARD = re.compile(rf"[3-6](?P<sep>{_APART})[0-9](?:(?P=sep)[0-9]){{13,17}}(?!(?P=sep)?[0-9])")
_LISTED = re.compile(r"[,/\n\t]")                      # between the numbers of a list, too
_AREA = r"(?:10|2[0-9]|[3-9][0-9]{2})"
_LANDLINE = re.compile(rf"(?:{_ABROAD}\(?0{_AREA}|(?:00)?86\)?[ -]?{_AREA})\)?[ .·/_-]{{0,2}}"
                       r"(?P<number>[2-8][0-9]{2,3}[ .·_-]{0,2}[0-9]{4})(?![0-9A-Za-z_])")
_BETWEEN = re.compile(r" - |[ .·/_-]{1,2}")            # groups of a bank card
_ISSUER = re.compile(r"4|5[1-5]|62|3[457]")
_DATED = re.compile(_DAY)                              # a day first: a serial number
_AMOUNT = re.compile(r" ?(?:[%元‰]|\.[0-9])")
_WORD_BEFORE = re.compile(r"([0-9A-Za-z]*)([-_]?)$")
_WORD_AFTER = re.compile(r"[-_]?[0-9A-Za-z_]*")
_LABELS = frozenset((
    "tel", "telephone", "phone", "mobile", "mob", "cell", "fax", "call", "dial", "no", "num", "number", "sms", "contact", "id",
    "idcard", "idno", "card", "cardno", "bank", "account", "acct", "acc", "wechat", "weixin", "wx", "whatsapp", "qq"))
_HEX = frozenset("abcdef")
_AREAS = frozenset(map(str, (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66),
                             71, 81, 82, 83, 91)))     # the first two digits of an identity card: where it was issued


def mask(text: str) -> Masked:
    """The text with its personal numbers masked. To mask the result again changes nothing: what was masked may part a row of
    digits, so that another number stands by itself; only what is near to it is looked at again."""
    numbers: list[tuple[str, Kind]] = []
    near: tuple[int, ...] | None = None
    while found := tuple(_numbers(text, near)):
        near = tuple(place for number in found for place in (number.hidden[0], number.hidden[-1]))
        letters = list(text)
        for number in found:
            for place in number.hidden:
                letters[place] = "*"
        text = "".join(letters)
        numbers += [(number.digits, number.kind) for number in found]
    return Masked(text, tuple(numbers))


def _numbers(text: str, near: Sequence[int] | None) -> Iterator[_Found]:
    """Those of a text from left to right, all or those near to some places; none overlaps another. What cannot be seen joins
    what stands beside it; only if nothing is found so, it parts it: then the whole is looked at."""
    if text.isascii():
        yield from _read(text, range(len(text)), near)
        return
    plain = [_plain(letter) for letter in text]
    places = [i for i, letter in enumerate(plain) if letter]
    found = list(_read("".join(plain), places, near))
    if not found and len(places) < len(plain):
        found = list(_read("".join(letter or " " for letter in plain), range(len(plain)), None))
    yield from found


def _groups(plain: str, places: Sequence[int], near: Sequence[int] | None) -> Iterator[re.Match[str]]:
    """The groups of digits at which a number may begin: before a place as far as a number is long, after it as far as the words
    before a number are looked at."""
    if near is None:
        if sum(len(g) for g in _GROUP.findall(plain)) >= _FEWEST:
            yield from _GROUP.finditer(plain)
        return
    last = -1
    for place in near:
        here = bisect_left(places, place)
        at = max(here - _LONGEST, 0)
        while at and (plain[at - 1].isalnum() or plain[at - 1] in "_-"):
            at -= 1
        for group in _GROUP.finditer(plain, max(at, last)):
            if group.start() > here + _LOOKED:
                break
            last = group.end()
            yield group


def _read(plain: str, places: Sequence[int], near: Sequence[int] | None) -> Iterator[_Found]:
    """Those of a plain reading; `places` has where each of its characters stands in the text."""
    end = 0
    for group in _groups(plain, places, near):
        if group.start() < end:
            continue
        judged = (judge(plain, group.start(), end) for judge in (_identity, _bank_card, _old_identity, _phone))
        found = next(filter(None, judged), None)
        if found is not None:
            end = found.end
            yield replace(found, hidden=tuple(places[i] for i in found.hidden))


@lru_cache(maxsize=8192)
def _plain(letter: str) -> str:
    """One character for one: digits of any script and form, dashes and blanks as ASCII has them; none for what is not seen."""
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    kind = unicodedata.category(letter)
    if kind in _UNSEEN_KINDS or letter in _UNSEEN:
        return ""
    return " " if kind == "Zs" else _PLAIN.get(letter, letter)


def _found(kind: Kind, plain: str, start: int, end: int, keep: tuple[int, int]) -> _Found:
    places = [i for i in range(start, end) if plain[i] in _DIGITS]
    return _Found(kind, _bare(plain[start:end]), end, tuple(places[keep[0]:-keep[1]]))


def _bare(written: str) -> str:
    return re.sub(r"[^0-9X]", "", written.translate(_AS_X).upper())


def _identity(plain: str, at: int, last: int) -> _Found | None:
    found = _IDENTITY.match(plain, at)
    if found is None or not _free(plain, at, last, strict=True):
        return None
    number = _bare(found[0])
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return None
    if number[:2] not in _AREAS or ric.calc_check_digit(number) != number[-1]:
        return None
    return _found(Kind.IDENTITY_CARD, plain, at, found.end(), (3, 4))


def _old_identity(plain: str, at: int, last: int) -> _Found | None:
    """Of 15 digits, as issued until 1999. They have no check digit: the county must be one, and the day of birth a day."""
    found = _OLD_IDENTITY.match(plain, at)
    if found is None or not _free(plain, at, last, strict=True):
        return None
    number = _bare(found[0])
    try:
        ric.get_birth_date(f"{number[:6]}19{number[6:]}0")
    except ValidationError:
        return None
    if not any(facts for _, facts in numdb.get("cn/loc").info(number[:6])[1:]):
        return None
    return _found(Kind.IDENTITY_CARD, plain, at, found.end(), (3, 4))


def _bank_card(plain: str, at: int, last: int) -> _Found | None:
    """15 to 19 digits at one stretch, or in groups of four and more. 15 digits have American Express only: of this length are
    the numbers of telephones too, with the same check digit. 89 begins the numbers of SIM cards."""
    for end in reversed(_ends(plain, at)):
        if _is_card(plain[at:end]) and _free(plain, at, last, strict=True) and not _runs_on(plain, end):
            return _found(Kind.BANK_CARD, plain, at, end, (4, 4))
    return None


def _is_card(written: str) -> bool:
    number, between = _bare(written), re.findall(r"[^0-9]+", written)
    if not 15 <= len(number) <= 19 or number[0] == "0" or number[:2] == "89" or _DATED.match(number):
        return False
    if len(number) == 15 and number[:2] not in ("34", "37"):
        return False
    if between and number[0] not in "34569":
        return False
    if (len(between) > _MOST_GROUPS or not set(between) <= {" ", "-"}) and not _ISSUER.match(number):
        return False
    if len(between) == len(number) - 1 and number[:2] != "62" and not between[0].strip():
        return False                                   # each digit apart by blanks: a row of marks
    return bool(luhn.is_valid(number))


def _ends(plain: str, at: int) -> Sequence[int]:
    """Where a card that begins here may end: after each group, the groups before it having four digits or more; or after the
    last digit, if each stands apart."""
    ends: list[int] = []
    if spelt := _SPELT_CARD.match(plain, at):
        return [spelt.end()]
    while len(ends) < _MOST_GROUPS and (group := _GROUP.match(plain, at)):
        ends.append(group.end())
        between = _BETWEEN.match(plain, group.end())
        if len(group[0]) < 4 or between is None:
            break
        at = between.end()
    return ends


def _phone(plain: str, at: int, last: int) -> _Found | None:
    for pattern, strict in ((_MOBILE, False), (_LOOSE, False), (_SPELT, False), (_LANDLINE, True)):
        found = pattern.match(plain, at)
        if found and _free(plain, at, last, strict=strict) and not _runs_on(plain, found.end()) and not _in_list(plain, found):
            return _found(Kind.PHONE, plain, *found.span("number"), (0, 4) if pattern is _LANDLINE else (3, 4))
    return None


def _in_list(plain: str, found: re.Match[str]) -> bool:
    """Whether the groups of a number are rather some of a longer row of numbers."""
    start, end = found.span("number")
    before, after = plain[max(0, start - 8):start], plain[end:end + 2]
    if found.re is _SPELT:
        sep = found["sep"]
        return re.search(rf"[0-9]{re.escape(sep)}$", before) is not None and not before.endswith(f"8{sep}6{sep}") \
            and start == found.start()
    return found.re is _LOOSE and _LISTED.search(found["number"]) is not None \
        and (re.search(r"[0-9][,/\n\t]$", before) is not None or re.match(r"[,/\n\t][0-9]", after) is not None)


def _free(plain: str, at: int, last: int, *, strict: bool) -> bool:
    """Whether a number begins here by itself, and not in the midst of a code. Words such as "tel" may stand before it; before
    a mobile number any that is not of hexadecimal digits only, unless `strict`. `last` is where the number before it ends."""
    if plain[max(0, at - 2):at] == "0.":
        return False                                   # what follows is a fraction
    before = plain[max(0, at - 40):at]
    found = _WORD_BEFORE.search(before)
    word = found[1].lower() if found else ""
    if not word:
        return True
    if word.isdigit():                                 # the end of a masked number, or a part of a code
        return at - 1 == last or before[:-len(word) - 1].endswith("*")
    if any(c.isdigit() for c in word):
        return False
    return word in _LABELS or (not strict and not set(word) <= _HEX and len(word) > 1)


def _runs_on(plain: str, at: int) -> bool:
    """Whether what ends here goes on as a code does, or is an amount."""
    if _AMOUNT.match(plain, at):
        return True
    found = _WORD_AFTER.match(plain, at)
    rest = found[0] if found else ""
    if not rest or rest[0] == "-":
        return False
    return rest[0] in "_0123456789" or any(c.isdigit() for c in rest) or set(rest.lower()) <= _HEX
