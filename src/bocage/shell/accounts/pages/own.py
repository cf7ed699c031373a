"""What every page of a signed-in person begins with."""

from collections.abc import Callable
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from bocage.kernel.errors import forbidden

FORM_METHODS = ("GET", "HEAD", "POST")


def own_id(request: HttpRequest) -> UUID:
    """The id of the person who is signed in; for views behind `login_required`."""
    if request.user.pk is None:
        raise forbidden(_("Sign in first."))
    return request.user.pk


def just_signed_in[View: Callable[..., HttpResponseBase]](view: View) -> View:
    """Ask for the password or the passkey again where the last time was more than ten minutes ago."""
    guarded: View = reauthentication_required(view)
    return guarded
