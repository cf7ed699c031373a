"""Why an alert was raised, in one line that a citizen can read: "speed 12 km/h < 20 for 180 s at D14"."""

from collections.abc import Mapping

from bocage.engines.alerts.streams import streams
from bocage.engines.alerts.types import Alert, Fact, Rule

ADDED: Mapping[str, tuple[str, str, str]] = {
    "mean": ("mean", "moyenne", ""),
    "least": ("least", "minimum", ""),
    "most": ("most", "maximum", ""),
    "total": ("total", "total", ""),
    "count": ("records", "relevés", ""),
    "change": ("change", "variation", ""),
    "change_pct": ("change", "variation", "%"),
    "z": ("deviations from the usual", "écarts à l'habituel", ""),
    "after_seconds": ("time since", "temps depuis", "s"),
    "nearby": ("sources nearby", "sources proches", ""),
    "ahead": ("expected", "attendu", ""),
    "inside": ("inside the zone", "dans la zone", ""),
    "crossed": ("line crossed", "ligne franchie", ""),
    "against_deg": ("against the way of the lane", "contre le sens de la voie", "°"),
    "headway_seconds": ("gap ahead", "intervalle devant", "s"),
    "hour_local": ("hour", "heure", "h"),
    "hours_after_noon": ("hours after noon", "heures après midi", "h"),
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"for": "for {seconds:g} s", "at": "at {source}", "none": "no record", "agree": "{count} sources agree"},
    "fr": {
        "for": "pendant {seconds:g} s",
        "at": "à {source}",
        "none": "aucun relevé",
        "agree": "{count} sources concordent",
    },
}


def reason(alert: Alert, rule: Rule, language: str = "en") -> str:
    """The facts of an alert as a sentence in "en" or "fr", every number in its unit."""
    words = WORDS[language]
    parts = [_fact(fact, rule, language) for fact in alert.facts]
    if rule.operator == "absence":
        parts = [words["none"]]
    elif unchanged := rule.text("unchanged"):
        label = streams()[rule.stream].fields[unchanged].label[language]
        parts.append(f"{label} {'unchanged' if language == 'en' else 'sans changement'}")
    elif rule.settings.get("missing"):
        without = "without" if language == "en" else "sans"
        parts = [f"{without} {' + '.join(_wanted(fact, rule, language) for fact in alert.facts)}"]
    text = (" and " if language == "en" else " et ").join(parts)
    if rule.for_seconds:
        text += " " + words["for"].format(seconds=rule.for_seconds)
    text += " " + words["at"].format(source=alert.source)
    return f"{text}; {words['agree'].format(count=alert.agreeing)}" if alert.agreeing > 1 else text


def _label(fact: Fact, rule: Rule, language: str) -> tuple[str, str]:
    known = streams()[rule.stream].fields.get(fact.field)
    if known is not None:
        return known.label[language], known.unit
    english, french, unit = ADDED[fact.field]
    label = english if language == "en" else french
    measured = streams()[rule.stream].fields.get(rule.text("field"))
    if measured is not None and fact.field not in ("count", "z"):
        return f"{measured.label[language]} ({label})", unit or measured.unit
    return label, unit


def _fact(fact: Fact, rule: Rule, language: str) -> str:
    label, unit = _label(fact, rule, language)
    if isinstance(fact.limit, str):
        return f"{label} {fact.value or fact.limit}".replace("_", " ")
    value = "" if not isinstance(fact.value, int | float) else f" {_number(fact.value)}{unit and ' ' + unit}"
    return f"{label}{value} {fact.operator} {_number(fact.limit)}"


def _wanted(fact: Fact, rule: Rule, language: str) -> str:
    label, _unit = _label(fact, rule, language)
    limit = fact.limit if isinstance(fact.limit, str) else _number(fact.limit)
    return f"{label} {limit}"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
