"""What a delivery costs: by zone, weight and speed, each a line of the sum; and the day that is promised."""

from datetime import date, timedelta

from bocage.services.parcel.types import PriceLine, Speed, Zone

BASE_MINOR = {Zone.QUARTER: 290, Zone.TOWN: 390, Zone.COUNTRY: 640}
# Each begun kilogram above the first.
KILOGRAM_MINOR = {Zone.QUARTER: 30, Zone.TOWN: 40, Zone.COUNTRY: 70}
SPEED_MINOR = {Speed.SAME_DAY: 350, Speed.NEXT_DAY: 120, Speed.ECONOMY: 0}
DAYS = {Speed.SAME_DAY: 0, Speed.NEXT_DAY: 1, Speed.ECONOMY: 3}
GRAMS_A_KILOGRAM = 1_000
TOWN_DIGITS = 3


def zone_of(from_postcode: str, to_postcode: str) -> Zone:
    """One quarter has one postcode; one town has its first three digits."""
    here, there = from_postcode.strip().upper(), to_postcode.strip().upper()
    if here == there:
        return Zone.QUARTER
    return Zone.TOWN if here[:TOWN_DIGITS] == there[:TOWN_DIGITS] else Zone.COUNTRY


def speeds_in(zone: Zone) -> tuple[Speed, ...]:
    """The speeds offered: the same day within the town alone."""
    return tuple(speed for speed in Speed if zone is not Zone.COUNTRY or speed is not Speed.SAME_DAY)


def price(zone: Zone, weight_grams: int, speed: Speed) -> tuple[PriceLine, ...]:
    """The lines of the sum; none adds nothing."""
    further = max(0, -(-weight_grams // GRAMS_A_KILOGRAM) - 1)
    lines = (
        PriceLine(f"base_{zone}", 1, BASE_MINOR[zone]),
        PriceLine("kilograms", further, further * KILOGRAM_MINOR[zone]),
        PriceLine(f"speed_{speed}", 1, SPEED_MINOR[speed]),
    )
    return tuple(line for line in lines if line.amount_minor)


def due_on(today: date, speed: Speed, zone: Zone) -> date:
    """The promised day; one more where it leaves town, and no Sunday."""
    day = today + timedelta(days=DAYS[speed] + (zone is Zone.COUNTRY))
    return day + timedelta(days=1) if day.isoweekday() == 7 else day
