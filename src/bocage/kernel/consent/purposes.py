"""The purposes that the manifests declare, by name."""

from dataclasses import dataclass
from hashlib import sha256

from django.utils.translation import gettext as _

from bocage.kernel import manifest
from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.manifest import Purpose


@dataclass(frozen=True)
class Declared:
    """A purpose and the service whose it is."""

    service: str
    purpose: Purpose

    def words(self) -> tuple[str, str]:
        """Title and text in the language in force."""
        return str(self.purpose.title), str(self.purpose.says)


_remembered: tuple[object, dict[str, Declared]] = (None, {})


def declared() -> dict[str, Declared]:
    """Every declared purpose by its name."""
    global _remembered
    services = manifest.services()
    if _remembered[0] is not services:
        found = {purpose.name: Declared(each.name, purpose) for each in services for purpose in each.purposes}
        _remembered = (services, found)
    return _remembered[1]


def find(name: str) -> Declared:
    """The purpose `name`. Refuses a name that no manifest declares."""
    found = declared().get(name)
    if found is None:
        raise not_found(_("There is no such purpose."), field="purpose")
    return found


def digest_of(title: str, says: str) -> bytes:
    """What the words that somebody agreed to are filed under."""
    return sha256(f"{title}\0{says}".encode()).digest()


def consent_needed(name: str) -> Refusal:
    """The refusal of a read that its subject has not agreed to."""
    return Refusal(
        "consent_needed",
        _("This needs an agreement to “%(title)s” first. You can give it under Me, Consents.")
        % {"title": find(name).words()[0]},
        status=403,
    )
