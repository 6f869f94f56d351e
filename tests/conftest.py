"""What every test stands on: the plugins of the suite, and how its processes and its generated examples behave."""

import os
from pathlib import Path

from django.conf import settings
from hypothesis import Phase
from hypothesis import settings as examples

pytest_plugins = ["tests.database", "tests.cast", "tests.servers", "tests.turns"]

# A failing example is told as it was found, since a search for a smaller one may take minutes. For that search:
# --hypothesis-profile=default, after .hypothesis with what was found is removed.
examples.register_profile("suite", phases=(Phase.explicit, Phase.reuse, Phase.generate))
examples.load_profile("suite")

if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    # the processes that tests start keep it for this session: without any a start takes three times as long
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(settings.DATA_DIR) / "pycache"))
