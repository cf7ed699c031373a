"""Parcel: from one door to another, each scan on record."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import EventType, Needs, Offers, Purpose, QuickAction, Service
from bocage.kernel.ports import DeliveryQuotes, TownStreets
from bocage.services.parcel import home
from bocage.services.parcel.actions import erasing
from bocage.services.parcel.queries import rights
from bocage.services.parcel.queries.quotes import Quoting

service = Service(
    name="parcel",
    title=_("Parcel"),
    icon="package",
    tint="clay",
    sentence=_("Send a parcel with a carrier, see every scan on its way, and open the door to it with a code."),
    home="parcel:home",
    purposes=(
        Purpose(
            "parcel.notify",
            title=_("News of parcels to me"),
            says=_("Parcel tells you when a parcel addressed to you moves on, and reads nothing else for it."),
            reads=(),
        ),
        Purpose(
            "parcel.position",
            title=_("Where I am, when I carry parcels"),
            says=_(
                "As long as you have somebody's parcel with you, that receiver sees on this day where you are, to about"
                " a hundred metres. The next place overwrites the last one: no way is kept."
            ),
            reads=(),
        ),
    ),
    emits=(
        EventType(
            "parcel.announced",
            _("A parcel was paid for; said to its receiver, or to its sender where the receiver has no account."),
            {
                "shipment_id": "uuid",
                "sender_name": "string",
                "carrier_id": "uuid",
                "due_on": "date",
                "weight_grams": "integer",
            },
        ),
        EventType(
            "parcel.moved",
            _("A parcel's status changed."),
            {"shipment_id": "uuid", "status": "string", "at": "datetime", "carrier_id": "uuid"},
        ),
    ),
    offers=(Offers(DeliveryQuotes, Quoting()),),
    needs=(Needs(TownStreets, None),),
    actions=(
        QuickAction(_("Send a parcel"), "parcel:send", "package", (_("post"), _("label"), _("courier"))),
        QuickAction(_("My parcels"), "parcel:home", "package-search", (_("track"), _("delivery"))),
    ),
    merchant=(
        QuickAction(_("Parcels in trouble"), "parcel:desk", "package-search"),
        QuickAction(_("Courier's tour"), "parcel:courier", "route"),
    ),
    scopes={
        "parcel:read": _("See parcels and their scans"),
        "parcel:write": _("Send parcels and pay for them"),
        "parcel:take": _("Scan parcels and capture events, as a carrier"),
    },
    card=home.card,
    export=rights.export,
    erase=erasing.erase,
)
