"""Forest: when a payment is made, and the payer has agreed, work out its footprint and credit the grams."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType, Hears, Needs, Offers, Purpose, QuickAction, Service
from bocage.kernel.ports import FootprintNotes, PaymentHistory
from bocage.services.forest import answers, handlers, pages, queries
from bocage.services.forest.actions import erasing

service = Service(
    name="forest",
    title=_("Forest"),
    icon="trees",
    tint="leaf",
    sentence=_(
        "When you pay, and have agreed to it, each payment's footprint is worked out, and low-carbon acts give"
        " grams that grow trees."
    ),
    home="forest:home",
    purposes=(
        Purpose(
            "forest.grow",
            title=_("Grow my forest"),
            says=_(
                "Forest reads each payment of your wallet (shop, kind of shop, amount, day) to work out its footprint"
                " and to credit grams for low-carbon acts. Nobody else sees it. You can stop at any time."
            ),
            reads=("pay.paid", "pay.refunded", "PaymentHistory"),
        ),
        Purpose(
            "forest.friends",
            title=_("Friends see my trees"),
            says=_(
                "Friends whom you accepted and the members of groups that you joined see your trees and your name, and"
                " can water them. They never see your payments, your footprint or what earned your grams."
            ),
            reads=(),
        ),
    ),
    emits=(
        EventType(
            "forest.accounted",
            says=_("A payment's footprint was worked out."),
            fields={"payment_id": "uuid", "micrograms": "integer", "category": "string"},
        ),
        EventType(
            "forest.imported",
            says=_("Lines of a statement were kept."),
            fields={"upload_id": "uuid", "lines": "integer"},
        ),
        EventType(
            "forest.collected",
            says=_("Ripe grams were collected."),
            fields={"grams": "integer", "acts": "integer"},
        ),
        EventType(
            "forest.planted",
            says=_("Grams were burned for one real tree."),
            fields={"certificate_id": "uuid"},
        ),
        EventType(
            "forest.given",
            says=_("Grams were given to a friend's tree or to a group's."),
            fields={"grams": "integer"},
        ),
        EventType(
            "forest.tree_grown",
            says=_("A tree is full-grown."),
            fields={"tree_id": "uuid", "species": "string", "grams": "integer"},
        ),
    ),
    hears=(
        Hears("pay.paid", handlers.on_paid, purpose="forest.grow"),
        Hears("pay.refunded", handlers.on_refunded, purpose="forest.grow"),
        Hears("consent.granted", handlers.on_agreed, purpose="forest.grow"),
    ),
    offers=(Offers(FootprintNotes, answers.Notes()),),
    needs=(Needs(PaymentHistory, purpose="forest.grow"),),
    actions=(
        QuickAction(_("Import a statement"), "forest:import", "file-up", (_("bank"), _("footprint"), "CSV", "MT940")),
        QuickAction(_("Write down a purchase"), "forest:note", "notebook-pen", (_("cash"), _("footprint"))),
        QuickAction(_("Plant a tree"), "forest:trees", "sprout", (_("grams"), _("tree"))),
        QuickAction(_("Real trees"), "forest:planting", "shovel", (_("campaign"), _("certificate"))),
        QuickAction(_("My year"), "forest:year", "lightbulb", (_("advice"), _("goal"), _("what if"))),
        QuickAction(_("Friends in the forest"), "forest:friends", "users", (_("friend"), _("group"))),
        QuickAction(_("My footprint"), "forest:lines", "footprints", ("CO2", _("carbon"))),
    ),
    merchant=(QuickAction(_("Our footprint"), "forest:company", "factory", ("CO2", _("carbon"), "ESRS", "VSME")),),
    scopes={"forest:read": _("See the footprint and the forest"), "forest:write": _("Import, collect and plant")},
    card=pages.card,
    export=queries.export,
    erase=erasing.erase,
)
