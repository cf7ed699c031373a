"""Issuers made for the tests, and what they issue."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bocage.engines.passes import cose, dcc, fhir, keys, shc
from bocage.engines.passes.cose import Signer

NOW = 1_780_000_000
DAY = 86_400
ISSUER = "https://laboratory.example/cards"
TYPES = tuple(f"https://smarthealth.cards#{name}" for name in ("health-card", "immunization", "covid19"))
TESTED_TYPES = (*TYPES, "https://smarthealth.cards#laboratory")


@cache
def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def ed25519() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def card_key(valid_from: float | None = None, valid_until: float | None = None) -> keys.TrustedKey:
    return keys.of_p256(keys.point_of(p256().public_key()), valid_from, valid_until)


def dcc_signer() -> Signer:
    return cose.es256_signer(p256(), b"lab-2026")


def token_signer() -> Signer:
    raw = ed25519().public_key().public_bytes_raw()
    return Signer(cose.EDDSA, keys.key_id(raw), ed25519().sign)


def trust(usages: frozenset[str] = frozenset()) -> keys.Trust:
    return keys.trust(
        [
            keys.TrustedKey(b"lab-2026", p256().public_key(), usages),
            keys.of_ed25519(ed25519().public_key().public_bytes_raw()),
        ],
        [keys.IssuerKeys(ISSUER, {keys.thumbprint(p256().public_key()): card_key()})],
    )


def vaccination(**changes: Any) -> dict[str, Any]:
    entry = {
        "tg": "840539006",
        "vp": "1119349007",
        "mp": "EU/1/20/1528",
        "ma": "ORG-100030215",
        "dn": 2,
        "sd": 2,
        "dt": "2026-01-15",
        "co": "FR",
        "is": "Laboratoire du Bocage",
        "ci": "URN:UVCI:01:FR:BOCAGE0001#7",
    }
    person = {"fn": "Martin", "fnt": "MARTIN", "gn": "Ana", "gnt": "ANA"}
    return {"ver": "1.3.0", "nam": person, "dob": "1990-02-03", "v": [{**entry, **changes}]}


def certificate(payload: Mapping[str, Any] | None = None, expires_at: int = NOW + DAY) -> str:
    payload = payload or vaccination()
    return dcc.issue(payload, "FR", dcc_signer(), issued_at=NOW - DAY, expires_at=expires_at)


def bundle() -> dict[str, Any]:
    patient = {"resourceType": "Patient", "name": [{"family": "Martin", "given": ["Ana"]}], "birthDate": "1990-02-03"}
    dose = {
        "resourceType": "Immunization",
        "meta": {"security": [{"code": "IAL1.2"}]},
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "208"}]},
        "patient": {"reference": "resource:0"},
        "occurrenceDateTime": "2026-01-15",
        "lotNumber": "0001",
    }
    entries = [{"fullUrl": f"resource:{number}", "resource": held} for number, held in enumerate((patient, dose))]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def tested_bundle(*tests: tuple[str, str, float], vaccinated: bool = False) -> dict[str, Any]:
    """A card's tests in this order: LOINC code, SNOMED CT's code of the result, taken when (Unix time)."""
    made = bundle()
    if not vaccinated:
        del made["entry"][1]
    for number, (code, result, taken) in enumerate(tests, start=len(made["entry"])):
        observation = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": fhir.LOINC, "code": code}]},
            "subject": {"reference": "resource:0"},
            "effectiveDateTime": datetime.fromtimestamp(taken, UTC).isoformat(),
            "valueCodeableConcept": {"coding": [{"system": fhir.SNOMED, "code": result}]},
        }
        made["entry"].append({"fullUrl": f"resource:{number}", "resource": observation})
    return made


def card(held: Mapping[str, Any] | None = None, **changes: Any) -> str:
    kid = keys.thumbprint(p256().public_key())
    values: dict[str, Any] = {"types": TYPES, "issuer": ISSUER, "not_before": NOW - DAY, **changes}
    types, issuer = values.pop("types"), values.pop("issuer")
    return shc.issue(held or bundle(), types, issuer, cose.es256_signer(p256(), b""), kid, **values)
