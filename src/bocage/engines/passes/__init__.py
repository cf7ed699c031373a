"""Passes: EU Digital COVID Certificates, SMART Health Cards and our own colour tokens, verified offline and issued.

Plain Python on cbor2, cryptography and zxing-cpp. `verify` takes the text of a code, whatever it is.
"""

from collections.abc import Sequence

from bocage.engines.passes import dcc, shc, tokens
from bocage.engines.passes.keys import Trust
from bocage.engines.passes.types import Kind, PassError, Step, Verdict

__all__ = ["Kind", "PassError", "Step", "Trust", "Verdict", "verify"]


def verify(text: str | Sequence[str], trusted: Trust, now: float) -> Verdict:
    """What became of a pass at `now` (Unix seconds); several texts are the codes of one SMART Health Card."""
    if not isinstance(text, str):
        return shc.verify(text, trusted, now)
    if text.startswith((tokens.TOKEN_PREFIX, tokens.PAPER_PREFIX)):
        return tokens.verify(text, trusted, now)
    if shc.is_card(text):
        return shc.verify(text, trusted, now)
    if text.startswith("HC"):
        return dcc.verify(text, trusted, now)
    return Verdict(Kind.UNKNOWN, (Step("prefix", False, "no pass that is known: HC1:, shc:/, BC1: or BP1:"),))
