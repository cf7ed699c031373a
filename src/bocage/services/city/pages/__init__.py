"""City's pages: the operators' console, what citizens report and follow, and what everybody may see."""

from django.urls import path

from bocage.services.city.pages import inbox, rules

urlpatterns = [
    path("console/", inbox.inbox, name="inbox"),
    path("console/alerts/<str:alert_id>", inbox.show, name="alert"),
    path("console/alerts/<str:alert_id>/act", inbox.act, name="alert-act"),
    path("console/precision", inbox.precision, name="precision"),
    path("console/rules", rules.show_kinds, name="rules"),
    path("console/rules/<slug:kind>", rules.show_rule, name="rule"),
    path("console/trials/<uuid:trial_id>", rules.show_trial, name="trial"),
    path("console/senders", inbox.senders, name="senders"),
    path("console/senders/<uuid:organisation_id>/stop", inbox.stop_sender, name="sender-stop"),
]
