"""A company's footprint from its own papers, by the GHG Protocol: records in, an inventory with intervals out.

    from bocage.engines.carbon.business import Record, assess
    assess([Record("meter", "e.csv", 2, on=date(2025, 12, 31), since=date(2025, 1, 1), kind="electricity",
                   quantity=Decimal(9000), unit="kWh")], begins=date(2025, 1, 1), country="FR")

`papers` makes records of what `engines.statements` reads; `kinds` says what each is for, `matching` that none counts
twice, `weighing` what it weighs, `spread` how far off that may be, `inventory` sums it, `measures` says what would
change it, `disclosures` writes it as the ESRS and the VSME standard ask.
"""

from .disclosures import Figure, e1_6, vsme_b3
from .inventory import assess, supplier_name
from .measures import Change, plan
from .papers import of_bank, of_fuel_card, of_invoice, of_ledger, of_meters
from .types import (
    CATEGORIES,
    NOT_IN_ACCOUNTS,
    ActivityYear,
    Contract,
    Inventory,
    Left,
    Part,
    Reason,
    Record,
    Sum,
    Supplier,
    Weighed,
)

__all__ = [
    "CATEGORIES",
    "NOT_IN_ACCOUNTS",
    "ActivityYear",
    "Change",
    "Contract",
    "Figure",
    "Inventory",
    "Left",
    "Part",
    "Reason",
    "Record",
    "Sum",
    "Supplier",
    "Weighed",
    "assess",
    "e1_6",
    "of_bank",
    "of_fuel_card",
    "of_invoice",
    "of_ledger",
    "of_meters",
    "plan",
    "supplier_name",
    "vsme_b3",
]
