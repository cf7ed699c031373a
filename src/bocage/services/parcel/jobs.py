"""Parcel's jobs: telling receivers, days of scans made ahead and dropped, drafts forgotten."""

from datetime import timedelta

from django.conf import settings

from bocage.kernel import clock
from bocage.kernel.work import periodic, task
from bocage.services.parcel import limits
from bocage.services.parcel.actions import (
    capturing,
    erasing,
    learning,
    lockers,
    on_delivery,
    positions,
    proving,
    scanning,
    shipping,
    telling,
)


@task(name="parcel.tell", single=True)
def tell_receivers() -> None:
    """Tell the receivers of what moved; asks for itself again where there is more."""
    if telling.tell_changed() == limits.TOLD_A_RUN_MAX:
        capturing.tell_soon()


@periodic("11 * * * *")
@task(name="parcel.days", single=True)
def keep_days() -> None:
    """Make the days to come, drop those past their time, forget drafts, what was never handed over, and the erased;
    take back what was not fetched, give back what was paid for what is lost, and try again what could not be told."""
    today = clock.now().date()
    capturing.make_days(today, today + timedelta(days=limits.DAYS_AHEAD))
    capturing.drop_days(today - limits.SCANS_KEPT)
    shipping.forget_drafts()
    shipping.give_up_waiting()
    erasing.forget_arrived()
    lockers.expire()
    on_delivery.give_back_lost()
    scanning.forget_times()
    proving.forget_old()
    positions.forget_old()
    telling.try_again()


@periodic("23 3 * * *")
@task(name="parcel.tours", single=True)
def learn_tours() -> None:
    """Learn from yesterday's tours when a parcel comes."""
    learning.learn(clock.today(settings.TOWN["time_zone"]) - timedelta(days=1))
    learning.train_all()
