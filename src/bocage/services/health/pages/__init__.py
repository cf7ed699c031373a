"""Health's pages: the pass, what is given to it, a place's posters, the officials' console, the public register."""

from django.urls import path

from bocage.services.health.pages import console, gate, giving, keeping, places, policies, register, today

urlpatterns = [
    path("", today.home, name="home"),
    path("sources", today.show_sources, name="sources"),
    path("answer", today.answer, name="answer"),
    path("history", today.history, name="history"),
    path("colours/<uuid:decision_id>/appeal", today.appeal, name="appeal"),
    path("colours/<uuid:decision_id>.json", today.record, name="record"),
    path("code", keeping.code, name="code"),
    path("pass.pdf", keeping.on_paper, name="paper"),
    path("certificates", keeping.show, name="certificates"),
    path("certificates/<uuid:certificate_id>/delete", keeping.delete, name="certificate-delete"),
    path("symptoms", giving.symptoms, name="symptoms"),
    path("tests", giving.tests, name="tests"),
    path("visits", giving.visits, name="visits"),
    path("visits/<uuid:check_in_id>/leave", giving.leave, name="leave"),
    path("visits/<uuid:check_in_id>/forget", giving.forget, name="forget"),
    path("scan", giving.scan, name="scan"),
    path("in/<str:token>", giving.check_in, name="check-in"),
    path("gate/", gate.gate, name="gate"),
    path("gate/worker.js", gate.worker, name="gate-worker"),
    path("gate/keys.json", gate.keys, name="gate-keys"),
    path("gate/desk.json", gate.desk, name="gate-desk"),
    path("places", places.show, name="places"),
    path("places/<uuid:venue_id>.pdf", places.poster_file, name="poster"),
    path("places/<uuid:venue_id>/close", places.close, name="place-close"),
    path("console", console.show_scheme, name="console"),
    path("console/end", console.end_scheme, name="scheme-end"),
    path("console/appeals", console.show_appeals, name="appeals"),
    path("console/by-hand", console.by_hand, name="by-hand"),
    path("console/by-hand/<uuid:request_id>/lift", console.lift, name="by-hand-lift"),
    path("console/laboratory", console.laboratory, name="laboratory"),
    path("console/policies", policies.compare, name="policies"),
    path("register", register.register, name="register"),
]
