"""The console's pages."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal

PAGE_ROWS = 50
CURSOR_DIGITS_MAX = 18


def cursor_of(request: HttpRequest) -> int | None:
    """The number after which the page's list goes on. Raises `Refusal` for one that no page gave."""
    text = request.GET.get("before", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > CURSOR_DIGITS_MAX:
        raise Refusal("bad_cursor", _("This link is damaged. Open the page again."), field="before", status=400)
    return int(text)
