"""Django's settings, read once from the environment. See docs/reference/settings.md."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tocsin.collectors import guard
from tocsin.core import sizes

TOCSIN_HOME = Path(os.environ.get("TOCSIN_HOME") or "var").absolute()
TOCSIN_BASE_URL = os.environ.get("TOCSIN_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
TOCSIN_EMAIL_URL = os.environ.get("TOCSIN_EMAIL_URL", "")
TOCSIN_EMAIL_FROM = os.environ.get("TOCSIN_EMAIL_FROM", "Tocsin <tocsin@team.example>")
TOCSIN_API_RATE = int(os.environ.get("TOCSIN_API_RATE") or 1200)
TOCSIN_METRICS_OPEN = os.environ.get("TOCSIN_METRICS_OPEN", "").lower() in {"1", "true", "yes"}
TOCSIN_API_CALLER = "tocsin.constituency.callers.find"
PACKAGE = Path(__file__).resolve().parent.parent


def _list(name: str) -> list[str]:
    """Return the parts of a list separated by commas."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _size(name: str, default: str) -> int:
    return sizes.parse(os.environ.get(name) or default)


try:
    TOCSIN_ALLOWED_NETWORKS = guard.networks(_list("TOCSIN_ALLOWED_NETWORKS"))
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
ALLOWED_HOSTS = [_HOST.hostname or "127.0.0.1", "127.0.0.1", "localhost", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [TOCSIN_BASE_URL]
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
    "tocsin.constituency",
    "tocsin.intake",
    "tocsin.findings",
    "tocsin.notices",
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
    "tocsin.project.viewing.Viewing",
    "django.contrib.messages.middleware.MessageMiddleware",
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
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
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
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
