"""Getting back in without a password: two of three proofs, then two days in which the owner can say no.

The proofs: a passkey, the word of two trusted people, and a code from the counter after a document was seen. One proof
alone, however often given, opens nothing. Whoever opened the case holds a secret that every later step asks for.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from bocage.kernel.approvals.actions import acted
from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import limits, queries
from bocage.kernel.identity.actions.people import require_counter
from bocage.kernel.identity.actions.stops import sign_out_everywhere, unfreeze
from bocage.kernel.identity.actions.tokens import revoke_all_tokens
from bocage.kernel.identity.models import CounterCode, Person, RecoveryCase, RecoveryFactor, TrustedPerson
from bocage.kernel.identity.recovery_rules import OPEN_STATES, is_proven
from bocage.kernel.identity.telling import tell
from bocage.kernel.ids import uuid7

# Neither vowels nor look-alikes: codes are read aloud and typed from paper.
CODE_ALPHABET = "23456789BCDFGHJKMNPQRTVWXZ"
COUNTER_CODE_CHARACTERS = 10
STOP_URL = "/me/recovery"
STOP_SALT = "bocage.identity.recovery.stop"


@dataclass(frozen=True)
class Opened:
    """What the browser that opened a case keeps: nobody else has the secret."""

    case_id: UUID
    secret: str
    speak_code: str


def open_recovery(email: str) -> Opened:
    """Open a case for the account of this address and warn its owner.

    The answer has the same form whether or not there is such an account, so that it tells nobody who has one: a case
    that was not opened simply never gets further. A person has three cases in 30 days and one at a time; one that has
    proofs already is not replaced.
    """
    opened = Opened(uuid7(), secrets.token_urlsafe(32), f"{secrets.randbelow(10**6):06d}")
    person = Person.objects.select_for_update().filter(email=email.strip().lower(), deceased_on=None).first()
    if person is None or not person.is_active:
        return opened
    cases = RecoveryCase.objects.filter(person=person)
    recent = cases.filter(opened_at__gt=now() - timedelta(days=30)).exclude(state="done")
    if recent.count() >= limits.RECOVERY_CASES_PER_PERSON_IN_30_DAYS:
        return opened
    running = cases.filter(state__in=OPEN_STATES).first()
    if running is not None and running.closes_at > now() and running.factors.exists():
        return opened
    if running is not None:
        running.state, running.ended_at = "expired", now()
        running.save(update_fields=["state", "ended_at"])
    RecoveryCase.objects.create(
        id=opened.case_id,
        person=person,
        digest=_digest(opened.secret),
        speak_code=opened.speak_code,
        closes_at=now() + limits.RECOVERY_LIFE,
    )
    emit("identity.recovery_opened", subject_id=person.id, data={"case_id": str(opened.case_id)})
    _warn(person.id, opened.case_id)
    name = person.display_name
    for row in TrustedPerson.objects.filter(person=person, agreed_at__isnull=False):
        words = lambda: (  # noqa: E731
            _("%(name)s wants to get back in") % {"name": name},
            _("Call them. If it is really them, enter the code they read to you."),
        )
        tell(row.trusted_id, words, STOP_URL)
    return opened


def give_trust(case_id: UUID, trusted_id: UUID, speak_code: str) -> None:
    """A trusted person vouches, with the code that she heard from the one who wants back in."""
    case = _running(case_id)
    trusted = TrustedPerson.objects.filter(person_id=case.person_id, trusted_id=trusted_id, agreed_at__isnull=False)
    if not trusted.exists():
        raise not_found(_("Nobody asks you for this."))
    if not hmac.compare_digest(speak_code.strip().encode(), case.speak_code.encode()):
        raise _wrong_code(case)
    _give(case, "trusted", trusted_id)


def give_counter_code(case_id: UUID, secret: str, code: str) -> None:
    """The code from the counter, typed in the browser that opened the case."""
    case = _held(case_id, secret)
    presented = _counter_digest(case.person_id, code)
    codes = CounterCode.objects.select_for_update().filter(person_id=case.person_id, used_at=None)
    row = next((each for each in codes if hmac.compare_digest(bytes(each.digest), presented)), None)
    if row is None or row.expires_at <= now():
        raise _wrong_code(case)
    row.used_at = now()
    row.save(update_fields=["used_at"])
    _give(case, "counter", row.issued_by_id)


def give_passkey(case_id: UUID, secret: str, person_id: UUID) -> None:
    """The page has just seen a passkey of `person_id`; it counts when she is the one whose case it is."""
    case = _held(case_id, secret)
    if case.person_id != person_id:
        raise Refusal("other_account", _("This passkey belongs to another account."))
    _give(case, "passkey", person_id)


def finish_recovery(case_id: UUID, secret: str, new_password: str) -> UUID:
    """Set a new password after the wait, and close every other door: sessions, passkeys, tokens. The person's id.

    An account that its owner froze is opened by this; one that an operator froze stays frozen.
    """
    case = _held(case_id, secret)
    if case.state != "waiting" or case.ripe_at is None or not is_proven(case):
        raise conflict("proofs_missing", _("Two different proofs are needed first."))
    if case.ripe_at > now():
        raise conflict("too_early", _("The two days in which you could be contradicted are not over."))
    person = Person.objects.select_for_update().get(id=case.person_id)
    try:
        validate_password(new_password, person)
    except ValidationError as error:
        raise Refusal("password_weak", " ".join(error.messages), field="password") from None
    case.state, case.ended_at = "done", now()
    case.save(update_fields=["state", "ended_at"])
    person.set_password(new_password)
    person.save(update_fields=["password"])
    Authenticator.objects.filter(user_id=person.id).delete()
    EmailAddress.objects.filter(user_id=person.id, primary=False).delete()
    revoke_all_tokens(person.id)
    sign_out_everywhere(person.id)
    if person.frozen_at is not None and person.frozen_by_id == person.id:
        unfreeze(person.id, by_id=person.id)
    emit("identity.recovered", subject_id=person.id, data={"case_id": str(case.id)})
    words = lambda: (_("You are back in"), _("Your password was replaced and all devices were signed out."))  # noqa: E731
    tell(person.id, words, by_mail=True)
    return person.id


def cancel_recovery(case_id: UUID, by_id: UUID | None) -> None:
    """Stop a case: the owner may, from any page where she is signed in or by the link in the mail, and the counter."""
    case = RecoveryCase.objects.select_for_update().filter(id=case_id, state__in=OPEN_STATES).first()
    if case is None:
        raise not_found(_("This recovery is over already."))
    if by_id is not None and by_id != case.person_id:
        require_counter(by_id, case.person_id)
        acted("cancel_recovery", by_id, kind="identity.recovery", target_id=case.person_id)
    case.state, case.ended_at = "cancelled", now()
    case.save(update_fields=["state", "ended_at"])
    data = {"case_id": str(case.id), "by": str(by_id) if by_id else None}
    emit("identity.recovery_cancelled", subject_id=case.person_id, data=data)
    tell(case.person_id, lambda: (_("The recovery was stopped"), ""), by_mail=True)


def cancel_by_link(token: str) -> None:
    """Stop the case that the link in the warning mail names: it needs no sign-in, since its owner may have none."""
    try:
        case_id = UUID(signing.loads(token, salt=STOP_SALT, max_age=limits.RECOVERY_LIFE))
    except (signing.BadSignature, ValueError):
        raise not_found(_("This link is damaged or too old.")) from None
    cancel_recovery(case_id, None)


def issue_counter_code(operator_id: UUID, person_id: UUID) -> str:
    """A code for a person whose document the operator has just seen; good for three days, used once, shown once."""
    require_counter(operator_id, person_id)
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(COUNTER_CODE_CHARACTERS))
    # A new code replaces the old: a slip of paper that was lost must not stay good.
    CounterCode.objects.filter(person_id=person_id, used_at=None).delete()
    CounterCode.objects.create(
        person_id=person_id,
        digest=_counter_digest(person_id, code),
        issued_by_id=operator_id,
        expires_at=now() + limits.COUNTER_CODE_LIFE,
    )
    acted("issue_counter_code", operator_id, kind="identity.recovery", target_id=person_id)
    words = lambda: (_("A recovery code was handed out"), _("Somebody showed your document at the counter."))  # noqa: E731
    tell(person_id, words, STOP_URL, by_mail=True)
    return f"{code[:5]}-{code[5:]}"


def name_trusted(person_id: UUID, trusted_id: UUID) -> None:
    """Ask somebody to help you back in one day; it counts once she agrees."""
    if person_id == trusted_id:
        raise Refusal("trust_in_self", _("Name somebody else."), field="handle")
    rows = TrustedPerson.objects.filter(person_id=person_id)
    if rows.filter(trusted_id=trusted_id).exists():
        return
    if rows.count() >= limits.TRUSTED_PEOPLE_MAX:
        raise Refusal("too_many_trusted", _("Five trusted people are enough. Remove one first."), field="handle")
    TrustedPerson.objects.create(person_id=person_id, trusted_id=trusted_id)
    name = queries.party_name(person_id)
    words = lambda: (  # noqa: E731
        _("%(name)s would trust you to help") % {"name": name},
        _("If they lose their way in one day, you would confirm that it is them."),
    )
    tell(trusted_id, words, STOP_URL)


def agree_to_help(trust_id: UUID, trusted_id: UUID) -> None:
    """The named person agrees."""
    if not TrustedPerson.objects.filter(id=trust_id, trusted_id=trusted_id).update(agreed_at=now()):
        raise not_found(_("Nobody asks you for this."))


def drop_trusted(trust_id: UUID, by_id: UUID) -> None:
    """End a trust, from either side. While a case is running it stays: a thief who is signed in could drop it."""
    row = TrustedPerson.objects.filter(Q(person_id=by_id) | Q(trusted_id=by_id), id=trust_id).first()
    if row is None:
        raise not_found(_("There is no such trust."))
    if RecoveryCase.objects.filter(person_id=row.person_id, state__in=OPEN_STATES, closes_at__gt=now()).exists():
        raise conflict("recovery_running", _("A recovery is running. Stop it first."))
    row.delete()


def _held(case_id: UUID, secret: str) -> RecoveryCase:
    case = _running(case_id)
    if not hmac.compare_digest(bytes(case.digest), _digest(secret)):
        raise not_found(_("This recovery is over, or was opened in another browser."))
    return case


def _running(case_id: UUID) -> RecoveryCase:
    rows = RecoveryCase.objects.select_for_update().filter(id=case_id, state__in=OPEN_STATES, closes_at__gt=now())
    case = rows.first()
    if case is None:
        raise not_found(_("This recovery is over, or was opened in another browser."))
    return case


def _give(case: RecoveryCase, kind: str, by_id: UUID) -> None:
    RecoveryFactor.objects.get_or_create(case=case, kind=kind, by_id=by_id)
    emit("identity.recovery_proof", subject_id=case.person_id, data={"case_id": str(case.id), "kind": kind})
    if case.state == "open" and is_proven(case):
        case.state, case.ripe_at = "waiting", now() + limits.RECOVERY_WAIT
        case.save(update_fields=["state", "ripe_at"])
        _warn(case.person_id, case.id)


def _wrong_code(case: RecoveryCase) -> Refusal:
    """Count the wrong guess for good; the fifth ends the case."""
    case.attempts += 1
    if case.attempts >= limits.RECOVERY_ATTEMPTS_MAX:
        case.state, case.ended_at = "cancelled", now()
    case.save(update_fields=["attempts", "state", "ended_at"])
    message = _("This code is not right. After five wrong ones the recovery ends.")
    return Refusal("wrong_code", message, field="code", recorded=True)


def _warn(person_id: UUID, case_id: UUID) -> None:
    stop_url = f"{settings.PUBLIC_URL}{STOP_URL}/stop/{signing.dumps(str(case_id), salt=STOP_SALT)}"
    words = lambda: (  # noqa: E731
        _("Somebody is getting back into your account"),
        _("If this is not you, stop it: %(url)s") % {"url": stop_url},
    )
    tell(person_id, words, STOP_URL, by_mail=True)


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _counter_digest(person_id: UUID, code: str) -> bytes:
    plain = "".join(each for each in code.upper() if each in CODE_ALPHABET)
    return sha256(person_id.bytes + plain.encode()).digest()
