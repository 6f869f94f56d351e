"""The web process: console, REST API, admin. Refuses to start with an unsafe database role."""

import os
import warnings

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# WhiteNoise hands files over as synchronous iterators; Django says so once per file, and nothing can be done about it.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators", category=Warning)

django.setup(set_prefix=False)

from config.live import live_handler  # noqa: E402  # needs the applications loaded
from config.wiring import refuse_unsafe_start  # noqa: E402  # as above

application = live_handler()
refuse_unsafe_start()
