"""What the FHIR bundle of a SMART Health Card must be: what a verifier relies on, and what must not be in.

Source: FHIR R4; SMART Health Cards Framework, "Health Cards are Small"; the Vaccination & Testing implementation guide.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bocage.engines.passes import dcc_values, limits
from bocage.engines.passes.types import PassError

_SHORT_URL = re.compile(r"resource:[0-9]{1,6}")
# FHIR R4, datatypes: date and dateTime.
_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_DATE_TIME = re.compile(
    _DATE.pattern + r"(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-6][0-9](\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_CVX = "http://hl7.org/fhir/sid/cvx"
_CVX_CODE = re.compile(r"[0-9]{2,3}")
# The CDC's CVX codes of COVID-19 vaccines.
_COVID_CVX = frozenset(
    str(code)
    for codes in ((207, 208), range(210, 214), (217, 218, 219, 221), range(225, 231), range(300, 303), range(308, 314),
                  range(500, 522))
    for code in codes
)  # fmt: skip
_TYPE = "https://smarthealth.cards#"
CARD_TYPE = _TYPE + "health-card"
_LABORATORY_STATES = frozenset({"final", "amended", "corrected"})
_ENTRIES_MAX = 1_000


LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
# LOINC: SARS-CoV-2 RNA by amplification, SARS-CoV-2 antigen by a rapid assay; both in respiratory specimens.
LABORATORY_TEST, RAPID_TEST = "94500-6", "94558-4"
# How long a positive test counts: from day 11 on a certificate of recovery may be issued, Regulation (EU) 2021/953,
# article 7(1).
POSITIVE_SECONDS = 11 * 86_400


@dataclass(frozen=True)
class CovidTest:
    """A test on a card: SNOMED CT's code of its result, whether it was a rapid one, when it was taken (Unix time)."""

    result: str
    rapid: bool
    taken: float


def covid_test(resource: Mapping[str, Any]) -> CovidTest | None:
    """The test that a resource is, with an instant and a coded result; None for anything else."""
    if resource.get("resourceType") != "Observation":
        return None
    kinds = {each["code"] for each in resource["code"]["coding"] if each["system"] == LOINC}
    value = resource.get("valueCodeableConcept")
    codings = value.get("coding") if isinstance(value, Mapping) else None
    results = [
        each.get("code")
        for each in (codings if isinstance(codings, list) else [])
        if isinstance(each, Mapping) and each.get("system") == SNOMED
    ]
    when = resource.get("effectiveDateTime")
    if len(results) != 1 or not kinds & {LABORATORY_TEST, RAPID_TEST} or not isinstance(when, str):
        return None
    if not _DATE_TIME.fullmatch(when) or "T" not in when:
        return None
    try:
        taken = datetime.fromisoformat(when).timestamp()
    except ValueError:
        return None
    return CovidTest(str(results[0]), RAPID_TEST in kinds, taken)


def is_positive(test: CovidTest, now: float) -> bool:
    """Whether the virus was detected less than 11 days before `now` (Unix seconds); a day to come counts too."""
    return test.result == dcc_values.DETECTED and now - test.taken < POSITIVE_SECONDS


def deciding_test(resources: Iterable[Mapping[str, Any]], now: float) -> CovidTest | None:
    """The test of a card that counts at `now`: a positive one in its time before any other, else the latest."""
    tests = [test for test in map(covid_test, resources) if test]
    return max(tests, key=lambda test: (is_positive(test, now), test.taken), default=None)


def check(bundle: Any, types: list[str]) -> None:
    """PassError naming the first thing in the bundle that is not as it must be; `types` is what the card says it is."""
    if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle" or bundle.get("type") != "collection":
        raise PassError("not a FHIR Bundle of type collection")
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not 0 < len(entries) <= _ENTRIES_MAX:
        raise PassError("entry: not a list of at least one resource")
    _no_empty(bundle, "Bundle", 0)
    resources: dict[str, Mapping[str, Any]] = {}
    for number, entry in enumerate(entries):
        where = f"entry[{number}]"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("resource"), Mapping):
            raise PassError(f"{where}: no resource")
        url = entry.get("fullUrl")
        if not isinstance(url, str) or not _SHORT_URL.fullmatch(url) or url in resources:
            raise PassError(f"{where}.fullUrl: not a short address of its own, such as resource:{number}")
        resources[url] = entry["resource"]
    if sum(resource.get("resourceType") == "Patient" for resource in resources.values()) != 1:
        raise PassError("a card is of exactly one Patient")
    for url, resource in resources.items():
        _resource(resource, url, resources)
    _types(resources, types)


def _resource(resource: Mapping[str, Any], where: str, resources: Mapping[str, Mapping[str, Any]]) -> None:
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        raise PassError(f"{where}: no resourceType")
    if "id" in resource or "text" in resource:
        raise PassError(f"{where}: {kind}.{'id' if 'id' in resource else 'text'} is not for a card")
    _meta(resource.get("meta"), f"{where}.meta")
    for reference in _references(resource):
        if not isinstance(reference, str) or reference not in resources:
            raise PassError(f"{where}: refers to {reference!r:.60}, which the card does not hold")
    {"Patient": _patient, "Immunization": _immunization, "Observation": _observation}.get(kind, _other)(
        resource, where, resources
    )


