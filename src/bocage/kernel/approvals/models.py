"""The proposals' table; private to the package."""

from django.db import models
from django.db.models import Q

from bocage.kernel.clock import now
from bocage.kernel.ids import uuid7

KIND_CHARACTERS_MAX = 60
REASON_CHARACTERS_MAX = 500


class Proposal(models.Model):
    """A verb with its arguments, waiting for a second person; rows are kept, so who decided what can be read later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=KIND_CHARACTERS_MAX)
    payload = models.JSONField()
    reason = models.CharField(max_length=REASON_CHARACTERS_MAX)
    state = models.CharField(max_length=10, default="open")
    maker_id = models.UUIDField(db_index=True)
    checker_id = models.UUIDField(null=True, blank=True)
    proposed_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=REASON_CHARACTERS_MAX, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "approved", "rejected", "withdrawn", "expired"]),
                name="approvals_proposal_state",
            ),
            models.CheckConstraint(
                condition=Q(checker_id=None) | ~Q(checker_id=models.F("maker_id")) | Q(state="withdrawn"),
                name="approvals_checker_is_not_maker",
            ),
        ]
        indexes = [models.Index(fields=["state", "-proposed_at"], name="approvals_state_time")]
