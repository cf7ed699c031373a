"""Who a person is on her identity card: asked for where a certificate needs it, encrypted with her key, 14 days."""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.errors import Refusal
from bocage.kernel.keys import subject_keys
from bocage.services.health import types
from bocage.services.health.actions.scheme import require_scheme
from bocage.services.health.actions.sources import require_agreed
from bocage.services.health.models import Certificate, Holder, IssuedName

NAME_CHARACTERS_MAX = 39
BORN_FIRST = date(1900, 1, 1)
_CONTEXT = b"health holder"
_ISSUED_CONTEXT = b"health issued name"


def record(person_id: UUID, given: str, family: str, born: date) -> None:
    """Keep her name and date of birth. Another name than before takes the certificates of the former one away."""
    require_agreed(person_id, "health.certificates")
    holder = types.Holder(_name(given, "given"), _name(family, "family"), born)
    if not BORN_FIRST <= born <= clock.today(settings.TOWN["time_zone"]):
        raise Refusal("bad_day", _("Give the date of birth on your identity card."), field="born")
    if holder_of(person_id) == holder:
        return
    sealed = subject_keys.encrypt(person_id, _text(holder), _CONTEXT)
    with own_tables("health"):
        require_scheme()
        Certificate.objects.filter(person_id=person_id).delete()
        Holder.objects.update_or_create(person_id=person_id, defaults={"sealed": sealed, "at": clock.now()})


def holder_of(person_id: UUID) -> types.Holder | None:
    """Her name and date of birth, where she gave them."""
    with own_tables("health"):
        row = Holder.objects.filter(person_id=person_id).first()
    if row is None:
        return None
    return _read(subject_keys.decrypt(person_id, bytes(row.sealed), _CONTEXT))


def require_holder(person_id: UUID) -> types.Holder:
    """As `holder_of`; a `Refusal` where she did not say."""
    holder = holder_of(person_id)
    if holder is None:
        raise Refusal("no_name", _("First give your name and date of birth, as on your identity card."), field="born")
    return holder


def issue_as(person_id: UUID, holder: types.Holder, until: datetime) -> None:
    """Something signed carries this name until then: while it lives, a `Refusal` for any other name.

    Names are what people say of themselves; without this, one result would open doors for everybody's friends.
    """
    sealed = subject_keys.encrypt(person_id, _text(holder), _ISSUED_CONTEXT)
    now = clock.now()
    with own_tables("health"):
        IssuedName.objects.get_or_create(person_id=person_id, defaults={"sealed": sealed, "until": until, "at": now})
        row = IssuedName.objects.select_for_update().get(person_id=person_id)
    known = _read(subject_keys.decrypt(person_id, bytes(row.sealed), _ISSUED_CONTEXT))
    if known != holder and row.until > now:
        raise Refusal(
            "other_name_issued",
            _("A certificate or pass of yours in another name is still valid. Until it ends, no other name is taken."),
            field="family",
        )
    row.sealed, row.until, row.at = sealed, max(row.until, until), now
    with own_tables("health"):
        row.save()


def issued_name(person_id: UUID) -> types.Holder | None:
    """The name that was issued last, in the last 14 days; None where nothing was."""
    with own_tables("health"):
        row = IssuedName.objects.filter(person_id=person_id).first()
    return _read(subject_keys.decrypt(person_id, bytes(row.sealed), _ISSUED_CONTEXT)) if row else None


def is_of(holder: types.Holder, content: Mapping[str, Any]) -> bool:
    """Whether a verified certificate is this person's: her family name, her first given name, her date of birth.

    Further given names may be left out on either side. A certificate may say a year or a month of birth alone.
    """
    words = _words(str(content["name"]))
    hers = _words(holder.given)[:1] + _words(holder.family)
    born = str(content["born"])
    return bool(born) and holder.born.isoformat().startswith(born[:10]) and set(hers) <= set(words) and len(hers) > 1


def _text(holder: types.Holder) -> bytes:
    return json.dumps({"given": holder.given, "family": holder.family, "born": holder.born.isoformat()}).encode()


def _read(text: bytes) -> types.Holder:
    held = json.loads(text)
    return types.Holder(held["given"], held["family"], date.fromisoformat(held["born"]))


def _words(name: str) -> list[str]:
    """The words of a name without accents, in any script; two-letter spellings of one letter count as that letter."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ø", "o").replace("æ", "ae").replace("œ", "oe"))
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return re.findall(r"[^\W\d_]+", letters)


def _name(text: str, field: str) -> str:
    name = " ".join(text.split())
    if not _words(name) or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise Refusal("bad_name", _("Write the name as on your identity card, in 1 to 39 characters."), field=field)
    return name
