"""What a delivery would cost: for a sender's page, and as a port for other services."""

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.ports import DeliveryQuote
from bocage.services.parcel import limits, prices
from bocage.services.parcel.models import CarrierRow
from bocage.services.parcel.types import Quote, Speed


def quotes(from_postcode: str, to_postcode: str, weight_grams: int) -> list[Quote]:
    """What each carrier asks at each speed, the cheapest first."""
    if not 1 <= weight_grams <= limits.WEIGHT_GRAMS_MAX:
        most = limits.WEIGHT_GRAMS_MAX // prices.GRAMS_A_KILOGRAM
        raise Refusal("weight_out_of_range", _("A parcel weighs up to %(kg)d kg.") % {"kg": most}, field="weight")
    zone = prices.zone_of(from_postcode, to_postcode)
    today = clock.today(settings.TOWN["time_zone"])
    found = [
        Quote(
            carrier.organisation_id,
            carrier.name,
            speed,
            zone,
            prices.price(zone, weight_grams, speed),
            settings.TOWN["currency"],
            prices.due_on(today, speed, zone),
        )
        for carrier in CarrierRow.objects.order_by("name")
        for speed in prices.speeds_in(zone)
        # On a Sunday nothing is brought: a promise for the same day would be one for Monday.
        if speed is not Speed.SAME_DAY or prices.due_on(today, speed, zone) == today
    ]
    return sorted(found, key=lambda each: (each.amount_minor, each.due_on))


class Quoting:
    """The port `DeliveryQuotes`."""

    def quotes(self, subject_id: UUID, from_postcode: str, to_postcode: str, weight_grams: int) -> list[DeliveryQuote]:
        """What carriers ask, the cheapest first, each with the lines of its sum."""
        return [
            DeliveryQuote(
                carrier_id=each.carrier_id,
                carrier_name=each.carrier_name,
                speed=each.speed.value,
                amount_minor=each.amount_minor,
                currency=each.currency,
                due_on=each.due_on,
                lines=tuple((line.code, line.count, line.amount_minor) for line in each.lines),
            )
            for each in quotes(from_postcode, to_postcode, weight_grams)
        ]
