"""The one kind of expected error: something a person or a program asked for that Bocage will not do."""

from django.utils.functional import Promise


class Refusal(Exception):
    """A request refused for a reason that the asker can act on.

    `code` is a stable slug for programs; `message` says in plain words what to do next; `field` names the input
    at fault; `status` is the HTTP status of the answer. A refusal rolls the request's transaction back, unless
    `recorded` says that the refusal itself is a fact to keep (a ledger transfer refused stays refused).
    """

    def __init__(
        self,
        code: str,
        message: str | Promise,
        *,
        field: str | None = None,
        status: int = 422,
        recorded: bool = False,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status
        self.recorded = recorded

    def __str__(self) -> str:
        where = f" ({self.field})" if self.field else ""
        return f"{self.code}{where}: {self.message}"


def not_found(what: str | Promise, *, field: str | None = None) -> Refusal:
    """The refusal for a thing that is not there, or that the actor may not know is there."""
    return Refusal("not_found", what, field=field, status=404)


def forbidden(message: str | Promise) -> Refusal:
    """The refusal for an act that this actor may not do."""
    return Refusal("forbidden", message, status=403)


def conflict(code: str, message: str | Promise, *, field: str | None = None) -> Refusal:
    """The refusal for a request that contradicts what is already recorded."""
    return Refusal(code, message, field=field, status=409)
