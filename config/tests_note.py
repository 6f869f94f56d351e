"""Says loudly before a test run which tests this machine cannot run. usage: python -m config.tests_note"""

import shutil
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser() -> str | None:
    """The Chromium of this machine."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


if __name__ == "__main__":
    if browser() is None:
        bar = "!" * 78
        sys.stderr.write(
            f"{bar}\n!! No Chromium here: the BROWSER TESTS ARE SKIPPED. Install it: apt-get install chromium\n{bar}\n"
        )
