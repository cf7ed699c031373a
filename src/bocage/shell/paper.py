"""A sheet of paper in the town's look: A4, Inter, page numbers; fonts are made from the shell's web fonts once."""

import io
import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout

INK = (22, 37, 30)
MUTED = (86, 101, 93)
PINE = (31, 77, 58)
LINE = (222, 217, 204)
MARGIN_MM = 20
WEIGHTS = {"": 400, "B": 640}
SUBSETS = ("latin", "latin-ext")


@cache
def _font(subset: str, weight: int) -> Path:
    """A TrueType file of one weight, kept in the installation's folder; written beside and renamed."""
    folder = Path(settings.HOME) / "fonts"
    target = folder / f"inter-{subset}-{weight}.ttf"
    if target.exists():
        return target
    source = finders.find(f"vendor/fonts/inter-{subset}-wght-normal.woff2")
    if source is None:
        raise FileNotFoundError(f"the shell's font inter-{subset} is missing: run the vendor step of ui/")
    folder.mkdir(parents=True, exist_ok=True)
    made = instancer.instantiateVariableFont(TTFont(source), {"wght": weight})
    made.flavor = None
    data = io.BytesIO()
    made.save(data)
    handle, part = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(data.getvalue())
    Path(part).replace(target)
    return target


class Paper(FPDF):
    """An A4 document; `title` goes into its metadata, for screen readers and file lists."""

    def __init__(self, title: str, footer_text: str) -> None:
        super().__init__(format="A4", unit="mm")
        self.footer_text = footer_text
        for style, weight in WEIGHTS.items():
            self.add_font("Inter", style, _font("latin", weight))
            self.add_font("InterMore", style, _font("latin-ext", weight))
        self.set_fallback_fonts(["InterMore"], exact_match=False)
        self.set_title(title)
        self.set_lang(get_language() or "en")
        self.set_creator("Bocage")
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, margin=MARGIN_MM + 5)
        self.add_page()

    def footer(self) -> None:
        self.set_y(-MARGIN_MM + 4)
        self.write_text(self.footer_text, size=7.5, colour=MUTED, end="left")
        page = _("Page %(number)d of %(count)s") % {"number": self.page_no(), "count": "{nb}"}
        self.set_y(-MARGIN_MM + 4)
        self.write_text(page, size=7.5, colour=MUTED, end="right")

    def write_text(
        self,
        text: str,
        *,
        size: float = 10,
        bold: bool = False,
        colour: tuple[int, int, int] = INK,
        end: str = "left",
        gap_mm: float = 0,
    ) -> None:
        """A paragraph over the whole width; `end` aligns it left, right or centre."""
        self.set_font("Inter", "B" if bold else "", size)
        self.set_text_color(*colour)
        align = {"left": "L", "right": "R", "centre": "C"}[end]
        self.multi_cell(0, size * 0.5, printable(text), align=align, new_x="LMARGIN", new_y="NEXT")
        if gap_mm:
            self.ln(gap_mm)

    def write_brand(self, town: str) -> None:
        """The mark of the installation at the head of the sheet."""
        self.write_text("Bocage", size=15, bold=True, colour=PINE)
        self.write_text(town, size=9, colour=MUTED, gap_mm=8)

    def write_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Two columns: what it is, and what it says."""
        self.set_draw_color(*LINE)
        self.set_font("Inter", "", 9.5)
        self.set_text_color(*INK)
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            first_row_as_headings=False,
            col_widths=(38, 62),
            text_align=("LEFT", "RIGHT"),
            line_height=5,
            padding=1.6,
        ) as table:
            for name, value in facts:
                row = table.row()
                row.cell(printable(name), style=FontFace(color=MUTED))
                row.cell(printable(value))

    def write_table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], right: int
    ) -> None:
        """A table whose head is repeated on each page; the last `right` columns are figures, aligned right."""
        self.set_draw_color(*LINE)
        self.set_font("Inter", "", 8.5)
        self.set_text_color(*INK)
        aligns = ["LEFT"] * (len(head) - right) + ["RIGHT"] * right
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD", color=MUTED),
            col_widths=tuple(widths),
            text_align=tuple(aligns),
            line_height=4.6,
            padding=1.2,
        ) as table:
            for cells in (head, *rows):
                row = table.row()
                for cell in cells:
                    row.cell(printable(cell))

    def as_bytes(self) -> bytes:
        """The finished file."""
        return bytes(self.output())


def printable(text: str) -> str:
    """`text` with the characters that these fonts lack shown as a box, so that none vanishes unseen."""
    known = _characters()
    return "".join(
        each if ord(each) in known or each == "\n" else "\u25a1" if 0x25A1 in known else "?" for each in text
    )


@cache
def _characters() -> frozenset[int]:
    found: set[int] = set()
    for subset in SUBSETS:
        found |= set(TTFont(_font(subset, WEIGHTS[""])).getBestCmap())
    return frozenset(found)
