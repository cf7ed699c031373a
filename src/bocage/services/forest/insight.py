"""A person's year: what it weighs by item, beside her own months of a year ago and her country's figure."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_noop as _

from bocage.engines.carbon.households import households, types_of
from bocage.kernel import clock
from bocage.services.forest import queries
from bocage.services.forest.levers import ItemYear
from bocage.services.forest.models import Preference
from bocage.services.forest.types import Month
from bocage.services.forest.weighing import Group, interval

YEAR_DAYS = 365
LEAST_DAYS = 28
_MICROGRAMS_A_TONNE = 10**12
_ALL_DEMAND = _("with public services and investment")
_HOUSEHOLDS = _("what households consume")

_TYPES = {"alone": _("Who lives alone"), "large_family": _("In a family with three children or more")}


@dataclass(frozen=True)
class National:
    """A published footprint a head and year, whose it is, and what is in it (a msgid)."""

    micrograms: int
    year: int
    source: str
    boundary: str


# FR: Insee and SDES, 2024 (revised series 1990 to 2023), as told by the CGDD on notre-environnement.gouv.fr, "En 2023,
# l'empreinte carbone et les émissions de GES de la France diminuent": 644 Mt CO2e, 9.4 t a head.
# GB: DEFRA, "Carbon footprint for the UK and England to 2022": 24 % below the 977 Mt of 2007; 67.6 million people.
# US: Feng, Hubacek, Song, J. Clean. Prod. 278 (2021) 123994: 18.1 t a head.
_NATIONAL = {
    "FR": National(round(9.4 * _MICROGRAMS_A_TONNE), 2023, "Insee, SDES", _ALL_DEMAND),
    "GB": National(11 * _MICROGRAMS_A_TONNE, 2022, "DEFRA", _ALL_DEMAND),
    "US": National(round(18.1 * _MICROGRAMS_A_TONNE), 2015, "Feng, Hubacek, Song 2021", _HOUSEHOLDS),
}


@dataclass(frozen=True)
class Average:
    """What national accounts say a head pays for, weighed by the book as one's own lines are, with its interval.

    `by_type`: a head by whom it lives with (a msgid), as published shares of the average have it; few countries do.
    """

    micrograms: int
    low_micrograms: int
    high_micrograms: int
    year: str
    by_type: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Year:
    """The last year's lines, raised from `days` days to a whole year. Empty `items` where there is too little."""

    items: dict[str, ItemYear]
    days: int
    currency: str
    micrograms: int
    low_micrograms: int
    high_micrograms: int

    @property
    def is_enough(self) -> bool:
        return self.days >= LEAST_DAYS


@dataclass(frozen=True)
class Comparison:
    """The last whole month beside the same one a year before, where both have lines, and the goal between them."""

    month: Month
    year_before: Month | None
    goal_percent: int

    @property
    def change_percent(self) -> int | None:
        """By how much the month is lighter (negative) or heavier than a year before."""
        if self.year_before is None or self.year_before.micrograms <= 0:
            return None
        before = self.year_before.micrograms
        return round((self.month.micrograms - before) * 100 / before)

    @property
    def goal_micrograms(self) -> int | None:
        """What the month may weigh to meet the goal."""
        if self.year_before is None or not self.goal_percent:
            return None
        return self.year_before.micrograms * (100 - self.goal_percent) // 100

    @property
    def is_met(self) -> bool:
        return self.goal_micrograms is not None and self.month.micrograms <= self.goal_micrograms


def year(person_id: UUID) -> Year:
    """What each item weighed and cost in the last 365 days, raised to a year by the days that the lines span.

    The year's interval takes errors of one factor as shared and those of different factors as independent.
    """
    today = clock.today(settings.TOWN["time_zone"])
    home = settings.TOWN["currency"]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select item, factor, sum(micrograms), sum(least(low_micrograms, high_micrograms)),
                sum(greatest(low_micrograms, high_micrograms)),
                -sum(amount_minor * (share_to_percent - share_from_percent)) filter (where currency = %(home)s) / 100,
                min(booked_on)
            from forest_line where person_id = %(person)s and counted
                and booked_on > %(since)s and booked_on <= %(today)s
            group by item, factor, micrograms < 0
            """,
            {"person": person_id, "since": today - timedelta(days=YEAR_DAYS), "today": today, "home": home},
        )
        rows = cursor.fetchall()
    if not rows:
        return Year({}, 0, home, 0, 0, 0)
    days = min(YEAR_DAYS, (today - min(row[6] for row in rows)).days + 1)
    sums: dict[str, list[int]] = {}
    for item, _factor, *values, _first in rows:
        kept = sums.setdefault(item, [0, 0, 0, 0])
        for place, value in enumerate(values):
            kept[place] += int(value or 0)
    items = {item: ItemYear(*(value * YEAR_DAYS // days for value in kept)) for item, kept in sums.items()}
    low, high = interval(Group(row[0], row[1], *map(int, row[2:5])) for row in rows)
    raised = (value * YEAR_DAYS // days for value in (low, high))
    return Year(items, days, home, sum(each.micrograms for each in items.values()), *raised)


def comparison(person_id: UUID) -> Comparison:
    """The last whole month beside the same month of the year before."""
    this_month = clock.today(settings.TOWN["time_zone"]).replace(day=1)
    last = (this_month - timedelta(days=1)).replace(day=1)
    before = queries.month(person_id, date(last.year - 1, last.month, 1))
    goal = Preference.objects.filter(person_id=person_id).values_list("goal_percent", flat=True).first()
    return Comparison(queries.month(person_id, last), before if before.lines else None, goal or 0)


def wants_letter(person_id: UUID) -> bool:
    """Whether somebody asked for the letter of the month."""
    return Preference.objects.filter(person_id=person_id, letter=True).exists()


def national(country: str) -> National | None:
    """The published footprint of a head in the country, None where none is on record."""
    return _NATIONAL.get(country)


def average(country: str) -> Average | None:
    """The country's average household a head, None where no whole budget is on record."""
    one = next((each for each in households() if each.country == country and each.is_whole), None)
    if one is None:
        return None
    total = one.total.paid
    by_type = tuple((_TYPES[each.name], round(total.micrograms * each.of_average)) for each in types_of(country))
    return Average(total.micrograms, total.low_micrograms, total.high_micrograms, one.year, by_type)
