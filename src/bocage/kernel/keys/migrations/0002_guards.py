"""Keys are never deleted, and a subject's key changes once: when it is destroyed."""

from django.db import migrations

_GUARD = """
revoke delete, truncate on signing_key, subject_key from bocage_app, bocage_deliverer;
revoke update on subject_key from bocage_app, bocage_deliverer;
grant update (sealed_key, destroyed_at) on subject_key to bocage_app;
create function bocage_subject_key_only_destroyed() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.sealed_key is null and new.subject_id = old.subject_id
        and new.created_at = old.created_at and new.destroyed_at = coalesce(old.destroyed_at, new.destroyed_at)
    then
        return new;
    end if;
    raise exception 'a subject key can only be destroyed' using errcode = 'integrity_constraint_violation';
end $$;
create trigger only_destroyed before update or delete on subject_key
    for each row execute function bocage_subject_key_only_destroyed();
"""
_UNDO = """
drop trigger only_destroyed on subject_key;
drop function bocage_subject_key_only_destroyed();
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0001_initial")]
    operations = [migrations.RunSQL(_GUARD, _UNDO)]
