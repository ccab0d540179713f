"""A document for Word: headings, paragraphs, tables, bar charts. The same content gives the same bytes, whenever it is written.

Charts are Word's own, with their figures in a small workbook inside, so that they can be edited like any other. Fonts are named,
not embedded: a program without them takes its own."""
from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:                                      # takes long to load, and few processes ever write a document
    from docx.document import Document
    from docx.styles.style import CharacterStyle

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EMU, _TWIPS = 360_000, 567                            # a centimetre
_WIDTH, _BAR, _FRAME, _TALLEST = 16.6, 0.55, 1.2, 23.0  # centimetres
_BODY, _HEAD = ("Calibri", "宋体"), ("Calibri", "微软雅黑")
_BLUE, _SHADE = "2F5D9B", "E8EDF4"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STILL = (1980, 1, 1, 0, 0, 0)
Cell = str | int


class Paper:
    """One document in A4. `language` is "zh" or "en", `at` the moment it tells of, which its properties show."""

    def __init__(self, title: str, *, language: str, author: str, at: datetime) -> None:
        import docx
        from docx.shared import Cm

        self._document: Document = docx.Document()
        self._charts = 0
        section = self._document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.2)
        section.top_margin = section.bottom_margin = Cm(2.2)
        self._speak(language)
        known = self._document.core_properties
        known.title, known.author, known.last_modified_by, known.comments = title, author, author, ""
        known.language = {"zh": "zh-CN"}.get(language, "en-US")
        known.created = known.modified = at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        known.revision = 1
        self._numbered()

    def _speak(self, language: str) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Pt, RGBColor

        for name, (latin, asian), size in (("Normal", _BODY, 10.5), ("Title", _HEAD, 20), ("Heading 1", _HEAD, 14),
                                           ("Heading 2", _HEAD, 11.5), ("Caption", _BODY, 9)):
            style: CharacterStyle = self._document.styles[name]
            style.font.size = Pt(size)
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{theme}"), None)
            for script, font in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", asian)):
                fonts.set(qn(f"w:{script}"), font)
            if name != "Normal":
                style.font.color.rgb = RGBColor.from_string("1F2A3C")
        spoken = {"zh": "zh-CN"}.get(language, "en-US")
        for found in self._document.styles.element.iter(qn("w:lang")):
            found.set(qn("w:val"), spoken)
            found.set(qn("w:eastAsia"), "zh-CN")

    def _numbered(self) -> None:
        """Page of pages, at the foot."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        foot = self._document.sections[0].footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for n, code in enumerate(("PAGE", "NUMPAGES")):
            if n:
                foot.add_run(" / ")
            field = OxmlElement("w:fldSimple")
            field.set(qn("w:instr"), code)
            run = OxmlElement("w:r")
            text = OxmlElement("w:t")
            text.text = "1"
            run.append(text)
            field.append(run)
            foot._p.append(field)

    def head(self, text: str) -> None:
        """At the top of each page."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        above = self._document.sections[0].header.paragraphs[0]
        above.text, above.alignment = text, WD_ALIGN_PARAGRAPH.RIGHT

    def heading(self, text: str, level: int = 1) -> None:
        """Level 0 is the title."""
        self._document.add_heading(text, level)

    def text(self, words: str) -> None:
        """Each line a paragraph."""
        for line in words.split("\n"):
            if line.strip():
                self._document.add_paragraph(line)

    def note(self, words: str) -> None:
        self._document.add_paragraph(words, style="Caption")

    def table(self, caption: str, heads: Sequence[str], rows: Iterable[tuple[Sequence[Cell], bool]],
              numbers: frozenset[int] = frozenset()) -> None:
        """Its head is repeated on each page. Rows are (cells, whether it sums up); `numbers` are columns of figures."""
        from docx.oxml import parse_xml

        rows = list(rows)
        widths = _widths([heads, *(cells for cells, _ in rows)])
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        body = "".join(_row(cells, widths, numbers, strong=strong) for cells, strong in rows)
        self._document.add_paragraph()._p.addprevious(parse_xml(
            f'<w:tbl xmlns:w="{_WORDS}"><w:tblPr><w:tblStyle w:val="{self._document.styles["Table Grid"].style_id}"/>'
            '<w:tblW w:type="auto" w:w="0"/><w:tblLayout w:type="fixed"/>'
            '<w:tblLook w:firstColumn="1" w:firstRow="1" w:lastColumn="0" w:lastRow="0" w:noHBand="0" w:noVBand="1" w:val="04A0"/>'
            f'<w:tblCaption w:val={quoteattr(caption)}/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
            f'{_row(heads, widths, numbers, strong=True, head=True)}{body}</w:tbl>'))

    def bars(self, title: str, rows: Sequence[tuple[str, int]], unit: str = "", most: int | None = None) -> None:
        """A bar chart, the first row on top; `most` is the end of its axis."""
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part
        from docx.oxml import parse_xml

        self._charts += 1
        whole, n = self._document.part.package, self._charts
        assert whole is not None
        book = Part(PackURI(f"/word/embeddings/Microsoft_Excel_Sheet{n}.xlsx"), _SHEET, _workbook(title, rows), whole)
        chart = Part(PackURI(f"/word/charts/chart{n}.xml"), _CHART, b"", whole)
        chart._blob = _chart(rows, unit, most, chart.relate_to(book, f"{_OFFICE}/package")).encode()
        key = self._document.part.relate_to(chart, f"{_OFFICE}/chart")
        tall = min(_FRAME + _BAR * len(rows), _TALLEST)
        self._document.add_paragraph(title, style="Caption").paragraph_format.keep_with_next = True
        told = "; ".join(f"{label} {figure}{unit}" for label, figure in rows)
        run = self._document.add_paragraph().add_run()
        run._r.append(parse_xml(
            f'<w:drawing xmlns:w="{_WORDS}" xmlns:r="{_OFFICE}"'
            f' xmlns:a="{_DRAWING}/main" xmlns:wp="{_DRAWING}/wordprocessingDrawing">'
            '<wp:inline distT="0" distB="0" distL="0" distR="0">'
            f'<wp:extent cx="{round(_WIDTH * _EMU)}" cy="{round(tall * _EMU)}"/><wp:docPr id="{n}" name="Chart {n}" '
            f'title={quoteattr(title)} descr={quoteattr(told)}/><wp:cNvGraphicFramePr/><a:graphic>'
            f'<a:graphicData uri="{_DRAWING}/chart">'
            f'<c:chart xmlns:c="{_DRAWING}/chart" r:id="{key}"/></a:graphicData></a:graphic></wp:inline></w:drawing>'))

    def bytes(self) -> bytes:
        """The file. What a zip notes of the moment of writing is left out."""
        made, still = BytesIO(), BytesIO()
        self._document.save(made)
        with zipfile.ZipFile(made) as source, zipfile.ZipFile(still, "w", zipfile.ZIP_DEFLATED) as target:
            for entry in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
                kept = zipfile.ZipInfo(entry, _STILL)
                kept.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(kept, source.read(entry))
        return still.getvalue()


