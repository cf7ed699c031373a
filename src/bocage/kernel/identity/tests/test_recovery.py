"""Getting back in needs two different proofs and two days."""

from datetime import timedelta

import pytest
from django.core import mail

from bocage.kernel import clock
from bocage.kernel.errors import Refusal
from bocage.kernel.identity import actions, limits, queries
from bocage.kernel.identity.actions.recovery import Opened
from bocage.kernel.identity.models import Person as PersonRow
from bocage.kernel.identity.models import RecoveryCase
from bocage.kernel.identity.tests.making import operator, person
from bocage.kernel.identity.types import Person

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "an entirely new one 8"


def trusted_by(owner: Person, *names: str) -> list[Person]:
    made = [person(name) for name in names]
    for each in made:
        actions.name_trusted(owner.id, each.id)
        (trust,) = queries.trusting_people(each.id)
        actions.agree_to_help(trust.id, each.id)
    return made


def opened_for(owner: Person) -> Opened:
    assert owner.email is not None
    return actions.open_recovery(owner.email)


def finish(opened: Opened, after: timedelta) -> None:
    with clock.shifted(after):
        actions.finish_recovery(opened.case_id, opened.secret, NEW_PASSWORD)


def refused(opened: Opened, after: timedelta) -> str:
    with pytest.raises(Refusal) as refusal:
        finish(opened, after)
    return refusal.value.code


def test_a_passkey_and_a_counter_code_open_the_account_after_two_days() -> None:
    ana, clerk = person("Ana"), operator("Odile")
    opened = opened_for(ana)
    actions.give_passkey(opened.case_id, opened.secret, ana.id)
    code = actions.issue_counter_code(clerk.id, ana.id)
    actions.give_counter_code(opened.case_id, opened.secret, code.lower())
    assert refused(opened, limits.RECOVERY_WAIT - timedelta(minutes=1)) == "too_early"
    finish(opened, limits.RECOVERY_WAIT)
    assert PersonRow.objects.get(id=ana.id).check_password(NEW_PASSWORD)
    assert refused(opened, limits.RECOVERY_WAIT) == "not_found"


@pytest.mark.parametrize("kind", ["passkey", "counter", "trusted"])
def test_one_kind_of_proof_is_never_enough_however_often_given(kind: str) -> None:
    ana, clerk = person("Ana"), operator("Odile")
    friends = trusted_by(ana, "Bob", "Cleo", "Dan")
    opened = opened_for(ana)
    for number in range(3):
        if kind == "passkey":
            actions.give_passkey(opened.case_id, opened.secret, ana.id)
        elif kind == "counter":
            code = actions.issue_counter_code(clerk.id, ana.id)
            actions.give_counter_code(opened.case_id, opened.secret, code)
        else:
            actions.give_trust(opened.case_id, friends[number].id, opened.speak_code)
    assert refused(opened, limits.RECOVERY_WAIT * 2) == "proofs_missing"
    assert queries.recovery_case(opened.case_id, opened.secret).proofs == {kind}  # type: ignore[union-attr]


def test_one_trusted_person_is_half_a_proof() -> None:
    ana = person("Ana")
    bob, cleo = trusted_by(ana, "Bob", "Cleo")
    opened = opened_for(ana)
    actions.give_passkey(opened.case_id, opened.secret, ana.id)
    actions.give_trust(opened.case_id, bob.id, opened.speak_code)
    actions.give_trust(opened.case_id, bob.id, opened.speak_code)
    assert refused(opened, limits.RECOVERY_WAIT * 2) == "proofs_missing"
    assert [case.person_name for case in queries.recovery_asks(cleo.id)] == ["Ana"]
    actions.give_trust(opened.case_id, cleo.id, opened.speak_code)
    assert queries.recovery_asks(cleo.id) == []
    finish(opened, limits.RECOVERY_WAIT)


def test_a_stranger_a_named_one_who_did_not_agree_and_a_guess_prove_nothing() -> None:
    ana, eve, named = person("Ana"), person("Eve"), person("Nam")
    trusted_by(ana, "Bob")
    actions.name_trusted(ana.id, named.id)
    opened = opened_for(ana)
    for other in (eve, named):
        with pytest.raises(Refusal):
            actions.give_trust(opened.case_id, other.id, opened.speak_code)
    with pytest.raises(Refusal) as refusal:
        actions.give_passkey(opened.case_id, opened.secret, eve.id)
    assert refusal.value.code == "other_account"
    for secret in ("", "x" * 43):
        with pytest.raises(Refusal):
            actions.give_passkey(opened.case_id, secret, ana.id)


