"""Footprints as JSON, byte for byte the same each time: fields in a fixed order, exact decimals, UTF-8, no spaces."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from bocage.engines.carbon.types import Assessment, Footprint, Total, kilograms

type Json = str | int | bool | Decimal | Sequence[Json] | Mapping[str, Json] | None


def dumps(value: Json) -> str:
    """Canonical JSON. Decimals are written out in full, without exponent or trailing zeros."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, str) or value is None or isinstance(value, (bool, int)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(k), ensure_ascii=False)}:{dumps(v)}" for k, v in value.items()) + "}"
    return "[" + ",".join(dumps(item) for item in value) + "]"


def decimal_text(value: Decimal) -> str:
    """The decimal's digits, exact: "1.5", "-0.000001", "0"."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def footprint_fields(footprint: Footprint) -> dict[str, Json]:
    """A footprint as JSON fields; each reason has its step, its sentence and the values in it."""
    return {
        "category": footprint.category,
        "item": footprint.item,
        "probability": footprint.probability,
        "kg": footprint.kg,
        "low": footprint.low,
        "high": footprint.high,
        "counted": footprint.counted,
        "assessed": footprint.assessed,
        "quantity": footprint.quantity,
        "unit": footprint.unit or None,
        "reasons": [{"step": r.step, "text": r.text, "values": dict(r.values)} for r in footprint.reasons],
    }


def total_fields(total: Total) -> dict[str, Json]:
    return {
        "kg": total.kg,
        "low": total.low,
        "high": total.high,
        "lines": total.lines,
        "counted": total.counted,
        "unknown": total.unknown,
        "not_assessed": total.not_assessed,
        "by_category": {name: kilograms(micrograms) for name, micrograms in total.by_category},
    }


def assessment_digest(assessment: Assessment) -> str:
    """SHA-256 of the whole assessment: equal for equal payments and books, whenever it is worked out."""
    whole = hashlib.sha256(assessment.book.encode())
    for footprint in assessment.footprints:
        whole.update(dumps(footprint_fields(footprint)).encode())
    whole.update(dumps(total_fields(assessment.total)).encode())
    return whole.hexdigest()
