"""Vallon, an invented town: its people, its shops and what they sell."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who does not exist. `role` is an operator's, when she has one."""

    handle: str
    name: str
    language: str = "fr"
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class DemoShop:
    """A shop that does not exist: its ISO 18245 category, its owner, and its usual sales (memo, cents)."""

    handle: str
    name: str
    mcc: str
    owner: str
    sales: tuple[tuple[str, int], ...]


ANA = DemoPerson("ana", "Ana Morel", language="en")
MARCO = DemoPerson("marco", "Marco Ferri")
OPERATOR = DemoPerson("odile", "Odile Renard", language="en", roles=("operator", "approver"))

APPROVER = DemoPerson("paul", "Paul Garnier", roles=("approver",))

PEOPLE = (
    ANA,
    MARCO,
    OPERATOR,
    APPROVER,
    DemoPerson("weilin", "Wei Lin"),
    DemoPerson("samira", "Samira Haddad"),
    DemoPerson("theo", "Théo Lambert"),
    DemoPerson("ines", "Inès Caron"),
    DemoPerson("jonas", "Jonas Weber", language="en"),
    DemoPerson("fatou", "Fatou Diallo"),
    DemoPerson("lucie", "Lucie Perrin"),
    DemoPerson("karim", "Karim Benali"),
    DemoPerson("elsa", "Elsa Fontaine"),
    DemoPerson("noah", "Noah Petit", language="en"),
    DemoPerson("mei", "Mei Tanaka"),
    DemoPerson("hugo", "Hugo Marchand"),
)

SHOPS = (
    DemoShop(
        "moulin", "Moulin Café", "5814", "marco", (("Coffee", 240), ("Coffee and croissant", 410), ("Lunch", 1350))
    ),
    DemoShop("tramway", "Tramway de Vallon", "4111", "karim", (("Single ticket", 180), ("Day ticket", 520))),
    DemoShop(
        "halles", "Les Halles market", "5411", "samira", (("Vegetables", 1165), ("Weekly shop", 5430), ("Bread", 320))
    ),
    DemoShop("station-sud", "Station Sud", "5541", "hugo", (("Unleaded 95", 6210), ("Diesel", 5480))),
    DemoShop("librairie", "Librairie du Pont", "5942", "lucie", (("Paperback", 890), ("Comic", 1450))),
    DemoShop("pharmacie", "Pharmacie des Tilleuls", "5912", "elsa", (("Prescription", 760), ("Sun cream", 1190))),
    DemoShop("cyclerie", "La Cyclerie", "5940", "theo", (("Inner tube", 750), ("Brake service", 3900))),
    DemoShop("friperie", "Friperie Revoir", "5931", "ines", (("Second-hand coat", 2800), ("Shirt", 900))),
    DemoShop("gare", "Gare de Vallon", "4112", "paul", (("Return to the coast", 2340), ("Regional ticket", 870))),
    DemoShop("cinema", "Cinéma Lux", "7832", "jonas", (("Film", 850),)),
    DemoShop("energie", "Énergie Commune", "4900", "fatou", (("Electricity, month", 5820),)),
    DemoShop("boulange", "Boulangerie Aubin", "5462", "mei", (("Baguette", 125), ("Two tartlets", 690))),
)

PASSWORD = "vallon-demo-2026"  # noqa: S105 - printed at start, for people who do not exist
SIGN_INS = (
    (ANA, "a citizen: wallet, forest, consents"),
    (MARCO, "a merchant: Moulin Café's till and takings"),
    (OPERATOR, "an operator: the town's console"),
    (APPROVER, "who decides with her: nobody approves what she proposed herself"),
)


def email_of(person: DemoPerson) -> str:
    """A demo address; `example` is reserved for such (RFC 2606)."""
    return f"{person.handle}@vallon.example"
