"""Dividing one amount among people so that the parts are whole cents and add up to it."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal
from bocage.services.pay import limits


def equal_parts(total_minor: int, people: int) -> list[int]:
    """`people` parts of `total_minor` that differ by one cent at most; the larger ones come first."""
    _check_people(people)
    part, left = divmod(total_minor, people)
    if part == 0:
        raise Refusal("split_too_small", _("There is less than a cent for each person."), field="amount")
    return [part + (1 if index < left else 0) for index in range(people)]


def given_parts(total_minor: int, parts: Sequence[int]) -> list[int]:
    """`parts`, when none is negative and they add up to `total_minor`."""
    _check_people(len(parts))
    if any(part < 0 for part in parts):
        raise Refusal("split_negative", _("A part cannot be less than zero."), field="parts")
    if sum(parts) != total_minor:
        raise Refusal(
            "split_does_not_add_up",
            _("The parts must add up to the bill. Change one of them, or split it equally."),
            field="parts",
        )
    return list(parts)


def _check_people(people: int) -> None:
    if not 2 <= people <= limits.SPLIT_PEOPLE_MAX:
        raise Refusal(
            "split_people",
            _("Split a bill among 2 to %(max)d people, you included.") % {"max": limits.SPLIT_PEOPLE_MAX},
            field="people",
        )
