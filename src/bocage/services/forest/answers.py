"""The ports that Forest answers."""

from collections.abc import Collection
from uuid import UUID

from bocage.services.forest import queries


class Notes:
    """`FootprintNotes`: what payments weigh, for whoever shows payments."""

    def grams_for(self, subject_id: UUID, payment_ids: Collection[UUID]) -> dict[UUID, int]:
        return queries.grams_for(subject_id, payment_ids)