def test_five_wrong_codes_end_the_case_for_good() -> None:
    ana = person("Ana")
    opened = opened_for(ana)
    for _ in range(limits.RECOVERY_ATTEMPTS_MAX):
        with pytest.raises(Refusal) as refusal:
            actions.give_counter_code(opened.case_id, opened.secret, "WRONG-CODES")
        assert (refusal.value.code, refusal.value.recorded) == ("wrong_code", True)
    with pytest.raises(Refusal) as refusal:
        actions.give_counter_code(opened.case_id, opened.secret, "WRONG-CODES")
    assert refusal.value.code == "not_found"


def test_a_counter_code_is_good_once_for_three_days_and_one_person() -> None:
    ana, bob, clerk = person("Ana"), person("Bob"), operator("Odile")
    code = actions.issue_counter_code(clerk.id, ana.id)
    opened = opened_for(bob)
    with pytest.raises(Refusal):
        actions.give_counter_code(opened.case_id, opened.secret, code)
    opened = opened_for(ana)
    with clock.shifted(limits.COUNTER_CODE_LIFE), pytest.raises(Refusal):
        actions.give_counter_code(opened.case_id, opened.secret, code)
    actions.give_counter_code(opened.case_id, opened.secret, code)
    with pytest.raises(Refusal):
        actions.give_counter_code(opened.case_id, opened.secret, code)


def test_nobody_serves_herself_at_the_counter() -> None:
    ana, clerk = person("Ana"), operator("Odile")
    with pytest.raises(Refusal):
        actions.issue_counter_code(clerk.id, clerk.id)
    with pytest.raises(Refusal):
        actions.issue_counter_code(ana.id, clerk.id)


def test_the_owner_is_warned_and_can_stop_it() -> None:
    ana, eve = person("Ana"), person("Eve")
    opened = opened_for(ana)
    (letter,) = mail.outbox
    assert letter.to == ["ana@example.org"]
    assert "/me/recovery/stop/" in letter.body
    actions.give_passkey(opened.case_id, opened.secret, ana.id)
    with pytest.raises(Refusal):
        actions.cancel_recovery(opened.case_id, eve.id)
    actions.cancel_recovery(opened.case_id, ana.id)
    assert queries.recovery_of(ana.id) is None
    assert refused(opened, limits.RECOVERY_WAIT) == "not_found"


def test_the_link_in_the_mail_stops_it_without_a_sign_in() -> None:
    ana = person("Ana")
    opened_for(ana)
    token = mail.outbox[0].body.split("/me/recovery/stop/")[1].split()[0]
    with pytest.raises(Refusal):
        actions.cancel_by_link(token + "x")
    actions.cancel_by_link(token)
    assert queries.recovery_of(ana.id) is None


def test_an_unknown_address_gets_the_same_answer_and_no_case() -> None:
    opened = actions.open_recovery("nobody@example.org")
    assert len(opened.speak_code) == 6
    assert queries.recovery_case(opened.case_id, opened.secret) is None
    assert RecoveryCase.objects.count() == 0
    assert mail.outbox == []


def test_a_thief_who_opens_another_case_does_not_replace_one_with_proofs() -> None:
    ana = person("Ana")
    opened = opened_for(ana)
    actions.give_passkey(opened.case_id, opened.secret, ana.id)
    thief = opened_for(ana)
    assert queries.recovery_case(thief.case_id, thief.secret) is None
    assert queries.recovery_case(opened.case_id, opened.secret) is not None


def test_a_person_is_not_pestered_more_than_three_times_a_month() -> None:
    ana = person("Ana")
    for _ in range(5):
        opened_for(ana)
    assert RecoveryCase.objects.filter(person_id=ana.id).count() == limits.RECOVERY_CASES_PER_PERSON_IN_30_DAYS


def test_trust_cannot_be_dropped_while_a_recovery_runs() -> None:
    ana = person("Ana")
    trusted_by(ana, "Bob")
    opened_for(ana)
    (trust,) = queries.trusted_people(ana.id)
    with pytest.raises(Refusal) as refusal:
        actions.drop_trusted(trust.id, ana.id)
    assert refusal.value.code == "recovery_running"


def test_a_weak_password_is_refused_and_the_case_stays() -> None:
    ana, clerk = person("Ana"), operator("Odile")
    opened = opened_for(ana)
    actions.give_passkey(opened.case_id, opened.secret, ana.id)
    actions.give_counter_code(opened.case_id, opened.secret, actions.issue_counter_code(clerk.id, ana.id))
    with clock.shifted(limits.RECOVERY_WAIT), pytest.raises(Refusal) as refusal:
        actions.finish_recovery(opened.case_id, opened.secret, "password")
    assert refusal.value.code == "password_weak"
    finish(opened, limits.RECOVERY_WAIT)
