"""What idempotency shows to everybody else."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """An answer given before: its HTTP status and its body, to be given again byte for byte."""

    status: int
    body: str
