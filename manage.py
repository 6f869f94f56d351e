#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["up"] and "--help" not in sys.argv:
        from config.supervisor.prepare import prepare

        prepare()  # before settings are read: it starts the servers they name
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
