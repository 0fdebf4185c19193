"""Django's settings, read once from the environment. See docs/reference/settings.md."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tocsin.collectors import guard
from tocsin.core import durations, sizes

TOCSIN_HOME = Path(os.environ.get("TOCSIN_HOME") or "var").absolute()
TOCSIN_BASE_URL = os.environ.get("TOCSIN_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
# Who reaches us by a name that is not this machine's comes through a proxy: our web server listens here only.
_LOCAL = (urlsplit(TOCSIN_BASE_URL).hostname or "") in {"127.0.0.1", "localhost", "::1"}
TOCSIN_PROXIES = int(os.environ.get("TOCSIN_PROXIES") or (0 if _LOCAL else 1))
TOCSIN_EMAIL_URL = os.environ.get("TOCSIN_EMAIL_URL", "")
TOCSIN_EMAIL_FROM = os.environ.get("TOCSIN_EMAIL_FROM", "Tocsin <tocsin@team.example>")
TOCSIN_OPENPGP_KEY = os.environ.get("TOCSIN_OPENPGP_KEY", "")
TOCSIN_OPENPGP_PASSWORD = os.environ.get("TOCSIN_OPENPGP_PASSWORD", "")
TOCSIN_SMIME_CERTIFICATE = os.environ.get("TOCSIN_SMIME_CERTIFICATE", "")
TOCSIN_SMIME_KEY = os.environ.get("TOCSIN_SMIME_KEY", "")
TOCSIN_LETTER_AUTHORITY = os.environ.get("TOCSIN_LETTER_AUTHORITY", "")
TOCSIN_LETTER_ISSUER = os.environ.get("TOCSIN_LETTER_ISSUER", "Đội ứng cứu sự cố an toàn thông tin mạng")
TOCSIN_LETTER_CODE = os.environ.get("TOCSIN_LETTER_CODE", "CB-ƯCSC")
TOCSIN_LETTER_PLACE = os.environ.get("TOCSIN_LETTER_PLACE", "…")
TOCSIN_LETTER_SIGNER = os.environ.get("TOCSIN_LETTER_SIGNER", "Đội trưởng")
TOCSIN_LETTER_SIGNER_NAME = os.environ.get("TOCSIN_LETTER_SIGNER_NAME", "")
TOCSIN_CONFIRM_CONTACTS = os.environ.get("TOCSIN_CONFIRM_CONTACTS", "1") == "1"
TOCSIN_REGISTRATIONS = int(os.environ.get("TOCSIN_REGISTRATIONS") or 0)
TOCSIN_API_RATE = int(os.environ.get("TOCSIN_API_RATE") or 1200)
TOCSIN_METRICS_OPEN = os.environ.get("TOCSIN_METRICS_OPEN", "").lower() in {"1", "true", "yes"}
TOCSIN_API_CALLER = "tocsin.constituency.callers.find"
TOCSIN_SESSION_IDLE = durations.parse(os.environ.get("TOCSIN_SESSION_IDLE", "1h"))
TOCSIN_SESSION_LONGEST = durations.parse(os.environ.get("TOCSIN_SESSION_LONGEST", "12h"))
TOCSIN_OIDC_ISSUER = os.environ.get("TOCSIN_OIDC_ISSUER", "").rstrip("/")
TOCSIN_OIDC_CLIENT_ID = os.environ.get("TOCSIN_OIDC_CLIENT_ID", "")
TOCSIN_OIDC_CLIENT_SECRET = os.environ.get("TOCSIN_OIDC_CLIENT_SECRET", "")
TOCSIN_OIDC_NAME = os.environ.get("TOCSIN_OIDC_NAME", "OpenID Connect")
TOCSIN_OIDC_TRUST_EMAIL = os.environ.get("TOCSIN_OIDC_TRUST_EMAIL", "") == "1"
PACKAGE = Path(__file__).resolve().parent.parent


def _list(name: str) -> list[str]:
    """Return the parts of a list separated by commas."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _size(name: str, default: str) -> int:
    return sizes.parse(os.environ.get(name) or default)


try:
    TOCSIN_ALLOWED_NETWORKS = guard.networks(_list("TOCSIN_ALLOWED_NETWORKS"))
    TOCSIN_RECHECK_NETWORKS = guard.networks(_list("TOCSIN_RECHECK_NETWORKS"))
    TOCSIN_ALLOWED_PORTS = frozenset(map(int, _list("TOCSIN_ALLOWED_PORTS"))) or guard.PORTS
    TOCSIN_ARRIVAL_LIMIT = _size("TOCSIN_ARRIVAL_LIMIT", "2GiB")
    TOCSIN_PENDING_LIMIT = _size("TOCSIN_PENDING_LIMIT", "8GiB")
    TOCSIN_DISK_RESERVE = _size("TOCSIN_DISK_RESERVE", "1GiB")
