"""What City's pages ask for: their scopes, and a number that nobody types."""

from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal

READ, WRITE = "city:read", "city:write"


def whole(text: str, field: str) -> int:
    """A number from a form that people do not type. Raises a `Refusal`."""
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refusal("bad_number", _("This page is out of date. Load it again."), field=field, status=400)
    return int(text)
