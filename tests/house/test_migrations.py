"""The migrations of every app make the tables that its models say: `makemigrations --check`, without a database."""

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def test_no_model_has_changed_without_its_migration() -> None:
    known = MigrationLoader(None)
    assert known.detect_conflicts() == {}
    assert known.migrated_apps >= {"forest", "pay", "health"}, "the check has looked at something"
    differ = MigrationAutodetector(known.project_state(), ProjectState.from_apps(apps)).changes(graph=known.graph)
    missing = {
        app: [str(step.describe()) for each in found for step in each.operations] for app, found in differ.items()
    }
    assert missing == {}, "run ./bocage manage makemigrations"
