"""Health for programs, under `/api/v1/health`."""

from ninja import Router

from bocage.services.health.api import gate, laboratory, person

router = Router()
router.add_router("", person.router)
router.add_router("", laboratory.router)
router.add_router("", gate.router)
