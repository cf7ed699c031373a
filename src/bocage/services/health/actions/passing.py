"""What a gate and a phone do with passes: tokens issued, spent, and counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from bocage.engines import passes
from bocage.engines.passes import Kind, PassError, admission, cose, keys, tokens
from bocage.kernel import clock
from bocage.kernel.acting import own_tables
from bocage.kernel.errors import Refusal
from bocage.kernel.keys import actions as signing
from bocage.services.health import limits
from bocage.services.health.queries import gates

TOKEN_LIFE = timedelta(minutes=10)
TOKENS_A_BATCH = 12
# How many gates can be passed in each stretch without a connection, or how often the page be opened again.
TOKENS_A_STRETCH = 3
COUNT_MAX = 100_000
COUNTED_BACK = timedelta(days=2)
COLOURS = ("green", "yellow", "red", "refused")

_SPEND_SQL = """
with over as (delete from health_spent_token where expires_at < %(over)s),
fresh as (
    insert into health_spent_token (nonce, attempt, expires_at)
    select * from unnest(%(nonces)s::bytea[], %(attempts)s::bytea[], %(ends)s::timestamptz[])
    order by 1
    on conflict do nothing returning nonce
)
select nonce from fresh
union
select nonce from health_spent_token join unnest(%(nonces)s::bytea[], %(attempts)s::bytea[]) as asked (nonce, attempt)
    using (nonce, attempt)
"""
_COUNT_SQL = """
insert into health_gate_hour (organisation_id, hour, colour, count)
values (%s, %s, %s, %s)
on conflict (organisation_id, hour, colour)
do update set count = least(health_gate_hour.count + excluded.count, 2000000000)
"""


@dataclass(frozen=True)
class Decision:
    """What a gate does with one code. `open` is for a turnstile: green, and nothing that a person must compare."""

    open: bool
    colour: str
    reason: str
    compare_name: bool
    kind: str


def issue_tokens(colour: str, a_stretch: int = 1) -> list[tokens.Token]:
    """Single-use tokens of a colour ("green", "yellow", "red") for the next two hours, in the order of their time."""
    begins_at = int(clock.now().timestamp())
    life = int(TOKEN_LIFE.total_seconds())
    wanted, signer = tokens.Colour[colour.upper()], _signer()
    made = [
        token
        for _batch in range(a_stretch)
        for token in tokens.issue_batch(wanted, signer, begins_at=begins_at, count=TOKENS_A_BATCH, life_seconds=life)
    ]
    return sorted(made, key=lambda token: token.not_before)


def issue_paper(colour: str, name: str, born: str, life: timedelta) -> str:
    """The text of a paper certificate's code. It names its bearer; an office prints it."""
    now = int(clock.now().timestamp())
    wanted = tokens.Colour[colour.upper()]
    try:
        return tokens.issue_paper(
            wanted, name, born, _signer(), issued_at=now, expires_at=now + int(life.total_seconds())
        )
    except PassError:
        raise Refusal("bad_paper", _("A pass on paper needs a name of 1 to 80 characters."), field="name") from None


def _signer() -> cose.Signer:
    key, sign = signing.signer(gates.PURPOSE)
    return cose.Signer(cose.EDDSA, keys.key_id(key.public_key), sign)


def decide(organisation_id: UUID, codes: Sequence[str], attempt: str) -> list[Decision]:
    """Verify the codes and spend the tokens among them; `attempt` is the caller's key for this showing.

    A token is let through once: a second showing is refused, and so is a second copy in one request. The same
    `attempt` by the same organisation gets the same answer, for a gate that lost the first one.
    """
    now = clock.now().timestamp()
    trusted = gates.trusted()
    verdicts = [passes.verify(code, trusted, now) for code in codes]
    shown = [admission.admit(verdict, now) for verdict in verdicts]
    ends: dict[bytes, float] = {}
    attempts: dict[bytes, bytes] = {}
    first: dict[bytes, int] = {}
    for number, verdict in enumerate(verdicts):
        if verdict.kind is Kind.TOKEN and verdict.content is not None:
            nonce = bytes.fromhex(verdict.content["nonce"])
            if nonce not in first:
                first[nonce] = number
                ends[nonce] = verdict.content["expires_at"]
                attempts[nonce] = sha256(f"{organisation_id}\0{attempt}\0{number}".encode()).digest()
    let_through = _spend(ends, attempts) if ends else set()
    spent = {number for number, verdict in enumerate(verdicts) if verdict.kind is Kind.TOKEN and verdict.valid}
    spent -= {first[nonce] for nonce in let_through}
    return [
        Decision(False, "refused", "spent: this token was shown before", False, str(verdict.kind))
        if number in spent
        else Decision(each.colour == "green" and not each.name, each.colour, each.reason, bool(each.name), verdict.kind)
        for number, (each, verdict) in enumerate(zip(shown, verdicts, strict=True))
    ]


def _spend(ends: Mapping[bytes, float], attempts: Mapping[bytes, bytes]) -> set[bytes]:
    """The nonces that are let through: those that nobody spent, and those that this very attempt did."""
    nonces = sorted(ends)
    values: dict[str, Any] = {
        "over": clock.now() - limits.SPENT_KEPT,
        "nonces": nonces,
        "attempts": [attempts[nonce] for nonce in nonces],
        "ends": [datetime.fromtimestamp(ends[nonce], tz=clock.now().tzinfo) for nonce in nonces],
    }
    with own_tables("health"), connection.cursor() as cursor:
        cursor.execute(_SPEND_SQL, values)
        return {bytes(row[0]) for row in cursor.fetchall()}


def count(organisation_id: UUID, hour: datetime, counts: Mapping[str, int]) -> None:
    """Add what a gate saw in an hour. Counts of colours; there is nobody in them."""
    start = hour.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    now = clock.now()
    if not now - COUNTED_BACK <= start <= now:
        raise Refusal("bad_hour", _("An hour of the last two days."), field="hour")
    for colour, number in counts.items():
        if colour not in COLOURS or not 0 <= number <= COUNT_MAX:
            raise Refusal("bad_count", _("Counts of colours, up to 100,000 each."), field="counts")
    with own_tables("health"), connection.cursor() as cursor:
        cursor.executemany(
            _COUNT_SQL,
            [(organisation_id, start, colour, number) for colour, number in sorted(counts.items()) if number],
        )
