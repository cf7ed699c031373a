"""Claim each handle when it is given, in one namespace for people and organisations, and never free it."""

from django.db import migrations

_CLAIM = """
create function identity_claim_handle() returns trigger language plpgsql as $$
begin
    if exists (select from identity_handleclaim where handle = new.handle and party_id = new.id) then
        return new;
    end if;
    insert into identity_handleclaim (handle, party_id, claimed_at) values (new.handle, new.id, now());
    return new;
end $$;
create trigger claim_handle before insert or update of handle on identity_person
    for each row execute function identity_claim_handle();
create trigger claim_handle before insert or update of handle on identity_organisation
    for each row execute function identity_claim_handle();
revoke update, delete on identity_handleclaim from bocage_app, bocage_deliverer;
"""
_UNDO = """
drop trigger claim_handle on identity_organisation;
drop trigger claim_handle on identity_person;
drop function identity_claim_handle();
grant update, delete on identity_handleclaim to bocage_app, bocage_deliverer;
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]
    operations = [migrations.RunSQL(_CLAIM, _UNDO)]
