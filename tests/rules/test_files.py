"""Which files are taken: by what is in them."""
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.attachments.rules import LONGEST_NAME, MOST_BYTES, TYPES, media_type, name_of
from portal.office import MIB, Unfit
from tests.factories.files import GIF, JPEG, PDF, docx, ole, png, pptx, xlsx

GOOD = {
    "报告.pdf": PDF, "a.docx": docx(), "a.xlsx": xlsx(), "a.pptx": pptx(), "a.doc": ole("WordDocument"), "a.xls": ole("Workbook"),
    "a.txt": "整改说明\r\n第二行".encode(), "gbk.txt": "整改说明".encode("gb18030"), "bom.csv": b"\xef\xbb\xbfa,b\n1,2",
    "scan.pdf": PDF.replace(b"%%EOF", b"stream\n\x9c/JS \x80\x00/JS(\nendstream\n%%EOF"),  # any three letters in a picture
    "a.png": png(), "a.JPG": JPEG, "a.jpeg": JPEG + b"what a camera adds", "a.gif": GIF}
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
BAD = [
    ("report.pdf", b"MZ\x90\x00" + bytes(200), "program"), ("report.docx", b"\x7fELF" + bytes(200), "program"),
    ("a.txt", b"#!/bin/sh\nrm -rf /", "program"), ("setup.exe", b"MZ" + bytes(100), "program"),
    ("a.gif", HTML, "not what its name"), ("a.gif", b"GIF89a" + HTML, "scripts or HTML"),
    ("a.gif", GIF + HTML, "scripts or HTML"), ("a.gif", b"GIF89a/*" + b"x" * 60 + b"*/=1;alert(1)", "damaged"),
    ("a.gif", GIF[:-1], "damaged"), ("a.gif", GIF + b"MZ", "damaged"), ("a.gif", GIF[:13] + b"\x00" * 6 + b";", "damaged"),
    ("a.png", png() + b"PK\x03\x04" + bytes(30), "damaged"), ("a.png", GIF, "not what its name"),
    ("a.png", png()[:-5], "damaged"), ("a.jpg", b"\xff\xd8\xff\xe0" + HTML, "scripts or HTML"),
    ("a.jpg", png(), "not what its name"), ("a.pdf", b"%PDF-1.7 no end", "not what its name"),
    ("a.pdf", PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript>>"), "scripts"),
    ("a.pdf", PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/J#61va#53cript>>"), "scripts"),
    ("a.pdf", PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/Rendition/JS(app.alert\\(1\\))>>"), "scripts"),
    ("a.pdf", HTML, "not what its name"), ("a.txt", HTML, "scripts or HTML"),
    ("a.csv", b"  <svg onload=alert(1)>", "scripts or HTML"), ("a.txt", b"<?php system(1);", "scripts or HTML"),
    ("a.txt", bytes(range(256)), "neither"), ("a.txt", b"a\x00b", "not what its name"), ("a.txt", b"\xff\xff\xff", "neither"),
    ("a.svg", b"<svg/>", "not taken"), ("a.html", HTML, "not taken"), ("a.zip", b"PK\x03\x04", "not taken"),
    ("a.docm", docx(), "not taken"), ("none", PDF, "not taken"), ("a.docx", xlsx(), "not what its name"),
    ("a.xlsx", docx(), "not what its name"), ("a.docx", docx(word__vbaProject=b"", **{"word/vbaProject.bin": b"x"}), "macros"),
    ("a.docx", docx(word__document=b"x")[4:], "not what"),
    ("a.docx", docx(**{"word/document.xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>'}), "entities"),
    ("a.docx", docx(word__media=bytes(40 * MIB)), "grow"), ("a.docx", ole("EncryptedPackage"), "not what its name"),
    ("a.doc", ole("WordDocument", "_VBA_PROJECT"), "macros"), ("a.doc", ole("Workbook"), "not what its name"),
    ("a.xls", ole("Workbook", "EncryptedPackage"), "password"), ("a.pdf", b"", "empty"),
    ("a.txt", b"a" * (MOST_BYTES + 1), "20 MB"),
]


TYPE = b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
DECLARED = b'<?xml version="1.0" encoding="UTF-8"?>'


def _commented(long: int, rest: bytes) -> bytes:
    return DECLARED + b"\n<!--" + b" <a> " * (long // 5) + b"-->\n<?x y?>" + rest


@pytest.mark.parametrize(("part", "words"), [
    (_commented(5_000, TYPE), "entities"), (_commented(100_000, TYPE), "damaged"), (_commented(100_000, b"<x/>"), "damaged"),
    (b"\xef\xbb\xbf" + _commented(5_000, TYPE), "entities"), (b"<!---->" * 2_000 + TYPE, "entities"),
    (_commented(5_000, TYPE).decode().replace("UTF-8", "UTF-16").encode("utf-16"), "entities"),
    (("<!--\u2d2d>" + "-->" + TYPE.decode()).encode("utf-16"), "entities"), (TYPE.decode().encode("utf-16-be"), "entities"),
    (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x>', "damaged"),
    (b'<?xml version="1.0" encoding="ISO-2022-JP"?><!--\x1b$B-->\x1b(B--><x/>', "damaged"),
    (TYPE.lower(), "damaged"), (b"x", "damaged")])
def test_a_document_type_is_found_behind_what_hides_it(part: bytes, words: str) -> None:
    with pytest.raises(Unfit, match=words):
        media_type("a.docx", docx(**{"word/document.xml": part}))


@pytest.mark.parametrize("part", [
    _commented(60_000, b"<x/>"), b"<x>" + TYPE + b"</x>", b"\xef\xbb\xbf<x/>",
    "<?xml version='1.0' encoding='utf-16'?><甲/>".encode("utf-16"),
    b'<?xml version="1.0" standalone="yes"?>\r\n<w:x/>', "<x/>".encode("utf-16-le")])
def test_what_stands_before_the_first_element_may_be_long(part: bytes) -> None:
    assert media_type("a.docx", docx(**{"word/document.xml": part})) == TYPES["docx"]


@pytest.mark.parametrize("name", GOOD)
def test_taken(name: str) -> None:
    assert media_type(name, GOOD[name]) == TYPES[name.rpartition(".")[2].lower()]


@pytest.mark.parametrize(("name", "content", "why"), BAD)
def test_refused(name: str, content: bytes, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        media_type(name, content)


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_nothing_breaks_the_judge(name: str, data: st.DataObject) -> None:
    content = bytearray(GOOD[name])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Unfit):
        assert media_type(name, bytes(content[:data.draw(st.integers(0, len(content)))])) in TYPES.values()


@pytest.mark.parametrize(("given_name", "kept"), [
    ("../../etc/passwd", "passwd"), ("C:\\Users\\a\\整改 报告.pdf", "整改 报告.pdf"), ("a\x00b\r\n.pdf", "ab.pdf"), ("", "file"),
    ("\u202efdp.exe", "fdp.exe"), ("..", "file"), (".htaccess", "htaccess"), ("con.txt", "_con.txt"), (None, "file"),
    ('a<b>:"c|?*.txt', "a_b___c___.txt"), ("  many   spaces .pdf ", "many spaces.pdf"), ("x" * 300 + ".docx", "x" * 115 + ".docx"),
    ("e\u0301.pdf", "\u00e9.pdf"), ("\u200b\ufeff零宽.txt", "零宽.txt")])
def test_a_name_is_a_name_everywhere(given_name: str | None, kept: str) -> None:
    assert name_of(given_name) == kept


@given(st.text(max_size=300))
def test_any_name_becomes_one(given_name: str) -> None:
    kept = name_of(given_name)
    assert 1 <= len(kept) <= LONGEST_NAME and not set(kept) & set('/\\<>:"|?*\x00\n') and kept not in (".", "..")
    assert name_of(kept) == kept