except ValueError as error:
    sys.exit(f"tocsin: in the environment: {error}")
TOCSIN_ALLOWED_FOLDERS = tuple(map(Path, _list("TOCSIN_ALLOWED_FOLDERS"))) or (TOCSIN_HOME / "inbox",)
TOCSIN_SHADOWSERVER_SCHEMA = os.environ.get("TOCSIN_SHADOWSERVER_SCHEMA", "")


def _secret_key(home: Path) -> str:
    """Return the installation's key, made on first use, readable by its owner only."""
    place = home / "secret.key"
    if not place.exists():
        home.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(64))
    return place.read_text()


def _database(url: str) -> dict[str, Any]:
    """Return Django's form of a DATABASE_URL."""
    parts = urlsplit(url)
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": parts.port or "",
        }
    if parts.scheme != "sqlite":
        sys.exit(f"tocsin: DATABASE_URL must begin with sqlite:// or postgres://, not {parts.scheme}://")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": unquote(parts.path[1:] if parts.path.startswith("//") else parts.path) or ":memory:",
        # Without IMMEDIATE, a transaction that reads before it writes fails at once when another writes.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;",
        },
    }


SECRET_KEY = _secret_key(TOCSIN_HOME)
DEBUG = False
_HOST = urlsplit(TOCSIN_BASE_URL)
# The name people use, and this machine itself for whoever watches it. Links never come from the Host header.
ALLOWED_HOSTS = [_HOST.hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{_HOST.scheme}://{_HOST.netloc}"]
CSRF_FAILURE_VIEW = "tocsin.base.web.problems.form_refused"
DATABASES = {"default": _database(os.environ.get("DATABASE_URL") or f"sqlite:///{TOCSIN_HOME}/tocsin.sqlite3")}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tocsin.base.api",
    "tocsin.base.audit",
    "tocsin.base.web",
    "tocsin.accounts",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "tocsin.constituency",
    "tocsin.reach",
    "tocsin.people",
    "tocsin.intake",
    "tocsin.findings",
    "tocsin.trials",
    "tocsin.notices",
    "tocsin.reports",
    "tocsin.portal",
    "tocsin.surveys",
    "tocsin.campaigns",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tocsin.base.web.security.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "tocsin.base.api.middleware.Manners",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tocsin.accounts.middleware.SessionLimits",
    "tocsin.accounts.middleware.OwnLanguage",
    "tocsin.project.viewing.Viewing",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tocsin.accounts.middleware.SecondFactor",
]
ROOT_URLCONF = "tocsin.project.urls"
WSGI_APPLICATION = "tocsin.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ]
        },
    }
]
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "loop"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# Rate limits and used codes are counted in the database: every process counts the same, a restart forgets nothing.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
ACCOUNT_ADAPTER = "tocsin.accounts.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are added by an administrator, and a mailed link proves the address
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {"login": "tocsin.accounts.forms.SignIn", "reauthenticate": "tocsin.accounts.forms.ConfirmByPassword"}
ACCOUNT_RATE_LIMITS = {"link": "10/m/ip,3/10m/key", "register": "5/h/ip"}
MFA_ADAPTER = "tocsin.accounts.adapters.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_FORMS = {
    "authenticate": "tocsin.accounts.forms.SecondStep",
    "reauthenticate": "tocsin.accounts.forms.ConfirmByCode",
    "activate_totp": "tocsin.accounts.forms.ActivateApp",
    "add_webauthn": "tocsin.accounts.forms.AddPasskey",
    "edit_webauthn": "tocsin.accounts.forms.RenamePasskey",
}
SOCIALACCOUNT_ADAPTER = "tocsin.accounts.adapters.Provided"
SOCIALACCOUNT_AUTO_SIGNUP = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "vi"
LOCALE_PATHS = [PACKAGE / "base" / "locale"]
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
FORMAT_MODULE_PATH = ["tocsin.base.web.formats"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
_SECURE = _HOST.scheme == "https"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _SECURE
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _SECURE
# A cookie whose name begins so is taken by browsers only over TLS, from this host, for all its paths.
_COOKIES = "__Host-tocsin" if _SECURE else "tocsin"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_COOKIES}-session", f"{_COOKIES}-csrf"
LANGUAGE_COOKIE_NAME = "tocsin-language"
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = int(TOCSIN_SESSION_LONGEST.total_seconds())
LANGUAGE_COOKIE_AGE = 31_536_000
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # A request that waits for a thread is a busy moment, not a trouble.
    "loggers": {"waitress.queue": {"level": "ERROR"}},
}
