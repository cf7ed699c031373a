"""Serve the sample town, to look at pages while they are made.

`BOCAGE_MODE=test python -m bocage.shell.tests.preview 8077` then /, /?town=bare, /?town=failing, /?who=nobody,
/gallery/forms?errors, /gallery/pay_sheet, /gallery/console, /gallery/scan, /error/404, /offline.
"""

import sys
from importlib import import_module
from socketserver import ThreadingMixIn
from types import ModuleType
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings


def real_settings() -> ModuleType:
    """The installation's settings, loaded by name as Django does."""
    return import_module("bocage.settings")


def sample_settings() -> dict[str, Any]:
    """What the sample town sets differently: nothing here needs a database."""
    real = real_settings()
    templates = real.TEMPLATES[0]
    options: dict[str, Any] = {**templates["OPTIONS"]}
    options["context_processors"] = [name for name in options["context_processors"] if "auth" not in name]
    return {
        "ROOT_URLCONF": "bocage.shell.tests.sample_site",
        "TEMPLATES": [templates | {"DIRS": [real.SOURCE / "shell" / "tests" / "templates"], "OPTIONS": options}],
        "MIDDLEWARE": [
            "django.middleware.gzip.GZipMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.middleware.csp.ContentSecurityPolicyMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.locale.LocaleMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
            "bocage.shell.tests.sample_site.SampleTown",
        ],
        "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
        "TIME_ZONE": "Europe/Paris",
    }


def configure() -> None:
    """The real settings with the sample town's over them."""
    real = real_settings()
    settings.configure(**{name: getattr(real, name) for name in dir(real) if name.isupper()} | sample_settings())
    django.setup()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the browser shows what was asked for."""


def main(port: int) -> None:
    configure()
    from django.core.wsgi import get_wsgi_application

    with make_server("127.0.0.1", port, get_wsgi_application(), _Server, _Quiet) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
