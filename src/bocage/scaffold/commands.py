"""`./bocage service new|remove|list`."""

import re
import shutil
from pathlib import Path
from string import Template
from typing import Annotated

import typer

import bocage
from bocage.kernel.manifest import service_names
from bocage.kernel.start import set_up_django

NAME = re.compile(r"[a-z][a-z]{1,19}")
PACKAGE = Path(bocage.__path__[0])
FILES = Path(__file__).parent / "files"
TARGETS = {
    "service.py.txt": "service.py",
    "apps.py.txt": "apps.py",
    "models.py.txt": "models.py",
    "actions.py.txt": "actions.py",
    "queries.py.txt": "queries.py",
    "handlers.py.txt": "handlers.py",
    "pages.py.txt": "pages.py",
    "api.py.txt": "api.py",
    "migration.py.txt": "migrations/0001_initial.py",
    "home.html.txt": "templates/{name}/home.html",
    "test_service.py.txt": "tests/test_service.py",
}

service = typer.Typer(help="Make, list and remove services.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `service` to the command line."""
    app.add_typer(service, name="service")


@service.command("list")
def list_services() -> None:
    """Say each service in its own sentence."""
    set_up_django()
    from rich.console import Console
    from rich.table import Table

    from bocage.kernel.manifest import services

    table = Table("service", "what it does", "purposes", "hears", "says")
    for each in services():
        table.add_row(
            each.name,
            str(each.sentence),
            "\n".join(purpose.name for purpose in each.purposes),
            "\n".join(sorted({hears.event for hears in each.hears})),
            "\n".join(event.name for event in each.emits),
        )
    Console().print(table)


@service.command("new")
def new(
    name: Annotated[str, typer.Argument(help="2 to 20 small letters, a noun or a verb: `market`, `repair`.")],
) -> None:
    """Make the folder of a new service that already runs: it thanks people for what they pay, if they agree."""
    if not NAME.fullmatch(name):
        raise typer.BadParameter("2 to 20 small letters, nothing else")
    if name in service_names():
        raise typer.BadParameter(f"the service {name} exists already")
    folder = PACKAGE / "services" / name
    for source, target in TARGETS.items():
        path = folder / target.format(name=name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template((FILES / source).read_text()).substitute(name=name, title=name.capitalize()))
    for package, job in (("", f"The service {name}."), ("migrations", "Migrations."), ("tests", "Tests.")):
        (folder / package / "__init__.py").write_text(f'"""{job}"""\n')
    page = PACKAGE.parent.parent / "docs" / "services" / f"{name}.md"
    page.write_text(Template((FILES / "page.md.txt").read_text()).substitute(name=name, title=name.capitalize()))
    typer.echo(f"made src/bocage/services/{name} and docs/services/{name}.md")
    typer.echo("next: ./bocage up   (migrates and starts it)")


@service.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The service's folder.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    keep_tables: Annotated[bool, typer.Option(help="Leave its tables in the database.")] = False,
) -> None:
    """Remove a service: its tables, its folder and its page."""
    if name not in service_names():
        raise typer.BadParameter(f"there is no service {name}")
    if not yes:
        typer.confirm(f"Remove the service {name}, with its tables and files?", abort=True)
    if not keep_tables:
        set_up_django()
        from django.core.management import call_command

        call_command("migrate", name, "zero", database="migrator", verbosity=0)
    shutil.rmtree(PACKAGE / "services" / name)
    (PACKAGE.parent.parent / "docs" / "services" / f"{name}.md").unlink(missing_ok=True)
    typer.echo(f"removed {name}")
