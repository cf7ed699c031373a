"""City for programs, under `/api/v1/city`."""

from ninja import Router

from bocage.services.city.api import lights, observing, reporting

router = Router()
router.add_router("", observing.router)
router.add_router("", lights.router)
router.add_router("", reporting.router)
