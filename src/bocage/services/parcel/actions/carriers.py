"""Who carries parcels here, and the numbers of its labels."""

import re
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from bocage.engines.parcels import NumberError, write_s10, write_sscc
from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.identity import queries as identity
from bocage.services.parcel.models import CarrierRow
from bocage.services.parcel.types import Carrier

_PREFIX = re.compile(r"\d{6,12}", re.ASCII)
_SERVICE = re.compile(r"[A-Z]{2}", re.ASCII)


def register_carrier(handle: str, company_prefix: str, s10_service: str) -> Carrier:
    """Let an organisation carry parcels, under its GS1 company prefix and the letters of its S10 numbers; once."""
    organisation = identity.organisation_by_handle(handle)
    if organisation is None:
        raise not_found(_("There is no organisation of this name."), field="handle")
    if not _PREFIX.fullmatch(company_prefix):
        raise Refusal("prefix_wrong", _("A GS1 company prefix has 6 to 12 digits."), field="prefix")
    if not _SERVICE.fullmatch(s10_service):
        raise Refusal("service_wrong", _("The service of an S10 number is two capital letters."), field="service")
    with acting_as(Actor.for_service("parcel")):
        known = CarrierRow.objects.filter(organisation_id=organisation.id).first()
        if known is None:
            taken = CarrierRow.objects.filter(company_prefix=company_prefix) | CarrierRow.objects.filter(
                s10_service=s10_service, country=organisation.country
            )
            if taken.exists():
                raise conflict("numbers_taken", _("Another carrier has this prefix or these letters."), field="prefix")
            known = CarrierRow.objects.create(
                organisation_id=organisation.id,
                name=organisation.name,
                company_prefix=company_prefix,
                s10_service=s10_service,
                country=organisation.country,
            )
        elif (known.company_prefix, known.s10_service) != (company_prefix, s10_service):
            raise conflict("carrier_known", _("This carrier has other numbers already."), field="prefix")
        return as_carrier(known)


def next_numbers(carrier_id: UUID) -> tuple[str, str]:
    """An SSCC and an S10 number that no other parcel has."""
    with transaction.atomic():
        row = CarrierRow.objects.select_for_update().get(organisation_id=carrier_id)
        serial, row.next_serial = row.next_serial, row.next_serial + 1
        row.save(update_fields=["next_serial"])
    try:
        return write_sscc(row.company_prefix, serial), write_s10(row.s10_service, serial, row.country)
    except NumberError as error:
        raise Refusal("numbers_used_up", _("This carrier has used up its numbers.")) from error


def as_carrier(row: CarrierRow) -> Carrier:
    """A row as everybody else sees it."""
    return Carrier(row.organisation_id, row.name, row.company_prefix, row.s10_service, row.country)
