"""City's pages: the operators' console, what citizens report and follow, and what everybody may see."""

from django.urls import path

from bocage.services.city.pages import citizens, desk, forecasts, inbox, lights, rules, streets, whatif

urlpatterns = [
    path("", citizens.home, name="home"),
    path("numbers", citizens.numbers, name="numbers"),
    path("lights", lights.show_lights, name="lights"),
    path("lights/<slug:signal_id>", lights.show_light, name="light"),
    path("report", citizens.report, name="report"),
    path("reports/<uuid:report_id>", citizens.follow, name="my-report"),
    path("reports/<uuid:report_id>/photo", citizens.photo, name="my-photo"),
    path("console/reports", desk.show_reports, name="reports"),
    path("console/reports/<uuid:report_id>", desk.show_report, name="report-answer"),
    path("console/reports/<uuid:report_id>/photo", desk.report_photo, name="report-photo"),
    path("console/works", desk.show_works, name="works"),
    path("console/works/<uuid:works_id>/cancel", desk.cancel_works, name="works-cancel"),
    path("console/streets", streets.show_streets, name="streets"),
    path("console/forecast", forecasts.show_forecast, name="forecast"),
    path("console/what-if", whatif.show_questions, name="what-if"),
    path("console/what-if/<uuid:question_id>", whatif.show_answer, name="what-if-answer"),
    path("console/", inbox.inbox, name="inbox"),
    path("console/alerts/<slug:alert_id>", inbox.show, name="alert"),
    path("console/alerts/<slug:alert_id>/act", inbox.act, name="alert-act"),
    path("console/precision", inbox.precision, name="precision"),
    path("console/rules", rules.show_kinds, name="rules"),
    path("console/rules/<slug:kind>", rules.show_rule, name="rule"),
    path("console/trials/<uuid:trial_id>", rules.show_trial, name="trial"),
    path("console/senders", inbox.senders, name="senders"),
    path("console/senders/<uuid:organisation_id>/stop", inbox.stop_sender, name="sender-stop"),
]
