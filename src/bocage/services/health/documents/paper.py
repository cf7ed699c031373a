"""The pass on paper, for whoever has no telephone with them: with a name, for days, beside an identity card."""

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.services.health import limits
from bocage.services.health.actions import passing
from bocage.services.health.documents.codes import draw_code
from bocage.services.health.types import Colour, Holder
from bocage.shell.paper import MUTED, PINE, Paper
from bocage.shell.templatetags.shell import when_text

CODE_MM = 80.0
PAGE_MM = 210.0


def pass_pdf(colour: Colour, holder: Holder) -> bytes:
    """An A4 page: name, date of birth, colour as a word, the code that a gate checks without a connection, its end."""
    until = clock.now() + limits.PAPER_LIFE
    code = passing.issue_paper(colour.colour, holder.name, holder.born.isoformat(), limits.PAPER_LIFE)
    paper = Paper(_("Health pass on paper"), _("Valid only beside an identity card in this name."))
    paper.write_brand(settings.TOWN["name"])
    paper.write_text(_("Health pass on paper"), size=14, colour=MUTED, end="centre")
    paper.write_text(holder.name, size=28, bold=True, end="centre", gap_mm=2)
    paper.write_text(colour.word, size=34, bold=True, colour=PINE, end="centre", gap_mm=4)
    top = paper.get_y()
    draw_code(paper, code, (PAGE_MM - CODE_MM) / 2, top, CODE_MM, error="m")
    paper.set_y(top + CODE_MM + 8)
    paper.write_facts(
        [
            (_("Colour"), colour.word),
            (_("Name, as on the identity card"), holder.name),
            (_("Date of birth"), date_format(holder.born, "DATE_FORMAT")),
            (_("Printed"), when_text(clock.now())),
            (_("Valid until"), when_text(until)),
            (_("Rules"), colour.rules),
        ]
    )
    paper.ln(4)
    paper.write_text(
        _(
            "The gate reads the colour and the name from the code and compares the name with your identity card. It"
            " keeps neither. Print a new one when your colour changes or the time is over."
        ),
        size=10,
        colour=MUTED,
    )
    return paper.as_bytes()
