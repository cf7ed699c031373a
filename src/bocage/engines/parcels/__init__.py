"""Parcels: their numbers (UPU S10, GS1 SSCC, element strings, Digital Link) and their events (GS1 EPCIS 2.0)."""

from .epc import check_epc, sscc_of, sscc_urn
from .epcis.documents import document_of, read_document, read_json, write_document
from .gs1 import read_elements, read_link, read_sscc, write_elements, write_link, write_sscc
from .s10 import read_s10, write_s10
from .types import Document, EpcisError, Event, NumberError

__all__ = [
    "Document",
    "EpcisError",
    "Event",
    "NumberError",
    "check_epc",
    "document_of",
    "read_document",
    "read_elements",
    "read_json",
    "read_link",
    "read_s10",
    "read_sscc",
    "sscc_of",
    "sscc_urn",
    "write_document",
    "write_elements",
    "write_link",
    "write_s10",
    "write_sscc",
]
