"""Pay's jobs: the exchange with the bank, and closing what nobody answered."""

from django.conf import settings

from bocage.kernel.work import periodic, task
from bocage.services.pay.actions import bank, exchange, paying, requests


@periodic("* * * * *")
@task(name="pay.exchange", single=True, in_transaction=False)
def exchange_with_bank() -> None:
    """Send pay-outs, take statements; every minute, and at once where somebody waits for it."""
    if settings.BANK_IBAN:
        exchange.exchange()


@periodic("7 * * * *")
@task(name="pay.expire", single=True, in_transaction=False)
def expire_old() -> None:
    """Close requests and announcements that nobody answered in time."""
    requests.expire_requests()
    bank.expire_top_ups()
    paying.forget_sheets()
