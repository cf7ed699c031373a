"""A company's annual report: figures, method, boundaries, quality of the data, suppliers, plan."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.services.forest.company_words import CATEGORY_TITLES, said
from bocage.services.forest.templatetags.forest_tags import mass
from bocage.shell.paper import Paper
from bocage.shell.templatetags.shell import money_text

SUPPLIERS_MAX = 15


def report_pdf(name: str, year: str, result: dict[str, Any]) -> bytes:
    """A4 pages, tables repeated at their heads."""
    title = _("Greenhouse gas report %(year)s") % {"year": year}
    paper = Paper(
        f"{name}: {title}", _("Worked out from the company's own papers with %(book)s.") % {"book": result["book"]}
    )
    paper.write_brand(settings.TOWN["name"])
    paper.write_text(name, size=16, bold=True)
    paper.write_text(title, size=12, gap_mm=3)
    whole = result["location"]
    paper.write_text(str(mass(whole["micrograms"])), size=26, bold=True, gap_mm=1)
    paper.write_text(_between(whole), size=9, gap_mm=5)
    _figures(paper, result)
    _categories(paper, result)
    _suppliers(paper, result)
    _plan(paper, result)
    _method(paper, result)
    return paper.as_bytes()


def _heading(paper: Paper, text: str) -> None:
    paper.ln(5)
    paper.write_text(text, size=12, bold=True, gap_mm=2)


def _between(of: dict[str, int]) -> str:
    values = {"least": mass(of["low"]), "most": mass(of["high"])}
    return _("With 90%% certainty between %(least)s and %(most)s") % values


def _figures(paper: Paper, result: dict[str, Any]) -> None:
    for heading, key in (("ESRS E1-6", "e1_6"), ("VSME B3", "vsme_b3")):
        _heading(paper, heading)
        # The standards' own names stay as they are written there.
        rows = [
            (each["name"], each["reference"], each["unit"], each["value"] if each["value"] is not None else _("open"))
            for each in result[key]
        ]
        paper.write_table((_("Figure"), _("By"), _("Unit"), _("Value")), rows, (56, 18, 14, 12), 1)


def _categories(paper: Paper, result: dict[str, Any]) -> None:
    _heading(paper, _("By category, with intervals"))
    rows = []
    for each in result["categories"]:
        title = said(CATEGORY_TITLES[each["id"]])
        named = f"{each['id']} {title}" if each["id"].startswith("3.") else title
        if each["in_accounts"]:
            low_high = f"{mass(each['low'])} – {mass(each['high'])}"
            rows.append((named, str(mass(each["micrograms"])), low_high, str(each["records"])))
        else:
            rows.append((named, _("open"), "", ""))
    paper.write_table((_("Category"), "CO₂e", "90 %", _("Lines")), rows, (50, 16, 24, 10), 3)


def _suppliers(paper: Paper, result: dict[str, Any]) -> None:
    _heading(paper, _("Suppliers that weigh most"))
    rows = [
        (e["name"], said(e["activity"]), str(mass(e["micrograms"])), money_text(e["net_minor"], result["currency"]))
        for e in result["suppliers"][:SUPPLIERS_MAX]
    ]
    paper.write_table((_("Supplier"), _("Mostly"), "CO₂e", _("Cost without VAT")), rows, (36, 30, 14, 20), 2)


def _plan(paper: Paper, result: dict[str, Any]) -> None:
    _heading(paper, _("The plan"))
    rows = []
    for each in result["plan"]:
        cost = _("not known") if each["cost_minor"] is None else money_text(each["cost_minor"], result["currency"])
        years = _("%(count)s years") % {"count": each["payback_years"]} if each["payback_years"] else "–"
        invested = money_text(each["invest_minor"], result["currency"])
        rows.append((said(each["title"]), str(mass(each["micrograms"])), invested, cost, years))
    head = (_("Measure"), _("less a year"), _("invested"), _("cost a year"), _("paid back in"))
    paper.write_table(head, rows, (40, 14, 16, 16, 14), 4)
    for each in result["plan"]:
        paper.write_text(f"{said(each['title'])}: {said(each['says'])}", size=7.5, gap_mm=0.5)


def _method(paper: Paper, result: dict[str, Any]) -> None:
    _heading(paper, _("Method, boundaries and quality of the data"))
    counted, known, unknown = result["quality_percent"]
    texts = [
        _(
            "GHG Protocol Corporate Standard, Scope 2 Guidance and Corporate Value Chain (Scope 3) Standard;"
            " operational control. The company's own papers are the only data: entries of the books, invoices, fuel"
            " cards, meters, bank statements."
        ),
        _(
            "Counted quantities come before money: litres, kWh and m³ with physical factors (DEFRA 2025; electricity by"
            " country after Ember), all else without VAT with the US EPA's supply-chain factors v1.3, prices and"
            " currency converted to their year. A purchase that several papers know counts once."
        ),
        _(
            "Errors that lines share (factor, table, price, account) add up; others are independent. Intervals bound"
            " 90 %."
        ),
        _(
            "Not in accounts, and open here: categories 3.9 to 3.15, commuting that the company does not pay, the share"
            " in an emission trading scheme. Outside Britain the life cycle of power stations stands in Scope 2."
        ),
        _(
            "%(counted)s %% rest on counted quantities, %(known)s %% on money of a known kind, %(unknown)s %% on money"
            " of unknown kind."
        )
        % {"counted": counted, "known": known, "unknown": unknown},
    ]
    for text in texts:
        paper.write_text(text, size=8.5, gap_mm=1.5)
    for each in result["left_out"]:
        what = {"records": each["records"], "reason": said(each["reason"])}
        paper.write_text(_("Left out: %(records)s lines, %(reason)s.") % what, size=8.5)
