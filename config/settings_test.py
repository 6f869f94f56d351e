"""Settings of the test suite: the real ones, with cheap passwords, mail in memory, plain static files."""

import config.embedded.testing  # noqa: F401 - first: starts the servers of this test session and sets their addresses
from config.settings import *  # noqa: F403

ENVIRONMENT = "test"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405 - WhiteNoise warns about a missing one
for _database in DATABASES.values():  # noqa: F405
    _database["OPTIONS"].pop("pool", None)
