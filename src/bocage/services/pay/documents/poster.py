"""The poster for a shop's window or a till: one large code, and what to do with it."""

import segno
from django.conf import settings
from django.utils.translation import gettext as _

from bocage.services.pay.types import Code, Payee
from bocage.shell.paper import INK, MUTED, PINE, Paper
from bocage.shell.templatetags.shell import money_text

CODE_MM = 120.0
PAGE_MM = 210.0


def poster_pdf(code: Code, payee: Payee) -> bytes:
    """An A4 page with the code at 12 cm, which a phone reads from two metres."""
    paper = Paper(payee.name, _("Code %(token)s") % {"token": code.token})
    paper.write_brand(settings.TOWN["name"])
    paper.write_text(payee.name, size=30, bold=True, end="centre")
    if code.label:
        paper.write_text(code.label, size=14, colour=MUTED, end="centre")
    paper.ln(8)
    top = paper.get_y()
    _draw_code(paper, code.payload, (PAGE_MM - CODE_MM) / 2, top)
    paper.set_y(top + CODE_MM + 8)
    if code.amount_minor is not None:
        paper.write_text(money_text(code.amount_minor, code.currency), size=26, bold=True, end="centre", gap_mm=2)
    paper.write_text(_("Scan to pay with Bocage"), size=18, bold=True, colour=PINE, end="centre", gap_mm=1)
    paper.write_text(
        _("Open Bocage, tap Scan, check the name, confirm. No account? Ask at the till."),
        size=11,
        colour=MUTED,
        end="centre",
    )
    return paper.as_bytes()


def _draw_code(paper: Paper, payload: str, left: float, top: float) -> None:
    """Squares, one a dark module: sharp at any size, and no image in the file."""
    matrix = tuple(segno.make(payload, error="q", micro=False).matrix)
    module = CODE_MM / len(matrix)
    paper.set_fill_color(*INK)
    for row, bits in enumerate(matrix):
        for column, dark in enumerate(bits):
            if dark:
                # A hair wider than the module, so that no seam shows between neighbours.
                paper.rect(left + column * module, top + row * module, module + 0.02, module + 0.02, style="F")
