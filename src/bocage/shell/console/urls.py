"""Addresses of the console, below /console/."""

from django.urls import path

from bocage.shell.console.pages import approving, chain, ledger, machinery, overview, people, running

urlpatterns = [
    path("", overview.home, name="console-home"),
    path("ledger", ledger.explorer, name="console-ledger"),
    path("ledger/batches", chain.batches, name="console-batches"),
    path("ledger/batches/<slug:lane>/<int:number>", chain.batch, name="console-batch"),
    path("ledger/checkpoints", chain.checkpoints, name="console-checkpoints"),
    path("ledger/checkpoints/<int:number>", chain.checkpoint, name="console-checkpoint"),
    path("ledger/transfer", chain.transfer, name="console-transfer"),
    path("events", machinery.event_log, name="console-events"),
    path("events/<slug:service>/<int:position>", machinery.dead_letter, name="console-dead-letter"),
    path("consents", overview.consent_counts, name="console-consents"),
    path("jobs", machinery.jobs, name="console-jobs"),
    path("jobs/<int:job_id>/retry", machinery.retry_job, name="console-retry-job"),
    path("operations", running.operations_page, name="console-operations"),
    path("messages", machinery.outbox, name="console-outbox"),
    path("messages/<uuid:message_id>", machinery.read_message, name="console-message"),
    path("people", people.people, name="console-people"),
    path("people/<uuid:party_id>", people.party, name="console-party"),
    path("approvals", approving.proposals, name="console-approvals"),
    path("approvals/<uuid:proposal_id>", approving.decide, name="console-decide"),
]
