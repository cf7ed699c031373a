"""Exceptions to the strict content security policy, each for the one kind of page that cannot do without."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

SCANNING_CSP: dict[str, Any] = {**settings.SECURE_CSP, "script-src": [CSP.SELF, CSP.WASM_UNSAFE_EVAL]}


def scanning_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let this page compile WebAssembly: `<c-scanner>` reads codes with it. For no other page."""
    return csp_override(SCANNING_CSP)(view)
