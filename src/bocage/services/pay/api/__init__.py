"""Pay for programs: everything that the pages do, under `/api/v1/pay`."""

from ninja import Router

from bocage.services.pay.api import bank, codes, complaints, exchanging, keeping, payments, people, recurring, wallet

router = Router()
router.add_router("", wallet.router)
router.add_router("", payments.router)
router.add_router("", keeping.router)
router.add_router("", exchanging.router)
router.add_router("", complaints.router)
router.add_router("", codes.router)
router.add_router("", people.router)
router.add_router("", bank.router)
router.add_router("", recurring.router)
