"""Django's settings. What differs between places comes from the environment (docs/guide/settings.md lists it all)."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP

from bocage.kernel.identity.allauth_settings import *  # noqa: F403
from bocage.kernel.manifest import has_module, service_names
from bocage.kernel.postgres.roles import password_of

MODE = os.environ.get("BOCAGE_MODE", "demo")
if MODE not in {"demo", "production", "test"}:
    raise ValueError(f"BOCAGE_MODE is {MODE!r}; it must be demo, production or test")

SOURCE = Path(__file__).resolve().parent
HOME = Path(os.environ.get("BOCAGE_HOME", SOURCE.parent.parent / ".bocage")).resolve()
_secret_file = Path(os.environ.get("BOCAGE_SECRET_KEY_FILE", HOME / "secret.key"))
SECRET_KEY = _secret_file.read_text().strip() if _secret_file.exists() else os.environ.get("BOCAGE_SECRET_KEY", "")
if not SECRET_KEY and MODE == "production":
    raise ValueError(f"no secret key: {_secret_file} does not exist (`./bocage up` makes one)")
SECRET_KEY = SECRET_KEY or "only-for-commands-that-read-no-data"
# After a change of secret, the files of the ones before: what they sealed can still be opened.
SECRET_KEY_FALLBACKS = [
    Path(file).read_text().strip()
    for file in os.environ.get("BOCAGE_SECRET_KEY_FALLBACK_FILES", "").split(os.pathsep)
    if file
]

PUBLIC_URL = os.environ.get("BOCAGE_PUBLIC_URL", "http://localhost:8000").rstrip("/")
STREAMS_URL = os.environ.get("BOCAGE_STREAMS_URL", "").rstrip("/")
_public = urlsplit(PUBLIC_URL)
SECURE = _public.scheme == "https"
DEBUG = False
ALLOWED_HOSTS = [_public.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
if MODE == "test":
    ALLOWED_HOSTS.append("testserver")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

TOWN = {
    "name": os.environ.get("BOCAGE_TOWN", "Vallon"),
    "country": os.environ.get("BOCAGE_COUNTRY", "FR"),
    "currency": os.environ.get("BOCAGE_CURRENCY", "EUR"),
    "time_zone": os.environ.get("BOCAGE_TIME_ZONE", "Europe/Paris"),
}
# The file of the town's streets (bocage.services.city.town_map); outside production those of Vallon stand in.
CITY_STREETS = os.environ.get("BOCAGE_CITY_STREETS", "")
# How many days the other side of kept money has to object once it was asked for.
ESCROW_OBJECTION_DAYS = int(os.environ.get("BOCAGE_ESCROW_OBJECTION_DAYS", "7"))
if not 1 <= ESCROW_OBJECTION_DAYS <= 90:
    raise ValueError(f"BOCAGE_ESCROW_OBJECTION_DAYS is {ESCROW_OBJECTION_DAYS}; it must be 1 to 90")
# The town's account at its bank; outside production the demo bank keeps this one.
BANK_IBAN = os.environ.get("BOCAGE_BANK_IBAN", "" if MODE == "production" else "FR7630006000011234567890189")

# Keys whose passes are believed beside our own: certificates (PEM) and key sets (JWKS), one file or more in a folder.
PASS_TRUST_FOLDER = Path(os.environ.get("BOCAGE_PASS_TRUST", HOME / "trust"))

# -- Apps ------------------------------------------------------------------------------------------------------------
KERNEL_APPS = [
    f"bocage.kernel.{name}"
    for name in (
        "acting",
        "identity",
        "approvals",
        "keys",
        "consent",
        "events",
        "idempotency",
        "notifications",
        "messages",
        "blobs",
        "ledger",
        "payments",
        "proofs",
    )
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    *KERNEL_APPS,
    "bocage.shell",
    "bocage.shell.accounts",
    "bocage.shell.console",
    *(f"bocage.services.{name}" for name in service_names() if has_module(name, "apps")),
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.idp.oidc",
    "procrastinate.contrib.django",
    "django_cotton.apps.SimpleAppConfig",
    "lucide",
]
AUTH_USER_MODEL = "identity.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "bocage.kernel.identity.middleware.Sessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "bocage.kernel.identity.middleware.PersonLocale",
    "bocage.shell.accounts.middleware.ActingFor",
    "bocage.kernel.acting.middleware.OneTransaction",
]
ROOT_URLCONF = "bocage.urls"
WSGI_APPLICATION = "bocage.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bocage.shell.context.page",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "lucide.templatetags.lucide",
                "bocage.shell.templatetags.shell",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    }
]

# -- Database: PostgreSQL everywhere, one login role a kind of process -----------------------------------------------
_database = urlsplit(os.environ.get("BOCAGE_DATABASE_URL", "postgresql://127.0.0.1:5432/bocage"))


def _connection(role: str) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _database.hostname or "127.0.0.1",
        "PORT": str(_database.port or 5432),
        "NAME": _database.path.lstrip("/") or "bocage",
        "USER": f"bocage_{role}",
        "PASSWORD": password_of(f"bocage_{role}", SECRET_KEY),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {
    "default": _connection(os.environ.get("BOCAGE_DATABASE_ROLE", "app")),
    "migrator": _connection("migrator") | {"CONN_MAX_AGE": 0},
    # The cache commits apart from the request: an attempt that ends in an error still counts against its rate limit.
    "cache": _connection(os.environ.get("BOCAGE_DATABASE_ROLE", "app")),
}
DATABASE_ROUTERS = ["bocage.kernel.acting.cache_router.CacheRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "bocage_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
if MODE == "test":
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    # Half a second a person is right for people and wrong for a test's town.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# -- Sessions, hosts, content security policy ------------------------------------------------------------------------
SESSION_COOKIE_NAME = "bocage"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False
CSRF_FAILURE_VIEW = "bocage.shell.pages.csrf_failure"
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "media-src": [CSP.SELF, "blob:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF, *([STREAMS_URL] if STREAMS_URL else [])],
    "worker-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "bocage.shell.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
TRUSTED_LOOPBACK_WEBHOOKS = MODE != "production"

# -- Language, time, files, mail -------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
BLOB_FOLDER = HOME / "blobs"
WHITENOISE_USE_FINDERS = MODE == "test"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if MODE == "test"
        else "bocage.shell.static_files.HashedStatic"
    },
}
MAILERS = {"default": {"BACKEND": "bocage.kernel.messages.backend.OutboxBackend"}}
DEFAULT_FROM_EMAIL = os.environ.get("BOCAGE_MAIL_FROM", f"Bocage {TOWN['name']} <bocage@localhost>")
SMTP_URL = os.environ.get("BOCAGE_SMTP_URL", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("BOCAGE_LOG_LEVEL", "INFO")},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "fpdf": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]
