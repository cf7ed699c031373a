"""The consent page of "sign in with Bocage": allauth's, held to PKCE and to consent given to this very program."""

from urllib.parse import urlencode, urlsplit

from allauth.idp.oidc.internal.clientkit import is_redirect_uri_allowed
from allauth.idp.oidc.models import Client, Token
from allauth.idp.oidc.views import AuthorizationView
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

URI_CHARACTERS_MAX = 2000


@method_decorator(never_cache, name="dispatch")
class Authorize(AuthorizationView):  # type: ignore[misc]
    """What allauth leaves open: it asks PKCE of public programs alone, and counts consent given to any program."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        # The browser holds the form's answer, a redirect to the program, to this page's form-action as well.
        if response.status_code == 200 and hasattr(self, "_request_info"):
            target = urlsplit(self._request_info["redirect_uri"])
            allowed = [CSP.SELF, f"{target.scheme}://{target.netloc}"]
            setattr(response, "_csp_config", settings.SECURE_CSP | {"form-action": allowed})
        return response

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        client = Client.objects.filter(id=request.GET.get("client_id", "")[:100]).first()
        redirect_uri = request.GET.get("redirect_uri", "")
        known = client is not None and len(redirect_uri) <= URI_CHARACTERS_MAX
        if client is not None and known and is_redirect_uri_allowed(redirect_uri, client.get_redirect_uris(), False):
            error = self._error(request, client)
            if error:
                told = {"error": error} | ({"state": request.GET["state"]} if "state" in request.GET else {})
                joint = "&" if urlsplit(redirect_uri).query else "?"
                return HttpResponseRedirect(f"{redirect_uri}{joint}{urlencode(told)}")
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response

    def _error(self, request: HttpRequest, client: Client) -> str:
        if not request.GET.get("code_challenge") or request.GET.get("code_challenge_method") != "S256":
            return "invalid_request"
        if "none" in request.GET.get("prompt", "").split() and request.user.is_authenticated:
            scopes = set(request.GET.get("scope", "openid").split())
            tokens = Token.objects.valid().filter(user_id=request.user.pk, client=client)
            if not any(scopes <= set(token.get_scopes()) for token in tokens):
                return "consent_required"
        return ""


authorize = Authorize.as_view()
