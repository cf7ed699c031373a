"""`./bocage operator add`: the first operators, by whoever holds the machine."""

from typing import Annotated

import typer

from bocage.kernel.start import set_up_django

operator = typer.Typer(help="Give people roles for the whole town, from this machine.", no_args_is_help=True)
GIVEN_UNLESS_SAID = ["operator", "approver"]


def register(app: typer.Typer) -> None:
    """Add `operator` to the command line."""
    app.add_typer(operator, name="operator")


@operator.command("add")
def add(
    email: Annotated[str, typer.Argument(help="The address of somebody who has signed up.")],
    role: Annotated[
        list[str] | None, typer.Option(help="operator, approver, auditor or support; may be repeated.")
    ] = None,
    name: Annotated[str, typer.Option(help="Make the account first, for a person of this name.")] = "",
) -> None:
    """Make somebody an operator. Do it for two people: what moves money or roles needs both of them."""
    roles = role or GIVEN_UNLESS_SAID
    set_up_django()
    from bocage.kernel.acting import Actor, acting_as
    from bocage.kernel.errors import Refusal
    from bocage.kernel.identity import actions, queries

    try:
        with acting_as(Actor.nobody()):
            person = queries.person_by_email(email)
            if person is None and name:
                person = actions.register(display_name=name, email=email)
            if person is None:
                raise typer.BadParameter(
                    f"nobody signed up as {email}; sign up first, or give --name to make the account"
                )
            for each in roles:
                actions.bootstrap_role(person.id, each, reason="given at the command line")
    except Refusal as refusal:
        raise typer.BadParameter(str(refusal.message)) from None
    typer.echo(f"{person.display_name} (@{person.handle}) is now {', '.join(roles)}")
    if name:
        typer.echo("next: they choose a password at /accounts/password/reset/")


@operator.command("list")
def list_roles() -> None:
    """Who holds which role now."""
    set_up_django()
    from bocage.kernel.identity import queries
    from bocage.kernel.identity.types import Role

    for role in Role:
        people = queries.persons(queries.people_with_role(role)).values()
        names = ", ".join(sorted(f"{each.display_name} (@{each.handle})" for each in people))
        typer.echo(f"{role.value:10} {names or '-'}")
