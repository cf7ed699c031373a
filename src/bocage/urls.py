"""Every address: the shell's pages, then each service's pages under its name, then the API."""

import importlib

from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic.base import RedirectView
from django.views.i18n import set_language

from bocage import health
from bocage.kernel.manifest import has_module, service_names
from bocage.shell import api_site, ledger_api, me_api, transparency_api

api = api_site.build()
api.add_router("/me", me_api.router, tags=["me"])
api.add_router("/ledger", ledger_api.router, tags=["ledger"])
api.add_router("/ledger", transparency_api.router, tags=["ledger"])
for name in service_names():
    if has_module(name, "api"):
        api.add_router(f"/{name}", importlib.import_module(f"bocage.services.{name}.api").router, tags=[name])

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("bocage.shell.urls")),
    path("me/", include("bocage.shell.accounts.urls")),
    path("console/", include("bocage.shell.console.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("bocage.shell.accounts.provider_urls")),
    path("", include("allauth.idp.urls")),
    path("language", set_language, name="set_language"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("health/parts", health.parts, name="health-parts"),
    path("metrics", health.metrics, name="metrics"),
    path("favicon.ico", RedirectView.as_view(url=staticfiles_storage.url("icons/icon.svg"))),
    path("api/v1/", api.urls),
]
urlpatterns += [
    path(f"{name}/", include((f"bocage.services.{name}.pages", name)))
    for name in service_names()
    if has_module(name, "pages")
]
handler400 = "bocage.shell.pages.bad_request"
handler403 = "bocage.shell.pages.permission_denied"
handler404 = "bocage.shell.pages.page_not_found"
handler500 = "bocage.shell.pages.server_error"
