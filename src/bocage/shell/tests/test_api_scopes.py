"""A token for somebody else allows no more than the mandate behind it allows now."""

from datetime import timedelta

import pytest
from django.test import Client

from bocage.kernel.acting import Actor, acting_as
from bocage.kernel.clock import now
from bocage.kernel.identity import actions as identity

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_token_shrinks_with_the_mandate_behind_it() -> None:
    with acting_as(Actor.nobody()):
        ana, wei = (identity.register(display_name=name, email=f"{name}@example.org").id for name in ("ana", "wei"))
    with acting_as(Actor.for_person(ana)):
        wide = identity.grant_mandate(ana, wei, ["me:read", "me:write"], ends_at=now() + DAY)
        _id, token = identity.create_token(wei, "helper", ["me:read", "me:write"], life=DAY, subject_id=ana)
    program = Client(headers={"authorization": f"Bearer {token}"})

    def answers() -> int:
        return program.post(
            "/api/v1/me/consents/pay.show_footprint",
            {"answer": "refuse"},
            content_type="application/json",
            headers={"idempotency-key": str(now().timestamp())},
        ).status_code

    assert answers() == 200
    with acting_as(Actor.for_person(ana)):
        identity.grant_mandate(ana, wei, ["me:read"], ends_at=now() + DAY)
        identity.revoke_mandate(wide, ana)
    assert answers() == 403
    assert program.get("/api/v1/me").json()["id"] == str(ana)
