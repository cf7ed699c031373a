"""What idempotency holds of a person."""

from uuid import UUID

from bocage.kernel.idempotency.models import AnswerRow
from bocage.kernel.manifest import EventType

EVENTS: tuple[EventType, ...] = ()


def erase(person_id: UUID) -> list[str]:
    """Forget the answers given to the person's programs; they would be forgotten within two days anyway."""
    AnswerRow.objects.filter(actor_id=person_id).delete()
    return []
