"""What a scan means for a parcel: business steps and dispositions of EPCIS to a status.

Steps are the CBV's, and four of our own for what happens at a door, which the CBV has no word for. The places in
`STEPS` and `DISPOSITIONS` are what the table of scans keeps; new words go to the end.
"""

from hashlib import md5
from uuid import UUID

from bocage.services.parcel.types import Status

OUT_FOR_DELIVERY = "urn:bocage:parcel:out_for_delivery"
DELIVERED = "urn:bocage:parcel:delivered"
ATTEMPT_FAILED = "urn:bocage:parcel:attempt_failed"
AVAILABLE_FOR_PICKUP = "urn:bocage:parcel:available_for_pickup"

STEPS = (
    "", "accepting", "arriving", "assembling", "collecting", "commissioning", "consigning", "creating_class_instance",
    "cycle_counting", "decommissioning", "departing", "destroying", "disassembling", "dispensing", "encoding",
    "entering_exiting", "holding", "inspecting", "installing", "killing", "loading", "other", "packing", "picking",
    "receiving", "removing", "repackaging", "repairing", "replacing", "reserving", "retail_selling", "sampling",
    "sensor_reporting", "shipping", "staging_outbound", "stock_taking", "stocking", "storing", "transporting",
    "unloading", "unpacking", "void_shipping", OUT_FOR_DELIVERY, DELIVERED, ATTEMPT_FAILED, AVAILABLE_FOR_PICKUP,
)  # fmt: skip
DISPOSITIONS = (
    "", "active", "available", "completeness_inferred", "completeness_verified", "conformant", "container_closed",
    "container_open", "damaged", "destroyed", "dispensed", "disposed", "encoded", "expired", "in_progress",
    "in_transit", "inactive", "mismatch_class", "mismatch_instance", "mismatch_quantity", "needs_replacement",
    "no_pedigree_match", "non_conformant", "non_sellable_other", "partially_dispensed", "recalled", "reserved",
    "retail_sold", "returned",
    "sellable_accessible", "sellable_not_accessible", "stolen", "unavailable", "unknown",
)  # fmt: skip
STEP_NUMBERS = {word: number for number, word in enumerate(STEPS)}
DISPOSITION_NUMBERS = {word: number for number, word in enumerate(DISPOSITIONS)}

_BY_DISPOSITION = {
    "returned": Status.RETURNED,
    **dict.fromkeys(("damaged", "destroyed", "disposed", "expired", "stolen", "recalled"), Status.EXCEPTION),
}
_BY_STEP = {
    **dict.fromkeys(("commissioning", "encoding"), Status.ANNOUNCED),
    **dict.fromkeys(("accepting", "collecting"), Status.ACCEPTED),
    **dict.fromkeys(
        (
            "arriving",
            "departing",
            "loading",
            "packing",
            "picking",
            "receiving",
            "shipping",
            "staging_outbound",
            "storing",
            "transporting",
            "unloading",
            "unpacking",
            "consigning",
            "inspecting",
            "entering_exiting",
        ),
        Status.IN_TRANSIT,
    ),
    **dict.fromkeys(("holding", "destroying", "decommissioning", "void_shipping"), Status.EXCEPTION),
    OUT_FOR_DELIVERY: Status.OUT_FOR_DELIVERY,
    DELIVERED: Status.DELIVERED,
    ATTEMPT_FAILED: Status.ATTEMPT_FAILED,
    AVAILABLE_FOR_PICKUP: Status.AVAILABLE_FOR_PICKUP,
}


def status_number(step: str, disposition: str) -> int:
    """The rank of the status that a scan gives; 0 where it says nothing of the parcel's way.

    A disposition of the carrier's own does not hide what its step says.
    """
    return int(_BY_DISPOSITION.get(disposition) or _BY_STEP.get(step) or 0)


def error_id(event_id: UUID) -> UUID:
    """The id under which the event is kept that declares `event_id` an error (SQL has the same in capturing.py)."""
    return UUID(md5(f"error:{event_id}".encode(), usedforsecurity=False).hexdigest())
