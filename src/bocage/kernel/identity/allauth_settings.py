"""Every setting of django-allauth, in one place; `bocage.settings` imports all of them.

Reads nothing of Django: it is imported while the settings are being made.
"""

import os
from typing import Any

_production = os.environ.get("BOCAGE_MODE", "demo") == "production"

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

# -- Account: e-mail and password ------------------------------------------------------------------------------------
ACCOUNT_ADAPTER = "bocage.shell.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "handle"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "bocage.shell.accounts.forms.SignupFields"
ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "website"
_forms = "bocage.shell.accounts.entrance_forms"
ACCOUNT_FORMS = {
    "login": f"{_forms}.Login",
    "signup": f"{_forms}.Signup",
    "add_email": f"{_forms}.AddEmail",
    "change_password": f"{_forms}.ChangePassword",
    "set_password": f"{_forms}.SetPassword",
    "reset_password": f"{_forms}.ResetPassword",
    "reset_password_from_key": f"{_forms}.ResetPasswordKey",
    "reauthenticate": f"{_forms}.Reauthenticate",
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# The same answer whether or not an address has an account.
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
# Codes, not links: they work when the mail is read on another device, and keep the session that asked.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
# Ours: where nobody reads mail (demo, tests) a person checks her address later, from Me.
ACCOUNT_EMAIL_CHECKED_LATER = not _production
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "reauthenticate": "10/m/user",
    "confirm_email": "1/10s/key",
}

# -- Passkeys ----------------------------------------------------------------------------------------------------------
MFA_ADAPTER = "bocage.shell.accounts.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = not _production
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {"add_webauthn": "bocage.shell.accounts.forms.AddPasskey"}

# -- Devices -----------------------------------------------------------------------------------------------------------
# A write to the database at each request is too dear for a "last seen".
USERSESSIONS_TRACK_ACTIVITY = False

# -- OpenID Connect provider -------------------------------------------------------------------------------------------
IDP_OIDC_ADAPTER = "bocage.kernel.identity.oidc.OidcAdapter"
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 60 * 60
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 60 * 60 * 24 * 30
IDP_OIDC_ROTATE_REFRESH_TOKEN = True

# Behind how many proxies of ours: who calls is read that far from the right of X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("BOCAGE_PROXIES", "0"))

# -- Passwords ---------------------------------------------------------------------------------------------------------
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("handle", "display_name", "email")},
    },
]
