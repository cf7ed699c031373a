"""Addresses of the console, below /console/."""

from django.urls import path

from bocage.shell.console import pages

urlpatterns = [
    path("", pages.home, name="console-home"),
    path("ledger", pages.ledger_explorer, name="console-ledger"),
    path("events", pages.event_log, name="console-events"),
    path("events/<slug:service>/<int:position>", pages.dead_letter, name="console-dead-letter"),
    path("consents", pages.consent_counts, name="console-consents"),
    path("jobs", pages.jobs, name="console-jobs"),
    path("jobs/<int:job_id>/retry", pages.retry_job, name="console-retry-job"),
    path("messages", pages.outbox, name="console-outbox"),
    path("people", pages.people, name="console-people"),
    path("people/<uuid:party_id>/freeze", pages.freeze, name="console-freeze"),
    path("approvals", pages.proposals, name="console-approvals"),
    path("approvals/<uuid:proposal_id>", pages.decide, name="console-decide"),
]
