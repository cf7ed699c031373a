"""Whether everything runs, and whether it could be brought back: the figures of `shell.operations` in words."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bocage.shell import operations
from bocage.shell.console.access import Operator, operators_only


@dataclass(frozen=True)
class Advice:
    """What is wrong, what to do about it, and where."""

    title: Promise
    what_to_do: Promise
    url_name: str = ""


ADVICE = {
    "ledger_unbalanced": Advice(
        _("The ledger does not balance"),
        _("Debits and credits differ. Stop what moves value and look at the ledger now."),
        "console-ledger",
    ),
    "ledger_changed": Advice(
        _("The last audit found the ledger changed"),
        _("Somebody wrote past its rules. Keep the database as it is, look at what was found, and audit a backup."),
        "console-checkpoints",
    ),
    "sealing_behind": Advice(
        _("Transfers wait to be sealed"),
        _("The oldest has waited for more than a minute. See whether the deliverer runs: ./bocage status"),
        "console-batches",
    ),
    "checkpoint_old": Advice(
        _("No checkpoint was signed today"),
        _("See whether the worker runs, or sign one now: ./bocage ledger checkpoint"),
        "console-checkpoints",
    ),
    "delivery_behind": Advice(
        _("Services hear of things late"),
        _("The oldest event has waited for more than a minute. See whether the deliverer runs: ./bocage status"),
        "console-events",
    ),
    "dead_events": Advice(
        _("A service has given up on events"), _("Mend the cause, then try them again."), "console-events"
    ),
    "failed_jobs": Advice(_("Jobs have failed for good"), _("Mend the cause, then try them again."), "console-jobs"),
    "stalled_jobs": Advice(
        _("Jobs hang"),
        _("Their worker gives no sign of life. They are taken up again within two minutes, when a worker runs."),
        "console-jobs",
    ),
    "overdue_jobs": Advice(_("Jobs begin late"), _("See whether the worker runs: ./bocage status"), "console-jobs"),
    "backup_old": Advice(
        _("There is no backup of today"), _("Take one now: ./bocage backup FOLDER. Better, let it go by itself.")
    ),
    "log_of_changes_lost": Advice(
        _("A backup or a replica was cut off"),
        _("It fetched nothing for too long. Take a whole backup, or make the replica anew."),
    ),
}


@require_safe
@operators_only
def operations_page(request: HttpRequest, operator: Operator) -> HttpResponse:
    """What somebody has to look at, the last backup, and who is how far behind."""
    found = operations.figures()
    context = {"found": found, "advice": [ADVICE[name] for name in operations.concerns(found)]}
    return render(request, "console/operations.html", context)
