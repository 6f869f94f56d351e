"""The web process: console, REST API, admin. Refuses to start with an unsafe database role."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()

from config.wiring import refuse_unsafe_start  # noqa: E402  # needs the applications loaded

refuse_unsafe_start()
