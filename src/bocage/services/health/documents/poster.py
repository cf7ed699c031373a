"""The poster at a place's door: one large code, and what becomes of a check-in."""

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.services.health.documents.codes import draw_code
from bocage.services.health.types import Venue
from bocage.shell.paper import MUTED, PINE, Paper

CODE_MM = 120.0
PAGE_MM = 210.0


def poster_pdf(venue: Venue) -> bytes:
    """An A4 page with the code at 12 cm."""
    paper = Paper(venue.name, _("Code %(token)s") % {"token": venue.token})
    paper.write_brand(settings.TOWN["name"])
    paper.write_text(venue.name, size=30, bold=True, end="centre")
    paper.write_text(venue.kind_title, size=14, colour=MUTED, end="centre")
    paper.ln(8)
    top = paper.get_y()
    draw_code(paper, venue.url, (PAGE_MM - CODE_MM) / 2, top, CODE_MM)
    paper.set_y(top + CODE_MM + 8)
    paper.write_text(_("Scan to check in"), size=18, bold=True, colour=PINE, end="centre", gap_mm=1)
    paper.write_text(
        _(
            "If somebody here turns out to have been infectious, you are warned. The visit is kept for 14 days, read by"
            " nobody else, and the place learns nothing of it."
        ),
        size=11,
        colour=MUTED,
        end="centre",
    )
    return paper.as_bytes()
