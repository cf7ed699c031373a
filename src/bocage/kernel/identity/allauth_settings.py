"""Every setting of django-allauth, in one place; `bocage.settings` imports all of them.

Reads nothing of Django: it is imported while the settings are being made.
"""

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
