"""The shop's staff, API keys and webhooks."""

from datetime import timedelta
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bocage.kernel.errors import Refusal, not_found
from bocage.kernel.events import webhooks
from bocage.kernel.events.types import Webhook
from bocage.kernel.identity import actions as identity_actions
from bocage.kernel.identity import queries as identity
from bocage.kernel.identity.types import STAFF_ROLE_NAMES, Organisation
from bocage.services.pay.pages.asking import READ, WRITE, person_of
from bocage.services.pay.pages.forms import Form
from bocage.services.pay.pages.merchant import shop_context, shop_page
from bocage.shell.asking import UNPROCESSABLE

KEY_LIFE = timedelta(days=365)
NAME_CHARACTERS_MAX = 80
URL_CHARACTERS_MAX = 500
DELIVERIES_SHOWN = 30
SCOPES = [
    ("pay:take", gettext_lazy("Take payments: show codes and charge customers")),
    ("pay:read", gettext_lazy("See payments and statements")),
    ("pay:write", gettext_lazy("Refund and pay out")),
]
EVENTS = [
    ("pay.received", gettext_lazy("A payment came in")),
    ("payment.refunded", gettext_lazy("Money was given back")),
    ("payment.disputed", gettext_lazy("A customer complained")),
    ("payment.authorised", gettext_lazy("Money was set aside for a payment")),
    ("payment.cancelled", gettext_lazy("A payment was given up")),
    ("payment.keeping_asked", gettext_lazy("Money kept was asked for")),
    ("payment.keeping_lapsed", gettext_lazy("Nobody objected in time to what was asked for")),
    ("pay.paid_out", gettext_lazy("A pay-out was paid by the bank")),
]


class KeyForm(Form):
    name = forms.CharField(label=gettext_lazy("What it is for"), max_length=NAME_CHARACTERS_MAX)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=SCOPES, widget=forms.CheckboxSelectMultiple, initial=["pay:take"]
    )


class WebhookForm(Form):
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=URL_CHARACTERS_MAX, widget=forms.TextInput(attrs={"inputmode": "url"})
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("What it hears"),
        choices=EVENTS,
        widget=forms.CheckboxSelectMultiple,
        initial=["pay.received", "payment.refunded"],
    )


@require_safe
@shop_page(READ)
def staff(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """Who works here and as what; owners change it under Me."""
    members = [(each, STAFF_ROLE_NAMES[each.role]) for each in identity.members(shop.id)]
    return render(request, "pay/merchant/staff.html", {"members": members, **shop_context(shop)})


@require_safe
@shop_page(WRITE)
def programs(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """Keys and webhooks."""
    return _show(request, shop)


@never_cache
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["POST"])
@shop_page(WRITE)
def create_key(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """A new key of the person's for this shop, shown this once."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _show(request, shop, key_form=form, status=UNPROCESSABLE)
    given = form.cleaned_data
    try:
        _token_id, secret = identity_actions.create_token(
            person_of(request), given["name"], given["scopes"], life=KEY_LIFE, subject_id=shop.id
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(request, shop, key_form=form, status=UNPROCESSABLE)
    return _show(request, shop, secret=secret, secret_title=_("The key “%(name)s”") % {"name": given["name"]})


@require_POST
@shop_page(WRITE)
def revoke_key(request: HttpRequest, shop: Organisation, token_id: UUID) -> HttpResponse:
    """Stop a key at once."""
    identity_actions.revoke_token(token_id, person_of(request))
    messages.success(request, _("The key no longer works."))
    return redirect("pay:programs")


@never_cache
@require_POST
@shop_page(WRITE)
def create_webhook(request: HttpRequest, shop: Organisation) -> HttpResponse:
    """A new webhook; its secret is shown this once."""
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _show(request, shop, hook_form=form, status=UNPROCESSABLE)
    try:
        _webhook, secret = webhooks.create_webhook(shop.id, form.cleaned_data["url"], form.cleaned_data["types"])
    except Refusal as refusal:
        form.refuse(refusal)
        return _show(request, shop, hook_form=form, status=UNPROCESSABLE)
    return _show(request, shop, secret=secret, secret_title=_("The webhook's secret"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@shop_page(WRITE)
def webhook(request: HttpRequest, shop: Organisation, webhook_id: UUID) -> HttpResponse:
    """One webhook: what was sent, on and off, a new secret, gone."""
    found = _webhook(shop, webhook_id)
    secret = ""
    if request.method == "POST":
        verb = request.POST.get("do", "")
        if verb == "delete":
            webhooks.delete_webhook(webhook_id)
            messages.success(request, _("The webhook is gone."))
            return redirect("pay:programs")
        if verb == "enable":
            webhooks.enable_webhook(webhook_id)
        elif verb == "disable":
            webhooks.disable_webhook(webhook_id)
        elif verb == "rotate":
            secret = webhooks.rotate_secret(webhook_id)
        else:
            raise Refusal("bad_verb", _("Choose one of the buttons."), field="do", status=400)
        found = _webhook(shop, webhook_id)
    context = {
        "webhook": found,
        "secret": secret,
        "deliveries": webhooks.deliveries(webhook_id, limit=DELIVERIES_SHOWN),
        **shop_context(shop),
    }
    return render(request, "pay/merchant/webhook.html", context)


@require_POST
@shop_page(WRITE)
def resend(request: HttpRequest, shop: Organisation, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    """Send one event again."""
    _webhook(shop, webhook_id)
    webhooks.resend(delivery_id)
    messages.success(request, _("It is sent again now."))
    return redirect("pay:webhook", webhook_id)


def _webhook(shop: Organisation, webhook_id: UUID) -> Webhook:
    found = next((each for each in webhooks.webhooks(shop.id) if each.id == webhook_id), None)
    if found is None:
        raise not_found(_("There is no such webhook."))
    return found


def _show(
    request: HttpRequest,
    shop: Organisation,
    *,
    key_form: KeyForm | None = None,
    hook_form: WebhookForm | None = None,
    secret: str = "",
    secret_title: str = "",
    status: int = 200,
) -> HttpResponse:
    tokens = [each for each in identity.tokens(person_of(request)) if each.subject_id == shop.id]
    context = {
        "tokens": tokens,
        "webhooks": webhooks.webhooks(shop.id),
        "key_form": key_form or KeyForm(),
        "hook_form": hook_form or WebhookForm(),
        "secret": secret,
        "secret_title": secret_title,
        **shop_context(shop),
    }
    return render(request, "pay/merchant/programs.html", context, status=status)
