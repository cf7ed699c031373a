"""The functions that alone write the ledger, who may call them, and the units it starts with."""

from pathlib import Path

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from bocage.kernel.ledger.iso4217 import CURRENCY_EXPONENTS

_SQL = Path(__file__).resolve().parent.parent / "sql"

# A function of its own, so that a test can replace it and so move the ledger's time.
_CLOCK = """
create function ledger_now() returns timestamptz language sql volatile parallel safe as 'select clock_timestamp()';
grant execute on function ledger_now() to public;
"""

_PUBLIC_FUNCTIONS = (
    "ledger_post(uuid, uuid, uuid, bigint, text, text, text)",
    "ledger_post_up_to(uuid, uuid, uuid, bigint, text, text, text)",
    "ledger_hold(uuid, uuid, uuid, bigint, text, text, text, timestamptz)",
    "ledger_post_hold(uuid, uuid, bigint)",
    "ledger_void_hold(uuid, uuid)",
    "ledger_post_linked(jsonb)",
    "ledger_lock_accounts(uuid[])",
    "ledger_expire_holds(integer)",
    "ledger_open_account(uuid, uuid, text, text, text, bigint, bigint)",
    "ledger_standing(uuid)",
    "ledger_freeze(uuid, boolean)",
    "ledger_close_account(uuid)",
    "ledger_trial_balance()",
)
_INTERNAL_FUNCTIONS = (
    "ledger_again(text, uuid, uuid, uuid, bigint, text, text, text, uuid, timestamptz, uuid, smallint, smallint,"
    " boolean)",
    "ledger_lock(uuid[])",
    "ledger_lock_hold(uuid)",
    "ledger_stop_lane_b(uuid[])",
    "ledger_expire(uuid[], uuid[])",
    "ledger_expire_of(uuid[], uuid[])",
    "ledger_move(text, uuid, uuid, uuid, bigint, text, text, text, timestamptz, uuid, smallint, smallint, boolean)",
    "ledger_resolve(text, uuid, uuid, bigint, uuid, smallint, smallint)",
    "ledger_apply(jsonb, uuid, smallint, smallint)",
)
_UNITS = {"gCO2": 0, "points": 0, "trees": 0, "kWh": 3}


def _functions() -> str:
    """Owned by `bocage_ledger`; nobody but the processes that serve may call them."""
    rights = [f"revoke all on function {name} from public" for name in (*_PUBLIC_FUNCTIONS, *_INTERNAL_FUNCTIONS)] + [
        f"grant execute on function {name} to bocage_app, bocage_deliverer" for name in _PUBLIC_FUNCTIONS
    ]
    rights.append("grant execute on function ledger_trial_balance() to bocage_auditor")
    body = (_SQL / "functions.sql").read_text()
    return f"set local role bocage_ledger;\n{body}\n{';\n'.join(rights)};\nset local role none;"


def _add_units(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    unit = apps.get_model("ledger", "Unit")
    rows = [unit(code=code, exponent=exponent, is_money=True) for code, exponent in CURRENCY_EXPONENTS.items()]
    rows += [unit(code=code, exponent=exponent, is_money=False) for code, exponent in _UNITS.items()]
    unit.objects.using(schema_editor.connection.alias).bulk_create(rows)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_tables"), ("acting", "0001_settings"), ("consent", "0002_guards")]
    operations = [
        migrations.RunPython(_add_units),
        migrations.RunSQL(_CLOCK),
        migrations.RunSQL(_functions()),
        migrations.RunSQL((_SQL / "security.sql").read_text()),
    ]
