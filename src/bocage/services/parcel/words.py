"""Words for what parcels do, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bocage.kernel.payments.types import DisputeState
from bocage.services.parcel import steps
from bocage.services.parcel.types import ClaimReason, PriceLine, Problem, ProofKind, Size, Speed, Status

_STATUS: dict[Status, Promise] = {
    Status.DRAFT: gettext_lazy("not paid yet"),
    Status.ANNOUNCED: gettext_lazy("announced"),
    Status.ACCEPTED: gettext_lazy("handed over"),
    Status.IN_TRANSIT: gettext_lazy("on its way"),
    Status.EXCEPTION: gettext_lazy("held up"),
    Status.OUT_FOR_DELIVERY: gettext_lazy("out for delivery"),
    Status.ATTEMPT_FAILED: gettext_lazy("nobody could take it"),
    Status.AVAILABLE_FOR_PICKUP: gettext_lazy("ready for you to fetch"),
    Status.RETURNED: gettext_lazy("going back to the sender"),
    Status.DELIVERED: gettext_lazy("delivered"),
    Status.CANCELLED: gettext_lazy("cancelled"),
}
_STEPS: dict[str, Promise] = {
    "commissioning": gettext_lazy("Label made"),
    "encoding": gettext_lazy("Label made"),
    "accepting": gettext_lazy("Taken by the carrier"),
    "collecting": gettext_lazy("Fetched from the sender"),
    "arriving": gettext_lazy("Arrived at a depot"),
    "receiving": gettext_lazy("Received at a depot"),
    "unloading": gettext_lazy("Unloaded"),
    "storing": gettext_lazy("Kept at a depot"),
    "inspecting": gettext_lazy("Looked at"),
    "holding": gettext_lazy("Held back"),
    "picking": gettext_lazy("Sorted"),
    "packing": gettext_lazy("Packed"),
    "staging_outbound": gettext_lazy("Ready to leave"),
    "loading": gettext_lazy("Loaded"),
    "departing": gettext_lazy("Left a depot"),
    "shipping": gettext_lazy("Sent on"),
    "transporting": gettext_lazy("On the road"),
    steps.OUT_FOR_DELIVERY: gettext_lazy("With the courier, for today"),
    steps.DELIVERED: gettext_lazy("Delivered"),
    steps.ATTEMPT_FAILED: gettext_lazy("The courier was at the door"),
    steps.AVAILABLE_FOR_PICKUP: gettext_lazy("Waits to be fetched"),
}
_DISPOSITIONS: dict[str, Promise] = {
    "damaged": gettext_lazy("It was damaged"),
    "returned": gettext_lazy("On its way back to the sender"),
    "stolen": gettext_lazy("It was stolen"),
    "destroyed": gettext_lazy("It was destroyed"),
    "expired": gettext_lazy("It was not fetched in time"),
    "mismatch_instance": gettext_lazy("The address was wrong"),
    "unavailable": gettext_lazy("It was not taken"),
}
_SPEEDS: dict[Speed, Promise] = {
    Speed.SAME_DAY: gettext_lazy("Same day"),
    Speed.NEXT_DAY: gettext_lazy("Next day"),
    Speed.ECONOMY: gettext_lazy("Within three days"),
}
_SIZES: dict[Size, Promise] = {
    Size.SMALL: gettext_lazy("small"),
    Size.MEDIUM: gettext_lazy("medium"),
    Size.LARGE: gettext_lazy("large"),
}
_PROOFS: dict[ProofKind, Promise] = {
    ProofKind.PHOTO: gettext_lazy("Photo at the door"),
    ProofKind.SIGNATURE: gettext_lazy("Signature"),
}
CLAIM_REASONS: dict[ClaimReason, Promise] = {
    ClaimReason.DAMAGED: gettext_lazy("It was damaged"),
    ClaimReason.LOST: gettext_lazy("It never arrived"),
    ClaimReason.LATE: gettext_lazy("It came too late"),
}
_CLAIMS: dict[str, Promise] = {
    DisputeState.OPEN: gettext_lazy("The price is set aside until the carrier or the town decides."),
    DisputeState.WITHDRAWN: gettext_lazy("The claim was taken back."),
    DisputeState.FOR_PAYER: gettext_lazy("The price went back to the sender."),
    DisputeState.FOR_PAYEE: gettext_lazy("The town decided for the carrier."),
}
_PROBLEMS: dict[str, Promise] = {
    "too_warm": gettext_lazy("Not kept cool"),
    "exception": gettext_lazy("Held up or damaged"),
    "late": gettext_lazy("Later than promised"),
    "no_movement": gettext_lazy("Not seen since a day and a half"),
    "never_seen": gettext_lazy("Announced, never handed over"),
}
_LINES: dict[str, Promise] = {
    "base_quarter": gettext_lazy("Within the quarter, up to 1 kg"),
    "base_town": gettext_lazy("Within the town, up to 1 kg"),
    "base_country": gettext_lazy("Elsewhere in the country, up to 1 kg"),
    "speed_same_day": gettext_lazy("On the same day"),
    "speed_next_day": gettext_lazy("On the next day"),
}


def status_title(status: Status) -> str:
    """A status as a receiver reads it."""
    return str(_STATUS[status])


def step_title(step: str, disposition: str = "") -> str:
    """A scan as a receiver reads it; what it found says more than what was done."""
    return str(_DISPOSITIONS.get(disposition) or _STEPS.get(step) or _("Seen by the carrier"))


def size_title(size: Size) -> str:
    """How large a compartment is."""
    return str(_SIZES[size])


def proof_title(kind: ProofKind) -> str:
    """What a picture of a delivery shows."""
    return str(_PROOFS[kind])


def speed_title(speed: Speed) -> str:
    """How soon."""
    return str(_SPEEDS[speed])


def problem_title(problem: Problem) -> str:
    """What is wrong."""
    return str(_PROBLEMS[problem.kind])


def claim_title(state: str) -> str:
    """How a claim stands."""
    return str(_CLAIMS[state])


def line_title(line: PriceLine) -> str:
    """A line of a price's sum."""
    if line.code == "kilograms":
        return ngettext("%(count)d more kilogram", "%(count)d more kilograms", line.count) % {"count": line.count}
    return str(_LINES[line.code])
