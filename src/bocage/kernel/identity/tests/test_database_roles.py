"""What the roles of the database may read of people."""

import pytest
from django.db import ProgrammingError, connection, transaction

from bocage.kernel.identity import queries
from bocage.kernel.identity.tests.making import person
from bocage.testing import connected_as


@pytest.mark.parametrize("role", ["deliverer", "auditor"])
def test_who_delivers_and_audits_reads_people_but_no_secret(fresh_database: str, role: str) -> None:
    with transaction.atomic():
        ana = person("Ana")
    with connected_as(role):
        assert queries.person(ana.id) == ana
        for secret in ("select password from identity_person", "select digest from identity_apitoken"):
            with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
                cursor.execute(secret)
