"""The label of a parcel: from whom, to whom, the code to scan; on an A4 sheet to fold, or for a label printer (ZPL)."""

import re

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.services.parcel.documents.barcodes import gs1_bars, s10_bars, squares
from bocage.services.parcel.types import Address, Shipment
from bocage.services.parcel.words import speed_title
from bocage.shell.paper import INK, MUTED, Paper

LEFT_MM = 20.0
WIDTH_MM = 170.0
QR_MM = 42.0
BAR_MM = 0.495
BAR_HEIGHT_MM = 26.0
DOTS_A_MM = 8
_NOT_ZPL = re.compile(r"[\^~\x00-\x1f\x7f]")


def label_pdf(found: Shipment) -> bytes:
    """The upper half of an A4 page: fold it and put it on the parcel."""
    paper = Paper(_("Label %(number)s") % {"number": found.s10}, _("Parcel %(number)s") % {"number": found.s10})
    paper.write_brand(f"{found.carrier_name} · {settings.TOWN['name']}")
    top = paper.get_y()
    paper.write_text(_("From"), size=8, colour=MUTED)
    paper.write_text(_lines(found.sender), size=9, gap_mm=4)
    paper.write_text(_("To"), size=8, colour=MUTED)
    paper.write_text(_lines(found.receiver), size=16, bold=True, gap_mm=3)
    if found.note:
        paper.write_text(found.note, size=10, gap_mm=2)
    weight = _("%(kg).1f kg") % {"kg": found.weight_grams / 1000}
    paper.write_text(f"{speed_title(found.speed)} · {weight}", size=10, bold=True, gap_mm=4)
    _draw_squares(paper, tracking_url(found), LEFT_MM + WIDTH_MM - QR_MM, top)
    below = max(paper.get_y(), top + QR_MM + 4)
    _draw_bars(paper, gs1_bars(found.sscc), below)
    paper.set_y(below + BAR_HEIGHT_MM + 1)
    paper.write_text(f"(00) {found.sscc}", size=11, gap_mm=4)
    below = paper.get_y()
    _draw_bars(paper, s10_bars(found.s10), below)
    paper.set_y(below + BAR_HEIGHT_MM + 1)
    paper.write_text(f"{found.s10[:2]} {found.s10[2:5]} {found.s10[5:8]} {found.s10[8:11]} {found.s10[11:]}", size=11)
    if found.is_demo:
        paper.write_text(_("Demo: this parcel does not exist."), size=11, bold=True)
    return paper.as_bytes()


def label_zpl(found: Shipment) -> str:
    """The same for a label printer of 8 dots a millimetre, 100 mm by 150 mm, in ZPL II."""
    y = 40
    commands = ["^XA", "^CI28", "^PW800", "^LL1200"]
    for text, height in (
        (found.carrier_name, 34),
        *((line, 26) for line in _lines(found.sender).split("\n")),
        *((line, 44) for line in _lines(found.receiver).split("\n")),
        (found.note, 28),
    ):
        if text:
            commands.append(f"^FO40,{y}^A0N,{height},{height}^FB480,1^FD{_plain(text)}^FS")
            y += height + 14
    commands += [
        f"^FO560,40^BQN,2,5^FDQA,{tracking_url(found)}^FS",
        # Mode D: the printer puts FNC1 and the check character where GS1-128 has them.
        f"^FO60,660^BY3^BCN,200,Y,N,N,D^FD(00){found.sscc}^FS",
        f"^FO60,930^BY3^BCN,140,Y,N,N,A^FD{found.s10}^FS",
        "^XZ",
    ]
    return "\n".join(commands) + "\n"


def tracking_url(found: Shipment) -> str:
    """Where whoever holds the label follows the parcel."""
    return f"{settings.PUBLIC_URL}/parcel/t/{found.token}"


def _lines(address: Address) -> str:
    return f"{address.name}\n{address.street}\n{address.postcode} {address.city}"


def _plain(text: str) -> str:
    return _NOT_ZPL.sub(" ", text)


def _draw_bars(paper: Paper, widths: list[int], top: float) -> None:
    paper.set_fill_color(*INK)
    left = LEFT_MM
    for place, width in enumerate(widths):
        if place % 2 == 0:
            paper.rect(left, top, width * BAR_MM, BAR_HEIGHT_MM, style="F")
        left += width * BAR_MM


def _draw_squares(paper: Paper, text: str, left: float, top: float) -> None:
    rows = squares(text)
    module = QR_MM / len(rows)
    paper.set_fill_color(*INK)
    for row, bits in enumerate(rows):
        for column, dark in enumerate(bits):
            if dark:
                # A hair wider than the module, so that no seam shows between neighbours.
                paper.rect(left + column * module, top + row * module, module + 0.02, module + 0.02, style="F")
