"""The web process: console, REST API, admin. Refuses to start with an unsafe database role."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# WhiteNoise hands files over as synchronous iterators; Django says so once per file, and nothing can be done about it.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators", category=Warning)

application = get_asgi_application()

from config.wiring import refuse_unsafe_start  # noqa: E402  # needs the applications loaded

refuse_unsafe_start()
