"""Lines of the bank's statements are Pay's own books, and stay."""

from django.db import migrations

_GUARD = """
alter table pay_statementline enable row level security;
alter table pay_statementline force row level security;
create policy own_books on pay_statementline using ((select bocage_service()) = 'pay');
create policy back_up on pay_statementline for select to bocage_backup using (true);
revoke delete, truncate on pay_statementline from bocage_app, bocage_deliverer;
"""
_UNDO = """
grant delete on pay_statementline to bocage_app, bocage_deliverer;
drop policy back_up on pay_statementline;
drop policy own_books on pay_statementline;
alter table pay_statementline no force row level security;
alter table pay_statementline disable row level security;
"""


class Migration(migrations.Migration):
    dependencies = [("pay", "0003_statement_lines"), ("acting", "0001_settings")]
    operations = [migrations.RunSQL(_GUARD, _UNDO)]
