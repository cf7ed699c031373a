"""Parcel for programs, under `/api/v1/parcel`."""

from ninja import Router

from bocage.services.parcel.api import carrying, epcis, lockers, sending

router = Router()
router.add_router("", sending.router)
router.add_router("", carrying.router)
router.add_router("", epcis.router)
router.add_router("", lockers.router)
