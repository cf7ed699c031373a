"""City: what the town's sensors say, judged by rules that anybody can read."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bocage.kernel.manifest import EventType, Offers, Purpose, QuickAction, Service
from bocage.kernel.ports import TownStreets, TravelConditions
from bocage.services.city.actions import reports
from bocage.services.city.queries import reports as reads
from bocage.services.city.queries import sheet, works

_ALERT = {"alert": "string", "kind": "string", "source": "string", "on": "string", "at": "datetime"}

service = Service(
    name="city",
    title=_("City"),
    icon="traffic-cone",
    tint="sky",
    sentence=_(
        "See what is planned in your street, report what is broken and follow what becomes of it; what the town's"
        " sensors say is judged by rules that anybody can read, and the town says what is wrong, why, and what it"
        " does."
    ),
    home="city:home",
    purposes=(
        Purpose(
            "city.report",
            title=_("What I report to the town"),
            says=_(
                "The town's operators read the problems that you report, with your photo, and answer them. Everybody"
                " sees what is reported and where, never by whom. When you say no, they no longer see your reports."
            ),
            reads=(),
        ),
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
        EventType(
            "city.reported", _("Somebody reported a problem."), {"report": "uuid", "kind": "string", "street": "string"}
        ),
        EventType("city.report_answered", _("The town answered a report."), {"report": "uuid", "state": "string"}),
        EventType(
            "city.works_planned",
            _("Works on a street were planned."),
            {
                "works": "uuid",
                "street": "string",
                "closes": "string",
                "from": "datetime",
                "until": "datetime",
                "by": "uuid",
            },
        ),
        EventType(
            "city.works_cancelled",
            _("Planned works were taken back."),
            {"works": "uuid", "street": "string", "by": "uuid"},
        ),
    ),
    offers=(Offers(TravelConditions, works), Offers(TownStreets, sheet)),
    actions=(
        QuickAction(
            _("Report a problem"), "city:report", "megaphone", (_("hole"), _("light"), _("rubbish"), _("broken"))
        ),
        QuickAction(_("My street"), "city:home", "map-pin", (_("works"), pgettext_lazy("city", "closed"), _("map"))),
        QuickAction(
            pgettext_lazy("city", "Traffic lights"),
            "city:lights",
            "waypoints",
            (_("light"), pgettext_lazy("city", "why")),
        ),
        QuickAction(_("The town in numbers"), "city:numbers", "chart-column", (_("reports"), _("alerts"))),
    ),
    console=(
        QuickAction(_("Alerts"), "city:inbox", "siren"),
        QuickAction(pgettext_lazy("city", "Streets now"), "city:streets", "map"),
        QuickAction(pgettext_lazy("city", "Forecast and fact"), "city:forecast", "chart-line"),
        QuickAction(_("Reports"), "city:reports", "megaphone"),
        QuickAction(_("Works"), "city:works", "construction"),
        QuickAction(pgettext_lazy("city", "What if"), "city:what-if", "flask-conical"),
        QuickAction(_("Rules"), "city:rules", "ruler"),
        QuickAction(_("How often rules are right"), "city:precision", "target"),
        QuickAction(_("Sensors"), "city:senders", "radio-tower"),
    ),
    scopes={
        "city:read": _("See your reports and their answers"),
        "city:write": _("Report problems in your name"),
        "city:observe": _("Send what sensors say, as an organisation that the town lets send"),
    },
    export=reads.export,
    erase=reports.erase,
)
