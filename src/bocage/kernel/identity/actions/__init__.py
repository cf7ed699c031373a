"""Every verb that changes who people are, what they may do, and for whom."""

from bocage.kernel.identity.actions.clients import (
    leave_program,
    register_client,
    rotate_client_secret,
    unregister_client,
)
from bocage.kernel.identity.actions.mandates import grant_mandate, revoke_mandate
from bocage.kernel.identity.actions.organisations import (
    add_member,
    create_organisation,
    remove_member,
    verify_organisation,
)
from bocage.kernel.identity.actions.people import (
    change_handle,
    change_profile,
    contact_checked,
    decline_passkey,
    document_checked,
    register,
    signed_in,
    welcome,
)
from bocage.kernel.identity.actions.recovery import (
    agree_to_help,
    cancel_by_link,
    cancel_recovery,
    drop_trusted,
    finish_recovery,
    give_counter_code,
    give_passkey,
    give_trust,
    issue_counter_code,
    name_trusted,
    open_recovery,
)
from bocage.kernel.identity.actions.roles import bootstrap_role, grant_role, revoke_role
from bocage.kernel.identity.actions.stops import freeze, record_death, undo_death, unfreeze
from bocage.kernel.identity.actions.tokens import create_token, revoke_token

__all__ = [
    "add_member",
    "agree_to_help",
    "bootstrap_role",
    "cancel_by_link",
    "cancel_recovery",
    "change_handle",
    "change_profile",
    "contact_checked",
    "create_organisation",
    "create_token",
    "decline_passkey",
    "document_checked",
    "drop_trusted",
    "finish_recovery",
    "freeze",
    "give_counter_code",
    "give_passkey",
    "give_trust",
    "grant_mandate",
    "grant_role",
    "issue_counter_code",
    "leave_program",
    "name_trusted",
    "open_recovery",
    "record_death",
    "register",
    "register_client",
    "remove_member",
    "revoke_mandate",
    "revoke_role",
    "revoke_token",
    "rotate_client_secret",
    "signed_in",
    "undo_death",
    "unfreeze",
    "unregister_client",
    "verify_organisation",
    "welcome",
]
