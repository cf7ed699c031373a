"""Forest's papers: the letter of the month, and the certificate of a tree."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bocage.services.forest.insight import Comparison
from bocage.services.forest.levers import Change
from bocage.services.forest.real_trees import CertificateView
from bocage.services.forest.templatetags.forest_tags import mass, month_change, month_name
from bocage.shell.paper import Paper
from bocage.shell.templatetags.shell import money_text


def letter_pdf(seen: Comparison, advice: Sequence[Change], currency: str) -> bytes:
    """One page: what the month weighed, by category, beside the year before, and what would matter most."""
    month = seen.month
    title = _("Your footprint in %(month)s") % {"month": month_name(month.first_day)}
    paper = Paper(title, _("Worked out line by line; every figure can be opened in Forest."))
    paper.write_brand(settings.TOWN["name"])
    paper.write_text(title, size=16, bold=True, gap_mm=2)
    paper.write_text(str(mass(month.micrograms)), size=28, bold=True, gap_mm=1)
    paper.write_text(between(month.low_micrograms, month.high_micrograms), size=9, gap_mm=6)
    if seen.change_percent is not None:
        paper.write_text(month_change(seen.change_percent), gap_mm=4)
    if month.categories:
        paper.write_facts([(each.title, str(mass(each.micrograms))) for each in month.categories])
        paper.ln(6)
    if advice:
        paper.write_text(_("What would matter most, a year"), size=12, bold=True, gap_mm=2)
        rows = [
            (str(each.lever.title), str(mass(each.micrograms)), money_text(each.saved_minor, currency))
            for each in advice
        ]
        paper.write_table((pgettext("forest", "Change"), _("less"), _("saved")), rows, (60, 20, 20), 2)
        for each in advice:
            paper.write_text(f"{each.lever.title}: {each.lever.says}", size=8, gap_mm=1)
    return paper.as_bytes()


def between(low: int, high: int) -> str:
    """An interval in words."""
    return _("With 90%% certainty between %(least)s and %(most)s") % {"least": mass(low), "most": mass(high)}


def certificate_pdf(tree: CertificateView, town: str) -> bytes:
    """One page: which tree, by whom, where, for how many grams, how it was last seen, and the signed words."""
    paper = Paper(_("A tree"), _("Certificate %(id)s") % {"id": tree.id})
    paper.write_brand(town)
    paper.write_text(tree.campaign.species, size=24, bold=True, gap_mm=1)
    paper.write_text(_("One tree, planted by %(partner)s") % {"partner": tree.campaign.partner}, size=12, gap_mm=6)
    facts = [
        (_("Campaign"), tree.campaign.name),
        (_("Place"), f"{tree.campaign.latitude}, {tree.campaign.longitude}"),
        (_("Grams burned for it"), str(tree.campaign.price_grams)),
        (_("Of a hundred, how many stand after three years"), str(tree.campaign.survival_percent)),
        (_("The tree"), tree.state_title),
        *((each.title, f"{each.seen_at:%Y-%m-%d}, {each.latitude}, {each.longitude}") for each in tree.audits),
    ]
    paper.write_facts(facts)
    paper.ln(6)
    paper.write_text(_("To check without us"), size=11, bold=True, gap_mm=2)
    paper.write_text(
        _("The signature (Ed25519, hexadecimal) is over exactly these words in UTF-8, by the town's key named below."),
        size=8.5,
        gap_mm=2,
    )
    paper.write_text(tree.claims, size=7.5, gap_mm=2)
    paper.write_text(f"{tree.key_id}\n{tree.signature}", size=7.5, gap_mm=2)
    paper.write_text(
        _(
            "That the ledger burned the grams, once: the proof on the certificate's page, by ./bocage verify. Its "
            "transfer is the one named above."
        ),
        size=8.5,
    )
    return paper.as_bytes()
