"""Health: a colour that explains itself, for as long as a law says so."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType, Purpose, QuickAction, Service
from bocage.services.health import home
from bocage.services.health.actions import erasing
from bocage.services.health.queries import rights

_SCHEME = {"sunset_at": "datetime", "rules": "string"}

service = Service(
    name="health",
    title=_("Health"),
    icon="heart-pulse",
    tint="rose",
    sentence=_(
        "While a scheme with an end is in force, what you choose to share (symptoms, tests, check-ins,"
        " certificates) becomes a colour that says why it is, can be contested in one step, and is forgotten after"
        " 14 days."
    ),
    home="health:home",
    purposes=(
        Purpose(
            "health.report",
            title=_("What I say of my symptoms"),
            says=_(
                "Health uses the symptoms that you report to work out your colour. Nobody else reads them, no police"
                " and no employer. They are deleted after 14 days, or at once when you say no."
            ),
            reads=(),
        ),
        Purpose(
            "health.tests",
            title=_("My test results"),
            says=_(
                "Laboratories send your results to your pass, and a positive one warns, without your name, who shared"
                " a place with you. Nobody else reads them. They are deleted after 14 days, or at once when you say no."
            ),
            reads=(),
        ),
        Purpose(
            "health.checkins",
            title=_("Where I check in"),
            says=_(
                "When you scan a place's poster, the place and the time are kept for 14 days, to warn you if somebody"
                " there was infectious. They are read for nothing else, and deleted at once when you say no."
            ),
            reads=(),
        ),
        Purpose(
            "health.household",
            title=_("With whom I live"),
            says=_(
                "You and somebody you live with both say so; then an infection of one warns the other. In a small"
                " household the warning tells who it was. It is read for nothing else, and deleted after 14 days, or at"
                " once when you say no."
            ),
            reads=(),
        ),
        Purpose(
            "health.certificates",
            title=_("My certificates and the name on them"),
            says=_(
                "Certificates of vaccination, recovery or a test that you hand in count for your colour, if they are"
                " in your name and of your date of birth. All of it is kept encrypted for 14 days, read for nothing"
                " else, and deleted at once when you say no."
            ),
            reads=(),
        ),
    ),
    emits=(
        EventType("health.scheme_started", _("A health scheme began, with the day on which it ends."), _SCHEME),
        EventType("health.scheme_changed", _("The health scheme was changed."), _SCHEME),
        EventType(
            "health.scheme_ended", _("The health scheme ended and its data was deleted."), {"rows_deleted": "integer"}
        ),
        EventType(
            "health.set_by_hand",
            _("A colour was set or lifted by hand; of nobody in particular."),
            {"lifted": "boolean"},
        ),
    ),
    actions=(
        QuickAction(_("My health pass"), "health:home", "heart-pulse", (_("colour"), _("green"), _("QR"))),
        QuickAction(_("Show my pass"), "health:code", "qr-code", (_("gate"), _("door"))),
        QuickAction(_("Check in at a place"), "health:scan", "qr-code", (_("poster"), _("venue"))),
        QuickAction(_("Say how I feel"), "health:symptoms", "thermometer", (_("symptoms"), _("ill"))),
        QuickAction(_("Fetch a test result"), "health:tests", "test-tube", (_("laboratory"), "PCR")),
    ),
    console=(
        QuickAction(_("Scheme"), "health:console", "landmark"),
        QuickAction(_("Appeals"), "health:appeals", "scale"),
        QuickAction(_("Set by hand"), "health:by-hand", "pen-line"),
        QuickAction(_("What policies cost"), "health:policies", "chart-column"),
    ),
    merchant=(
        QuickAction(_("Check-in posters"), "health:places", "qr-code"),
        QuickAction(_("Gate"), "health:gate", "scan-line"),
    ),
    scopes={
        "health:read": _("See the health pass"),
        "health:write": _("Check in, report symptoms, contest a colour"),
        "health:gate": _("Check passes at a gate, and count their colours"),
        "health:results": _("Send signed test results, as a laboratory"),
    },
    card=home.card,
    export=rights.export,
    erase=erasing.erase,
)
