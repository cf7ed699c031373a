"""What is old goes: alerts and reports that ended long ago, and what alerts hold as evidence sooner."""

from datetime import timedelta

from django.db import connection

from bocage.kernel import clock
from bocage.services.city import limits
from bocage.services.city.models import Alert, Forecast, Trial, WhatIf


def sweep() -> int:
    """Forget what is kept no longer; how many alerts and reports went."""
    now = clock.now()
    Alert.objects.filter(evidence_until__lt=now).exclude(evidence=[]).update(evidence=[])
    Trial.objects.filter(at__lt=now - limits.TRIALS_KEPT).delete()
    WhatIf.objects.filter(at__lt=now - limits.QUESTIONS_KEPT).delete()
    Forecast.objects.filter(for_at__lt=now - timedelta(days=limits.STREAM_KEPT_DAYS)).delete()
    with connection.cursor() as cursor:
        cursor.execute("select bocage_city_sweep(%s, %s)", [now - limits.ALERTS_KEPT, now - limits.REPORTS_KEPT])
        return int(cursor.fetchone()[0])
