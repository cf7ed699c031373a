"""People: joining, signing in, and what they say of themselves."""

from uuid import UUID
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from bocage.kernel.approvals.actions import acted
from bocage.kernel.clock import now
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import handles, limits, queries
from bocage.kernel.identity.models import HandleClaim, Person
from bocage.kernel.identity.types import Person as PersonView
from bocage.kernel.identity.types import Role, Tier
from bocage.kernel.keys import subject_keys

HANDLES_PER_PERSON_MAX = 3


def register(
    *,
    display_name: str,
    email: str | None = None,
    password: str | None = None,
    handle: str | None = None,
    language: str = "en",
    time_zone: str | None = None,
    tier: str = Tier.NONE,
) -> PersonView:
    """Add a person; an e-mail address given with a tier counts as checked. Without a handle, one is made of the name.

    Raises a `Refusal` for a taken or malformed handle or address. People join by the sign-up page: this is for
    programs (the demo, an import, the operator's command).
    """
    row = Person(
        display_name=clean_name(display_name),
        email=clean_email(email) if email else None,
        handle=handles.free(handle) if handle else handles.suggest(display_name),
        language=clean_language(language),
        time_zone=clean_zone(time_zone or settings.TOWN["time_zone"]),
        tier=Tier(tier).value,
    )
    if row.email and Person.objects.filter(email=row.email).exists():
        raise conflict("email_taken", _("Somebody has an account with this address."), field="email")
    row.set_password(password)
    row.save()
    if row.email:
        EmailAddress.objects.create(user=row, email=row.email, primary=True, verified=tier != Tier.NONE)
    return welcome(row.id)


def welcome(person_id: UUID) -> PersonView:
    """Finish a registration: make the key that her data will be encrypted with, and tell the log."""
    subject_keys.ensure(person_id)
    person = queries.person(person_id)
    data = {"handle": person.handle, "name": person.display_name, "language": person.language}
    emit("identity.registered", subject_id=person_id, data=data)
    return person


def signed_in(person_id: UUID, *, method: str, device: str) -> None:
    """Keep in the person's own log that she signed in; `device` is a short description of the browser."""
    emit("identity.signed_in", subject_id=person_id, data={"method": method, "device": device[:200]})


def change_profile(person_id: UUID, *, display_name: str, language: str, time_zone: str) -> None:
    """What the person is called, and the language and zone that she reads in."""
    Person.objects.filter(id=person_id).update(
        display_name=clean_name(display_name), language=clean_language(language), time_zone=clean_zone(time_zone)
    )


def change_handle(person_id: UUID, handle: str) -> None:
    """Take another handle; the old ones stay hers for ever, so that money sent to them never reaches a stranger."""
    row = Person.objects.select_for_update().get(id=person_id)
    wanted = handles.normalise(handle)
    if wanted == row.handle:
        return
    owned = list(HandleClaim.objects.filter(party_id=person_id).values_list("handle", flat=True))
    if wanted not in owned:
        if len(owned) >= HANDLES_PER_PERSON_MAX:
            raise Refusal("too_many_handles", _("You had three handles already; choose one of those."), field="handle")
        handles.free(wanted)
    row.handle = wanted
    row.save(update_fields=["handle"])


def decline_passkey(person_id: UUID) -> None:
    """Remember that the person does not want to be offered a passkey again."""
    Person.objects.filter(id=person_id).update(passkey_declined_at=now())


def contact_checked(person_id: UUID) -> None:
    """The person showed that she reads the mail of her address: tier `contact`, unless she has more."""
    if Person.objects.filter(id=person_id, tier=Tier.NONE).update(tier=Tier.CONTACT):
        emit("identity.tier_changed", subject_id=person_id, data={"tier": Tier.CONTACT.value})


def document_checked(person_id: UUID, operator_id: UUID) -> None:
    """An operator or support saw the person's document at the counter: tier `document`."""
    require_counter(operator_id, person_id)
    if not Person.objects.filter(id=person_id).exclude(tier=Tier.DOCUMENT).update(tier=Tier.DOCUMENT):
        queries.person(person_id)
        return
    emit("identity.tier_changed", subject_id=person_id, data={"tier": Tier.DOCUMENT.value})
    acted("check_document", operator_id, kind="identity.tier", target_id=person_id)


def require_counter(operator_id: UUID, person_id: UUID) -> None:
    """Raise a `Refusal` unless `operator_id` may serve `person_id` at the counter; nobody serves herself."""
    if operator_id == person_id:
        raise forbidden(_("Somebody else must do this for you."))
    if not queries.roles(operator_id) & {Role.OPERATOR, Role.SUPPORT}:
        raise forbidden(_("This is done at the counter, by an operator."))
    if not Person.objects.filter(id=person_id).exists():
        raise not_found(_("There is no such person."))


def clean_name(name: str) -> str:
    """A display name on one line, spaces single. Raises a `Refusal` for an empty or overlong one."""
    plain = " ".join(name.split())
    if not plain or len(plain) > limits.NAME_CHARACTERS_MAX or not plain.isprintable():
        raise Refusal("name_form", _("A name has 1 to 80 visible characters."), field="display_name")
    return plain


def clean_email(email: str) -> str:
    """An address in small letters. Raises a `Refusal` for what is none."""
    plain = email.strip().lower()
    try:
        validate_email(plain)
    except ValidationError:
        raise Refusal("email_form", _("This is not an e-mail address."), field="email") from None
    return plain


def clean_language(language: str) -> str:
    """One of the languages that Bocage speaks. Raises a `Refusal` for another."""
    if language not in dict(settings.LANGUAGES):
        raise Refusal("language_unknown", _("Bocage speaks English and French."), field="language")
    return language


def clean_zone(time_zone: str) -> str:
    """A zone of the IANA database. Raises a `Refusal` for another name."""
    if time_zone not in available_timezones():
        raise Refusal("zone_unknown", _("This is no time zone, such as Europe/Paris."), field="time_zone")
    return time_zone
