"""What a person carries: codes for gates, the pass on paper, certificates."""

import io
import json
import re

import pytest
from pypdf import PdfReader

from bocage.engines import passes
from bocage.kernel import clock
from bocage.kernel.acting import Actor, acting_as, own_tables
from bocage.kernel.errors import Refusal
from bocage.services.health.actions import certificates, deciding, passing
from bocage.services.health.models import Certificate
from bocage.services.health.queries import gates
from bocage.services.health.tests.conftest import Town
from bocage.services.health.tests.test_doors import signed_in

pytestmark = pytest.mark.django_db


def test_the_page_brings_two_hours_of_codes_that_a_gate_takes_once(town: Town) -> None:
    shown = signed_in(town.ana).get("/health/code").content.decode()
    stretches = [(int(a), int(b)) for a, b in re.findall(r'data-from="(\d+)" data-until="(\d+)"', shown)]
    assert len(stretches) == passing.TOKENS_A_BATCH
    assert stretches[-1][1] - clock.now().timestamp() > 110 * 60
    with acting_as(Actor.for_person(town.ana)):
        token = passing.issue_tokens(deciding.current(town.ana).colour)[0]
    verdict = passes.verify(token.text, gates.trusted(), clock.now().timestamp())
    assert verdict.valid
    assert "Ana" not in json.dumps(dict(verdict.content or {}), default=str)


def test_the_pass_on_paper_has_the_name_and_the_colour(town: Town) -> None:
    answer = signed_in(town.ana).get("/health/pass.pdf")
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Ana Morel" in text
    assert "Green" in text
    assert signed_in(town.lea).get("/health/pass.pdf").status_code == 403


@pytest.mark.parametrize("text", ["", "HC1:NOT A CERTIFICATE", "shc:/1", "BC1:X", "\0", "x" * 9000])
def test_what_is_no_certificate_is_refused_and_nothing_is_kept(text: str, town: Town) -> None:
    with acting_as(Actor.for_person(town.ana)):
        with pytest.raises(Refusal) as refusal:
            certificates.hand_in(town.ana, text)
        assert refusal.value.field == "code"
        with own_tables("health"):
            assert Certificate.objects.count() == 0
