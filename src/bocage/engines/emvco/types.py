"""What payment codes say: merchant-presented (EMVCo QRCPS-MPM 1.1) and consumer-presented (QRCPS-CPM 1.1)."""

from dataclasses import dataclass
from typing import Literal

AMOUNT_LIMIT_MINOR = 9 * 10**15


@dataclass(frozen=True, slots=True)
class SchemeAccount:
    """A card scheme's own merchant account, data objects 02 to 25: a value without structure."""

    tag: int
    value: str


@dataclass(frozen=True, slots=True)
class AccountTemplate:
    """A payment system's merchant account, data objects 26 to 51: its globally unique identifier and its fields."""

    tag: int
    guid: str
    fields: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Tip:
    """What may come on top: the payer is asked ("prompt"), a fixed fee, or a share in hundredths of a percent."""

    kind: Literal["prompt", "fixed", "percentage"]
    amount_minor: int = 0
    basis_points: int = 0


@dataclass(frozen=True, slots=True)
class AdditionalData:
    """Template 62. The value "***" asks the payer's app to ask for it."""

    bill_number: str | None = None
    mobile_number: str | None = None
    store_label: str | None = None
    loyalty_number: str | None = None
    reference_label: str | None = None
    customer_label: str | None = None
    terminal_label: str | None = None
    purpose: str | None = None
    consumer_data_request: str | None = None
    merchant_tax_id: str | None = None
    merchant_channel: str | None = None
    others: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LocalName:
    """Template 64: the merchant's name (and city) in its own language and script; `language` by ISO 639."""

    language: str
    name: str
    city: str | None = None


@dataclass(frozen=True, slots=True)
class MerchantCode:
    """A merchant-presented code.

    `amount_minor` is in ISO 4217 minor units of `currency` (three letters); None lets the payer say it. A `dynamic`
    code is for one payment. `name` (25) and `city` (15) are printable ASCII: `common_text` makes them so.
    """

    accounts: tuple[SchemeAccount | AccountTemplate, ...]
    mcc: str
    currency: str
    country: str
    name: str
    city: str
    dynamic: bool | None = None
    amount_minor: int | None = None
    tip: Tip | None = None
    postal_code: str | None = None
    additional: AdditionalData | None = None
    local_name: LocalName | None = None
    others: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """One application of a consumer-presented code (template 61); `items` are its other data objects by hex tag."""

    aid: bytes
    label: str | None
    items: tuple[tuple[str, bytes], ...] = ()
    transparent: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class ConsumerCode:
    """A consumer-presented code: its applications, and data common to them (templates 62 and 64)."""

    applications: tuple[Application, ...]
    common: tuple[tuple[str, bytes], ...] = ()
    common_transparent: tuple[tuple[str, bytes], ...] = ()


class EmvError(ValueError):
    """A code, or data for one, that is wrong: stable `code`, plain `problem`, which `tag` and at which `offset`.

    The offset counts characters of a merchant's code and bytes of a consumer's (after base64); None when writing.
    """

    def __init__(self, code: str, problem: str, *, tag: str = "", offset: int | None = None) -> None:
        super().__init__(code, problem, tag, offset)
        self.code = code
        self.problem = problem
        self.tag = tag
        self.offset = offset

    def __str__(self) -> str:
        where = [part for part in (f"tag {self.tag}" if self.tag else "", self._place()) if part]
        return f"{', '.join(where)}: {self.problem}" if where else self.problem

    def _place(self) -> str:
        return "" if self.offset is None else f"offset {self.offset}"
