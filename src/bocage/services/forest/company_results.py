"""A company's inventory as it is kept and shown: plain JSON, bounded, micrograms as whole numbers."""

from decimal import Decimal
from typing import Any

from bocage.engines.carbon.business import NOT_IN_ACCOUNTS, Figure, Inventory, Sum, Weighed, e1_6, plan, vsme_b3
from bocage.services.forest import limits


def as_kept(found: Inventory, revenue_minor: int | None, renewable_share: Decimal | None) -> dict[str, Any]:
    """Everything that the pages, the report and the files show of a year."""
    return {
        "book": found.book,
        "begins": found.begins.isoformat(),
        "ends": found.ends.isoformat(),
        "currency": found.currency,
        "categories": [
            {"id": name, **_sum(of), "in_accounts": name not in NOT_IN_ACCOUNTS} for name, of in found.by_category
        ],
        "scope_3": _sum(found.scope_3),
        "location": _sum(found.location),
        "market": _sum(found.market),
        "months": [[month, micrograms] for month, micrograms in found.months],
        "suppliers": [
            {"name": each.name, **_sum(each.total), "net_minor": each.net_minor, "activity": each.activity}
            for each in found.suppliers[: limits.COMPANY_SUPPLIERS_KEPT_MAX]
        ],
        "left_out": [{"reason": e.reason, "records": e.records, "net_minor": e.net_minor} for e in found.left_out],
        "quality_percent": list(found.quality_percent),
        "plan": [
            {
                "title": c.measure.title,
                "says": c.measure.says,
                "micrograms": c.micrograms,
                "base": c.base_micrograms,
                "base_minor": c.base_minor,
                "invest_minor": c.invest_minor,
                "cost_minor": c.cost_minor,
                "payback_years": None if c.payback_years is None else f"{c.payback_years:f}",
            }
            for c in plan(found)
        ],
        "e1_6": [_figure(f) for f in e1_6(found, revenue_minor)],
        "vsme_b3": [_figure(f) for f in vsme_b3(found, revenue_minor, renewable_share)],
        "lines": [_line(one) for one in _heaviest(found)],
    }


def _heaviest(found: Inventory) -> list[Weighed]:
    counted = [one for one in found.weighed if not one.why_not]
    return sorted(counted, key=lambda one: -abs(one.micrograms))[: limits.COMPANY_LINES_KEPT_MAX]


def _line(one: Weighed) -> dict[str, Any]:
    return {
        "file": one.record.file,
        "line": one.record.line,
        "on": one.record.on.isoformat(),
        "text": one.record.text,
        "supplier": one.record.supplier,
        "activity": one.title,
        "micrograms": one.micrograms,
        "reasons": [reason.text for reason in one.reasons],
    }


def _figure(one: Figure) -> dict[str, Any]:
    return {
        "name": one.name,
        "reference": one.reference,
        "unit": one.unit,
        "value": _text(one.value),
        "low": _text(one.low),
        "high": _text(one.high),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _sum(of: Sum) -> dict[str, int]:
    return {"micrograms": of.micrograms, "low": of.low_micrograms, "high": of.high_micrograms, "records": of.records}
