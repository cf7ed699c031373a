"""From a verdict to what a gate shows: a colour, and whether a name must be held against an identity card.

The page of the gate says the same in `static/health/gate/admission.js`; a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from bocage.engines.passes import dcc_values, fhir
from bocage.engines.passes.types import Kind, Verdict

HOUR_SECONDS = 3600
# How long a negative test counted for travel: Council Recommendation (EU) 2022/107, OJ L 18, 27.1.2022, p. 110, which
# was in force until 30 June 2023.
LABORATORY_HOURS, RAPID_HOURS = 72, 24


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
    colour, reason = _of_dcc(content, now) if verdict.kind is Kind.DCC else _of_card(content, now)
    return Admission(colour, reason, content["name"])


def _of_dcc(content: Mapping[str, Any], now: float) -> tuple[str, str]:
    entry = content["entry"]
    if content["kind"] == "test":
        taken = datetime.fromisoformat(entry["sc"]).timestamp()
        return _of_test(entry["tr"], entry["tt"] == dcc_values.RAPID_TEST, taken, now)
    if content["kind"] == "recovery":
        today = datetime.fromtimestamp(now, UTC).date()
        if not date.fromisoformat(entry["df"][:10]) <= today <= date.fromisoformat(entry["du"][:10]):
            return "refused", f"recovery holds from {entry['df'][:10]} until {entry['du'][:10]}"
        return "green", "recovered"
    return "green", f"vaccinated, dose {entry['dn']} of {entry['sd']}"


def _of_test(result: str, rapid: bool, taken: float, now: float) -> tuple[str, str]:
    if result != dcc_values.NOT_DETECTED:
        return "red", "tested, detected"
    hours = RAPID_HOURS if rapid else LABORATORY_HOURS
    if not 0 <= now - taken <= hours * HOUR_SECONDS:
        return "refused", f"tested more than {hours} hours ago"
    return "green", "tested, not detected"


def _of_card(content: Mapping[str, Any], now: float) -> tuple[str, str]:
    """A positive test in its time first, then vaccinations, then the latest test: not what stands first on the card."""
    test = fhir.deciding_test(content["resources"], now)
    if test and fhir.is_positive(test, now):
        return _of_test(test.result, test.rapid, test.taken, now)
    vaccinations = [entry for entry in content["resources"] if entry["resourceType"] == "Immunization"]
    if vaccinations:
        return "green", f"vaccinated, {len(vaccinations)} recorded"
    if test:
        return _of_test(test.result, test.rapid, test.taken, now)
    return "refused", "the card holds neither a vaccination nor a test"
