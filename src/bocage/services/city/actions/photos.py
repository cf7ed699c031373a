"""The photo of a citizen's report, which is encrypted with her key and hers: an operator looks at it as she would."""

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.approvals.actions import acted
from bocage.kernel.blobs import actions as blobs
from bocage.kernel.consent.actions import record_read
from bocage.kernel.errors import not_found
from bocage.services.city.actions.reports import PURPOSE, READER
from bocage.services.city.models import Report


def for_operator(report_id: UUID, operator_id: UUID) -> tuple[str, bytes]:
    """Media type and content. She finds it among her receipts; the log says which operator looked."""
    with acting_as(Actor.for_service("city")):
        row = Report.objects.filter(id=report_id).exclude(photo_id=None).first()
        if row is None or row.photo_id is None:
            raise not_found(_("There is no such photo."))
        record_read(row.person_id, READER, PURPOSE, gettext_noop("the photo of a report of yours"))
    acted("city.look_at_photo", operator_id, target_id=row.id)
    with acting_as(Actor.for_person(row.person_id)):
        blob, content = blobs.get(row.photo_id)
    return blob.media_type, content


def own(person_id: UUID, report_id: UUID) -> tuple[str, bytes]:
    """Her own."""
    row = Report.objects.filter(id=report_id, person_id=person_id).exclude(photo_id=None).first()
    if row is None or row.photo_id is None:
        raise not_found(_("There is no such photo."))
    blob, content = blobs.get(row.photo_id)
    return blob.media_type, content
