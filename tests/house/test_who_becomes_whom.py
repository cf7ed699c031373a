"""Acting as a person is what row-level security rests on: every place that does it is named here, with its reason."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "bocage"
BECOMING = re.compile(r"\b(acting_as|become)\(\s*Actor(\.for_person)?\(")

PLACES = {
    "kernel/events/sending.py": "an organisation whose own events its webhook is sent",
    "kernel/ports.py": "a port answers as its subject sees it, after the consent and with a receipt",
    "shell/api_site.py": "a token that was checked",
    "shell/accounts/adapter.py": "a person who has just signed up or in",
    "shell/console/access.py": "an operator who looks, with a reason, a receipt and an event",
    "services/pay/actions/bank.py": "the owner's pay-out, when the bank answers; and her line of a top-up",
    "services/pay/actions/elsewhere.py": "the payer's line of a payment that another service took",
    "services/pay/actions/paying.py": "the payer whose own one-time code was shown at the till",
    "services/pay/handlers.py": "the payer's line of her payment",
    "services/city/actions/photos.py": "the reporter, whose photo an operator looks at, with a receipt and an event",
    "services/city/demo.py": "the demo city",
    "services/pay/demo.py": "the demo city",
    "services/forest/demo.py": "the demo city",
    "services/health/demo.py": "the demo city",
    "services/parcel/actions/proving.py": "who a picture of a delivery belongs to, in whose files it is kept",
    "services/parcel/queries/proofs.py": "the same, for the parcel's other side, who may see its row",
    "services/parcel/api/carrying.py": "a courier on her page, for the carrier she chose, once its scope was checked",
    "services/parcel/demo.py": "the demo city",
    "demo/city.py": "the demo city",
}


def test_nobody_acts_as_a_person_but_in_the_places_that_are_named() -> None:
    found = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if "tests" not in file.parts and BECOMING.search(file.read_text())
    }
    assert found <= set(PLACES), "name the place here with its reason, or act as the service"


def test_a_service_takes_no_database_role_but_its_own() -> None:
    taking = re.compile(r"own_tables\(([^)]*)\)|set local role|set role", re.IGNORECASE)
    found = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if not {"tests", "migrations"} & set(file.parts) and taking.search(file.read_text())
    }
    kernel = {"kernel/acting/actor.py", "kernel/acting/rls.py", "kernel/postgres/roles.py"}
    assert {each for each in found if not each.startswith("services/health/")} <= kernel
