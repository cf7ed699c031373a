"""The signed-in person's language and zone, for the length of a request."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from bocage.kernel.identity.models import Person


class PersonLocale:
    """After `LocaleMiddleware`, whose guess from the browser holds for visitors; a person's own choice wins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user
        if not isinstance(person, Person):
            return self.get_response(request)
        request.LANGUAGE_CODE = person.language
        with translation.override(person.language), timezone.override(ZoneInfo(person.time_zone)):
            response = self.get_response(request)
        response.headers["Content-Language"] = person.language
        return response
