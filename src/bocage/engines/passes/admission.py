"""From a verdict to what a gate shows: a colour, and whether a name must be held against an identity card.

The page of the gate says the same in `static/health/gate/admission.js`; a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from bocage.engines.passes import dcc_values
from bocage.engines.passes.types import Kind, Verdict


@dataclass(frozen=True)
class Admission:
    """What a gate shows. `colour` is "green", "yellow", "red", or "refused" where the pass is not valid.

    `name` is whom the pass names ("" for a token, which names nobody).
    """

    colour: str
    reason: str
    name: str = ""


def admit(verdict: Verdict, now: float) -> Admission:
    """What a gate shows for a verdict at `now` (Unix seconds)."""
    failed = verdict.failed
    content = verdict.content
    if failed is not None or content is None:
        return Admission("refused", f"{failed.name}: {failed.reason}" if failed else "not read")
    if verdict.kind in (Kind.TOKEN, Kind.PAPER):
        return Admission(content["colour"], "", content.get("name", ""))
    colour, reason = _of_dcc(content, now) if verdict.kind is Kind.DCC else _of_card(content)
    return Admission(colour, reason, content["name"])


def _of_dcc(content: Mapping[str, Any], now: float) -> tuple[str, str]:
    entry = content["entry"]
    if content["kind"] == "test":
        if entry["tr"] == dcc_values.NOT_DETECTED:
            return "green", "tested, not detected"
        return "red", "tested, detected"
    if content["kind"] == "recovery":
        today = datetime.fromtimestamp(now, UTC).date()
        if not date.fromisoformat(entry["df"][:10]) <= today <= date.fromisoformat(entry["du"][:10]):
            return "refused", f"recovery holds from {entry['df'][:10]} until {entry['du'][:10]}"
        return "green", "recovered"
    return "green", f"vaccinated, dose {entry['dn']} of {entry['sd']}"


def _of_card(content: Mapping[str, Any]) -> tuple[str, str]:
    vaccinations = [entry for entry in content["resources"] if entry["resourceType"] == "Immunization"]
    if not vaccinations:
        return "refused", "the card holds no vaccination"
    return "green", f"vaccinated, {len(vaccinations)} recorded"
