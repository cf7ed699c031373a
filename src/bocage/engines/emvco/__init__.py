"""EMVCo payment codes: what a shop shows (merchant-presented) and what a payer shows (consumer-presented)."""

from .consumer import decode_consumer, encode_consumer, read_consumer
from .merchant import GUID, common_text, decode, encode, payee_account, payee_of
from .types import (
    AccountTemplate,
    AdditionalData,
    Application,
    ConsumerCode,
    EmvError,
    LocalName,
    MerchantCode,
    SchemeAccount,
    Tip,
)

__all__ = [
    "GUID",
    "AccountTemplate",
    "AdditionalData",
    "Application",
    "ConsumerCode",
    "EmvError",
    "LocalName",
    "MerchantCode",
    "SchemeAccount",
    "Tip",
    "common_text",
    "decode",
    "decode_consumer",
    "encode",
    "encode_consumer",
    "payee_account",
    "payee_of",
    "read_consumer",
]