def _row(cells: Sequence[Cell], widths: Sequence[int], numbers: frozenset[int], *, strong: bool, head: bool = False) -> str:
    """Written as Word's own XML: cell by cell with the library a table of all units takes a second. What sums up is shaded."""
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{_SHADE}"/>' if strong else ""
    bold = "<w:b/>" if strong else ""
    written = []
    for n, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        aligned = '<w:jc w:val="right"/>' if n in numbers else ""
        lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in str(cell).split("\n"))
        written.append(
            f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/>{shade}</w:tcPr>'
            f'<w:p><w:pPr><w:spacing w:after="0"/>{aligned}</w:pPr>'
            f'<w:r><w:rPr>{bold}<w:sz w:val="17"/></w:rPr>{lines}</w:r></w:p></w:tc>')
    return f'<w:tr><w:trPr><w:cantSplit/>{"<w:tblHeader/>" if head else ""}</w:trPr>{"".join(written)}</w:tr>'


def _widths(rows: Sequence[Sequence[Cell]]) -> list[int]:
    """Of the columns in twentieths of a point, by what stands in them: a wide sign counts twice, the longest line at most as
    much as 36 narrow ones."""
    def wide(cell: Cell) -> int:
        return max(sum(2 if ord(c) > 0x2E7F else 1 for c in line) for line in str(cell).split("\n"))
    needs = [min(max(max(map(wide, column)) + 2, 7), 36) for column in zip(*rows, strict=True)]
    return [round(_WIDTH * _TWIPS * need / sum(needs)) for need in needs]


