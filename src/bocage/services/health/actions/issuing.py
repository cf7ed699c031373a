"""Certificates for the world outside: a laboratory's result as an EU certificate and as a SMART Health Card.

The town signs both by the registry's ES256 key of `gates.CARDS`. They are made when asked for, and nothing is kept of
them but the name (`holders.issue_as`).
"""

import unicodedata
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.engines.passes import PassError, cose, dcc, dcc_values, fhir, keys, shc
from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.errors import Refusal, conflict, not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.keys import actions as signing
from bocage.kernel.keys.types import Algorithm
from bocage.services.health import limits, types
from bocage.services.health.actions import holders
from bocage.services.health.actions.scheme import require_scheme
from bocage.services.health.actions.sources import require_agreed
from bocage.services.health.models import Test
from bocage.services.health.queries import gates

_RESULTS = {"negative": dcc_values.NOT_DETECTED, "positive": dcc_values.DETECTED}
_DCC_TESTS = {"pcr": dcc_values.LABORATORY_TEST, "antigen": dcc_values.RAPID_TEST}
_CARD_TESTS = {"pcr": fhir.LABORATORY_TEST, "antigen": fhir.RAPID_TEST}
_CARD_TYPES = tuple(f"https://smarthealth.cards#{name}" for name in ("health-card", "laboratory", "covid19"))
# ICAO Doc 9303, part 3, section 6 A: what is not the letter without its accent.
_ICAO = str.maketrans(
    {"Ä": "AE", "Å": "AA", "Æ": "AE", "Ð": "D", "Ł": "L", "Ö": "OE", "Ø": "OE", "Œ": "OE", "Þ": "TH", "Ü": "UE",
     "ẞ": "SS", "Đ": "D", "Ħ": "H", "Ŧ": "T", "ı": "I"}
)  # fmt: skip


def issue(person_id: UUID, test_id: UUID) -> types.Issued:
    """Both certificates of a result of hers. Raises a `Refusal` where it says neither yes nor no, or she no name."""
    require_agreed(person_id, "health.tests")
    with own_tables("health"):
        require_scheme()
        row = Test.objects.filter(person_id=person_id, id=test_id).first()
    if row is None:
        raise not_found(_("There is no such result of yours."))
    if row.outcome not in _RESULTS:
        raise Refusal("no_outcome", _("This result says neither yes nor no: there is nothing to certify."))
    holder = holders.require_holder(person_id)
    holders.issue_as(person_id, holder, row.taken_at + limits.KEPT)
    laboratory = identity.party_names({row.laboratory_id})[row.laboratory_id][: limits.TITLE_CHARACTERS_MAX]
    # In the town's time: who reads only the day reads the one that the town's own pages say.
    taken_at = row.taken_at.astimezone(ZoneInfo(settings.TOWN["time_zone"])).replace(microsecond=0)
    issued_at = int(clock.now().timestamp())
    expires_at = int((row.taken_at + limits.KEPT).timestamp())
    signer = _signer()
    entry = {
        "tg": "840539006",
        "tt": _DCC_TESTS[row.kind],
        "sc": taken_at.isoformat(),
        "tr": _RESULTS[row.outcome],
        "tc": laboratory,
        "co": settings.TOWN["country"],
        "is": settings.TOWN["name"][: limits.TITLE_CHARACTERS_MAX],
        "ci": f"URN:UVCI:01:{settings.TOWN['country']}:{sha256(row.digest.encode()).hexdigest()[:24].upper()}",
    }
    named = {
        "fn": holder.family,
        "fnt": standardised(holder.family),
        "gn": holder.given,
        "gnt": standardised(holder.given),
    }
    payload = {"ver": "1.3.0", "nam": named, "dob": holder.born.isoformat(), "t": [entry]}
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": fhir.LOINC, "code": _CARD_TESTS[row.kind]}]},
        "subject": {"reference": "resource:0"},
        "effectiveDateTime": entry["sc"],
        "performer": [{"display": laboratory}],
        "valueCodeableConcept": {"coding": [{"system": fhir.SNOMED, "code": _RESULTS[row.outcome]}]},
    }
    try:
        text = dcc.issue(payload, entry["co"], signer, issued_at=issued_at, expires_at=expires_at)
        card = shc.issue(
            _bundle(holder, observation), _CARD_TYPES, gates.card_issuer(), signer, gates.card_key().label,
            not_before=issued_at, expires_at=expires_at,
        )  # fmt: skip
    except PassError:
        raise Refusal("not_certified", _("This result cannot be certified as it stands.")) from None
    return types.Issued(holder, laboratory, row.kind, row.outcome, row.taken_at, text, tuple(shc.codes(card)))


def standardised(name: str) -> str:
    """A name as in the machine-readable zone of a passport: A to Z, `<` between words.

    Raises a `Refusal` for a name in another script: how that is spelled stands in the passport, and is not guessed.
    """
    plain = unicodedata.normalize("NFC", name).upper().translate(_ICAO)
    letters = [each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each)]
    spelled = "".join(each if each.isalpha() else "" if each in "'’." else "<" for each in letters)
    if not spelled.strip("<") or not spelled.isascii():
        raise Refusal("bad_name", _("Write your name in Latin letters, as in your passport."), field="family")
    return "<".join(part for part in spelled.split("<") if part)


def _bundle(holder: types.Holder, observation: dict[str, Any]) -> dict[str, Any]:
    patient = {
        "resourceType": "Patient",
        "name": [{"family": holder.family, "given": holder.given.split()}],
        "birthDate": holder.born.isoformat(),
    }
    entries = [{"fullUrl": f"resource:{at}", "resource": held} for at, held in enumerate((patient, observation))]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _signer() -> cose.Signer:
    key = signing.signing_key(gates.CARDS, Algorithm.ES256)

    def sign(message: bytes) -> bytes:
        made = signing.sign(gates.CARDS, message, Algorithm.ES256)
        if made.key_id != key.id:
            raise conflict("key_changed", _("The key was changed just now. Try again."))
        return made.value

    return cose.Signer(cose.ES256, keys.key_id(key.public_key), sign)
