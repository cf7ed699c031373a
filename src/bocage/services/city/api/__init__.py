"""City for programs, under `/api/v1/city`."""

from ninja import Router

from bocage.services.city.api import observing

router = Router()
router.add_router("", observing.router)