def _workbook(title: str, rows: Sequence[tuple[str, int]]) -> bytes:
    """The figures behind a chart, which Word opens to edit them."""
    import xlsxwriter

    made = BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": datetime(*_STILL)})
    sheet = book.add_worksheet("Sheet1")
    sheet.write_string(0, 1, title)
    for n, (label, figure) in enumerate(rows, 1):
        sheet.write_string(n, 0, label)
        sheet.write_number(n, 1, figure)
    book.close()
    return made.getvalue()


def _chart(rows: Sequence[tuple[str, int]], unit: str, most: int | None, book: str) -> str:
    """One series of bars, with its figures at their ends."""
    labels = "".join(f'<c:pt idx="{n}"><c:v>{escape(label)}</c:v></c:pt>' for n, (label, _) in enumerate(rows))
    figures = "".join(f'<c:pt idx="{n}"><c:v>{figure}</c:v></c:pt>' for n, (_, figure) in enumerate(rows))
    count, last = f'<c:ptCount val="{len(rows)}"/>', len(rows) + 1
    shown = escape(f'0"{unit}"' if unit else "0", {'"': "&quot;"})
    limit = f'<c:max val="{most}"/>' if most is not None else ""
    small = ('<c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr sz="800"><a:latin typeface="Calibri"/><a:ea typeface="宋体"/></a:defRPr>'
             '</a:pPr><a:endParaRPr lang="zh-CN"/></a:p></c:txPr>')
    thin = '<c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="C7CEDA"/></a:solidFill></a:ln></c:spPr>'
    axis = '<c:majorTickMark val="none"/><c:minorTickMark val="none"/>'
    nothing = "".join(f'<c:show{name} val="0"/>' for name in ("CatName", "SerName", "Percent", "BubbleSize"))
    bars = (
        f'<c:ser><c:idx val="0"/><c:order val="0"/><c:spPr><a:solidFill><a:srgbClr val="{_BLUE}"/></a:solidFill></c:spPr>'
        f'<c:invertIfNegative val="0"/><c:dLbls><c:numFmt formatCode="{shown}" sourceLinked="0"/>'
        f'<c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>{small}<c:dLblPos val="outEnd"/>'
        f'<c:showLegendKey val="0"/><c:showVal val="1"/>{nothing}</c:dLbls>'
        f'<c:cat><c:strRef><c:f>Sheet1!$A$2:$A${last}</c:f><c:strCache>{count}{labels}</c:strCache></c:strRef></c:cat>'
        f'<c:val><c:numRef><c:f>Sheet1!$B$2:$B${last}</c:f>'
        f'<c:numCache><c:formatCode>General</c:formatCode>{count}{figures}</c:numCache></c:numRef></c:val></c:ser>')
    labelled = (
        '<c:catAx><c:axId val="111"/><c:scaling><c:orientation val="maxMin"/></c:scaling><c:delete val="0"/><c:axPos val="l"/>'
        f'<c:numFmt formatCode="General" sourceLinked="0"/>{axis}<c:tickLblPos val="nextTo"/>{thin}{small}'
        '<c:crossAx val="222"/><c:crosses val="autoZero"/><c:auto val="1"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/>'
        '<c:tickLblSkip val="1"/><c:noMultiLvlLbl val="0"/></c:catAx>')
    measured = (
        f'<c:valAx><c:axId val="222"/><c:scaling><c:orientation val="minMax"/>{limit}<c:min val="0"/></c:scaling>'
        f'<c:delete val="0"/><c:axPos val="t"/><c:majorGridlines>{thin}</c:majorGridlines>'
        f'<c:numFmt formatCode="{shown}" sourceLinked="0"/>{axis}<c:tickLblPos val="high"/>{thin}{small}'
        '<c:crossAx val="111"/><c:crosses val="autoZero"/><c:crossBetween val="between"/></c:valAx>')
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<c:chartSpace xmlns:c="{_DRAWING}/chart" xmlns:a="{_DRAWING}/main" xmlns:r="{_OFFICE}"><c:roundedCorners val="0"/>'
        '<c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>'
        f'<c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>{bars}<c:gapWidth val="60"/>'
        f'<c:axId val="111"/><c:axId val="222"/></c:barChart>{labelled}{measured}</c:plotArea><c:plotVisOnly val="1"/>'
        f'<c:dispBlanksAs val="gap"/></c:chart><c:externalData r:id="{book}"><c:autoUpdate val="0"/></c:externalData>'
        '</c:chartSpace>')
