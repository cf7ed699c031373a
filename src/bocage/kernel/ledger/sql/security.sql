-- Who may do what: the functions write, a party reads its own accounts, the auditor reads all, nobody changes the past.

create function ledger_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: correct a transfer by posting another', tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

create trigger ledger_transfer_is_append_only before update or delete or truncate on ledger_transfer
    for each statement execute function ledger_refuse_change();
create trigger ledger_account_stays before delete or truncate on ledger_account
    for each statement execute function ledger_refuse_change();

-- What must hold of every row, however it was written. A null limit is no limit: a check that is null passes. The terms
-- of an account are checked once, where it is opened.
alter table ledger_account
    add constraint ledger_account_covers_its_debits check (
        credits_posted_minor - debits_posted_minor - debits_pending_minor >= minimum_minor),
    add constraint ledger_account_keeps_its_maximum check (
        credits_posted_minor + credits_pending_minor - debits_posted_minor <= maximum_minor),
    add constraint ledger_account_bounds check (
        least(debits_pending_minor, credits_pending_minor) >= 0
        and greatest(debits_posted_minor + debits_pending_minor, credits_posted_minor + credits_pending_minor)
            <= 2000000000000000000);
alter table ledger_transfer
    add constraint ledger_transfer_amount check (amount_minor between 1 and 1000000000000000),
    add constraint ledger_transfer_two_accounts check (debit_account_id <> credit_account_id);

-- Room on the page for the next version of a row whose counters change, so that no index has to follow it.
alter table ledger_account set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

revoke all on ledger_unit, ledger_account, ledger_transfer, ledger_pending from bocage_app, bocage_deliverer;
revoke all on sequence ledger_transfer_seq_seq from bocage_app, bocage_deliverer;
grant select on ledger_unit, ledger_account, ledger_transfer, ledger_pending
    to bocage_app, bocage_deliverer, bocage_auditor;
grant select on ledger_unit to bocage_ledger;
grant select, insert, update on ledger_account to bocage_ledger;
grant select, insert on ledger_transfer to bocage_ledger;
grant select, insert, delete on ledger_pending to bocage_ledger;
grant usage on sequence ledger_transfer_seq_seq to bocage_ledger;

alter table ledger_account enable row level security;
alter table ledger_account force row level security;
alter table ledger_transfer enable row level security;
alter table ledger_transfer force row level security;
alter table ledger_pending enable row level security;
alter table ledger_pending force row level security;

create policy the_ledger on ledger_account to bocage_ledger using (true);
create policy the_ledger on ledger_transfer to bocage_ledger using (true);
create policy the_ledger on ledger_pending to bocage_ledger using (true);
create policy audit on ledger_account for select to bocage_auditor using (true);
create policy audit on ledger_transfer for select to bocage_auditor using (true);
create policy audit on ledger_pending for select to bocage_auditor using (true);
create policy back_up on ledger_account for select to bocage_backup using (true);
create policy back_up on ledger_transfer for select to bocage_backup using (true);
create policy back_up on ledger_pending for select to bocage_backup using (true);

create policy own_rows on ledger_account for select
    using (owner_id = (select bocage_subject()) and (select bocage_service()) = '');
create policy service_rows on ledger_account for select
    using (service <> '' and service = (select bocage_service())
        and (owner_id is null or bocage_granted(owner_id, service)));
-- The sub-queries below see the accounts that the policies above show.
create policy of_visible_accounts on ledger_transfer for select using (
    exists (select from ledger_account a where a.id = debit_account_id)
    or exists (select from ledger_account a where a.id = credit_account_id));
create policy of_visible_accounts on ledger_pending for select using (
    exists (select from ledger_account a where a.id = debit_account_id)
    or exists (select from ledger_account a where a.id = credit_account_id));
