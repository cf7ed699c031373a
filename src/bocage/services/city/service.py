"""City: what the town's sensors say, judged by rules that anybody can read."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType, QuickAction, Service

_ALERT = {"alert": "string", "kind": "string", "source": "string", "on": "string", "at": "datetime"}

service = Service(
    name="city",
    title=_("City"),
    icon="traffic-cone",
    tint="sky",
    sentence=_(
        "Judge what the town's sensors say by rules that anybody can read, and say what is wrong, why, and what to do."
    ),
    emits=(
        EventType(
            "city.alert_raised",
            _("A rule found something that somebody must look at."),
            {**_ALERT, "severity": "string"},
        ),
        EventType("city.alert_cleared", _("What an alert was raised for is over."), _ALERT),
        EventType(
            "city.alert_closed",
            _("An operator closed an alert and said whether it was true."),
            {"alert": "string", "kind": "string", "verdict": "string", "by": "uuid"},
        ),
        EventType(
            "city.rule_changed",
            _("A rule of alerts was changed; a second person agreed."),
            {"kind": "string", "number": "integer", "by": "uuid", "fields": "list"},
        ),
    ),
    console=(
        QuickAction(_("Alerts"), "city:inbox", "siren"),
        QuickAction(_("Rules"), "city:rules", "ruler"),
        QuickAction(_("How often rules are right"), "city:precision", "target"),
        QuickAction(_("Sensors"), "city:senders", "radio-tower"),
    ),
    scopes={"city:observe": _("Send what sensors say, as an organisation that the town lets send")},
)