def _meta(meta: Any, where: str) -> None:
    """Only `security`, a list of codings (the identity assurance level), may stand in a resource's meta."""
    if meta is None:
        return
    security = meta.get("security") if isinstance(meta, Mapping) else None
    if not isinstance(meta, Mapping) or set(meta) != {"security"} or not isinstance(security, list):
        raise PassError(f"{where}: more or less than its security labels")
    for label in security:
        if not isinstance(label, Mapping) or not set(label) <= {"system", "code"} or not _text(label.get("code")):
            raise PassError(f"{where}.security: not a list of codes")


def _patient(resource: Mapping[str, Any], where: str, resources: Mapping[str, Any]) -> None:
    names = resource.get("name")
    if not isinstance(names, list) or not all(isinstance(name, Mapping) and "id" not in name for name in names):
        raise PassError(f"{where}.name: not a list of names")
    if not any(_text(name.get("family")) or name.get("given") for name in names):
        raise PassError(f"{where}.name: neither a family name nor a given one")
    _matches(resource.get("birthDate"), _DATE, f"{where}.birthDate", "a date")


def _immunization(resource: Mapping[str, Any], where: str, resources: Mapping[str, Any]) -> None:
    if resource.get("status") != "completed":
        raise PassError(f"{where}.status: {resource.get('status')!r:.40}, where a vaccination is completed")
    _codings(resource.get("vaccineCode"), f"{where}.vaccineCode")
    _refers_to_patient(resource.get("patient"), f"{where}.patient", resources)
    if ("occurrenceDateTime" in resource) == ("occurrenceString" in resource):
        raise PassError(f"{where}.occurrence: one date or text, not both or none")
    if "occurrenceDateTime" in resource:
        _matches(resource["occurrenceDateTime"], _DATE_TIME, f"{where}.occurrenceDateTime", "a date")
    for name in ("location", "manufacturer"):
        if name in resource and not isinstance(resource[name], Mapping):
            raise PassError(f"{where}.{name}: not an object")


def _observation(resource: Mapping[str, Any], where: str, resources: Mapping[str, Any]) -> None:
    if resource.get("status") not in _LABORATORY_STATES:
        raise PassError(f"{where}.status: {resource.get('status')!r:.40} is not a final result")
    _codings(resource.get("code"), f"{where}.code")
    _refers_to_patient(resource.get("subject"), f"{where}.subject", resources)


def _other(resource: Mapping[str, Any], where: str, resources: Mapping[str, Any]) -> None:
    """Other resources are carried along, and nothing is read from them."""


def _codings(concept: Any, where: str) -> None:
    codings = concept.get("coding") if isinstance(concept, Mapping) else None
    if not isinstance(codings, list) or not codings:
        raise PassError(f"{where}.coding: no code")
    for coding in codings:
        if not isinstance(coding, Mapping) or not _text(coding.get("system")) or not _text(coding.get("code")):
            raise PassError(f"{where}.coding: a code has a system and a code")
        if coding["system"] == _CVX and not _CVX_CODE.fullmatch(coding["code"]):
            raise PassError(f"{where}.coding: {coding['code']!r:.40} is not a CVX code")


def _refers_to_patient(reference: Any, where: str, resources: Mapping[str, Mapping[str, Any]]) -> None:
    target = resources.get(reference.get("reference", "")) if isinstance(reference, Mapping) else None
    if target is None or target.get("resourceType") != "Patient":
        raise PassError(f"{where}: does not refer to the card's Patient")


def _types(resources: Mapping[str, Mapping[str, Any]], types: list[str]) -> None:
    """A card that holds vaccinations or laboratory results says so in its types."""
    wanted = {CARD_TYPE}
    for resource in resources.values():
        if resource["resourceType"] == "Immunization":
            wanted.add(_TYPE + "immunization")
            codings = resource["vaccineCode"]["coding"]
            if any(coding["system"] == _CVX and coding["code"] in _COVID_CVX for coding in codings):
                wanted.add(_TYPE + "covid19")
        elif resource["resourceType"] == "Observation":
            wanted.add(_TYPE + "laboratory")
    missing = sorted(wanted - set(types))
    if missing:
        raise PassError(f"vc.type lacks {missing[0]}")


def _no_empty(value: Any, where: str, depth: int) -> None:
    """FHIR's JSON has no empty text, list, object or null (but nulls in a list that runs beside another)."""
    if depth > limits.JSON_DEPTH_MAX:
        raise PassError(f"{where[:80]}: nested too deeply")
    if value == "" or value == [] or value == {} or value is None:
        raise PassError(f"{where[:120]}: empty")
    if isinstance(value, Mapping):
        for name, held in value.items():
            _no_empty(held, f"{where}.{name}", depth + 1)
    elif isinstance(value, list):
        for number, held in enumerate(value):
            if held is not None:
                _no_empty(held, f"{where}[{number}]", depth + 1)


def _references(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name, held in value.items():
            if name == "reference":
                yield held
            else:
                yield from _references(held)
    elif isinstance(value, list):
        for held in value:
            yield from _references(held)


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _matches(value: Any, pattern: re.Pattern[str], where: str, what: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise PassError(f"{where}: {value!r:.40} is not {what}")
