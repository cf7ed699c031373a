"""Health's words for what its tables and records hold as codes."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import Text

PLACES: dict[str, tuple[Text, str]] = {
    "cafe": (_("café or restaurant"), "coffee"),
    "shop": (_("shop"), "shopping-bag"),
    "transport": (_("bus, tram or train"), "tram-front"),
    "school": (_("school"), "school"),
    "work": (_("place of work"), "briefcase"),
    "culture": (_("cinema, theatre or library"), "clapperboard"),
    "sport": (_("sport"), "dumbbell"),
    "care": (_("place of care"), "stethoscope"),
}
# Where somebody was near: a place with a poster, or home.
NEAR: dict[str, tuple[Text, str]] = PLACES | {"home": (_("at home"), "house")}
SYMPTOMS: dict[str, Text] = {
    "fever": _("Fever"),
    "cough": _("New cough"),
    "breath": _("Short of breath"),
    "taste": _("No taste or smell"),
    "throat": _("Sore throat"),
    "tired": _("Very tired"),
    "none": _("I feel well"),
}
TEST_KINDS: dict[str, Text] = {"pcr": _("PCR test"), "antigen": _("Antigen test")}
OUTCOMES: dict[str, Text] = {
    "positive": _("positive"),
    "negative": _("negative"),
    "inconclusive": _("inconclusive"),
    "withdrawn": _("taken back by the laboratory"),
}
CERTIFICATES: dict[str, Text] = {
    "vaccination": _("Vaccination"),
    "test": _("Test"),
    "recovery": _("Recovery"),
    "other": _("Health card"),
}
_DAMAGED = _("The code is damaged or not whole. Scan it again from the original.")
_AGAINST_RULES = _("What it says is not what such a certificate says. Ask whoever issued it for another.")
# Why a certificate is not taken, by the step of verifying that failed (engines/passes).
REFUSED: dict[str, Text] = {
    **dict.fromkeys(("base45", "zlib", "cose", "cbor", "numeric", "jws", "header", "deflate", "payload"), _DAMAGED),
    **dict.fromkeys(("schema", "values", "fhir", "claims"), _AGAINST_RULES),
    "prefix": _("This is no certificate that is known here: the codes of those begin with HC1: or shc:/."),
    "kid": _("Whoever issued it is not among those whose signatures are believed here."),
    "signature": _("Its signature does not fit: something in it was changed, or it was signed by somebody else."),
    "usage": _("Whoever issued it may not issue certificates of this kind."),
    "time": _("It is not valid today: it has expired, or begins later."),
}
COLOURS: dict[str, tuple[Text, str]] = {
    "green": (_("Green"), "circle"),
    "yellow": (_("Yellow"), "triangle"),
    "red": (_("Red"), "square"),
}
REGISTER: dict[str, Text] = {
    "scheme_started": _("The scheme began"),
    "scheme_changed": _("The scheme was changed"),
    "scheme_ended": _("The scheme ended, and all its data was deleted"),
    "manual_set": _("A colour was set by hand"),
    "manual_lifted": _("A colour set by hand was lifted"),
}
PURPOSES = ("health.report", "health.tests", "health.checkins", "health.household", "health.certificates")
PURPOSE_ICONS = {
    "health.report": "thermometer",
    "health.tests": "test-tube",
    "health.checkins": "qr-code",
    "health.household": "house",
    "health.certificates": "file-badge",
}
