"""The roles that deliver and audit read nothing by which somebody could sign in."""

from django.db import migrations

_PERSON_COLUMNS = (
    "id, last_login, email, handle, display_name, language, time_zone, tier, is_active, frozen_at, frozen_reason,"
    " frozen_by_id, deceased_on, passkey_declined_at, created_at"
)
_SECRETS = (
    "identity_apitoken, identity_recoverycase, identity_recoveryfactor, identity_countercode, identity_oidckey,"
    " mfa_authenticator, usersessions_usersession, allauth_idp_oidc_token, allauth_idp_oidc_client"
)
_HIDE = f"""
revoke all on {_SECRETS} from bocage_deliverer, bocage_auditor;
revoke all on identity_person from bocage_deliverer, bocage_auditor;
grant select ({_PERSON_COLUMNS}) on identity_person to bocage_deliverer, bocage_auditor;
"""
_SHOW = f"""
grant select, insert, update, delete on {_SECRETS}, identity_person to bocage_deliverer;
grant select on {_SECRETS}, identity_person to bocage_auditor;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_handles"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
        ("allauth_idp_oidc", "0001_initial"),
    ]
    operations = [migrations.RunSQL(_HIDE, _SHOW)]
