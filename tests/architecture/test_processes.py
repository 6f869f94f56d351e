"""What each process carries: seen in the process itself, not in the sources."""

import os
import subprocess
import sys

import pytest

HEAVY = {"django", "rest_framework", "celery", "litellm"}


def loaded(module):
    """The top-level packages in a fresh process that imported `module`."""
    code = f"import {module}, sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        timeout=60,
    )
    return set(result.stdout.split())


@pytest.mark.parametrize("module", ["config.gateway", "config.embedded.keeper", "config.demo.sandbox"])
def test_a_light_process_carries_no_framework(module):
    assert loaded(module) & HEAVY == set()


def test_the_django_processes_carry_no_litellm():
    assert "litellm" not in loaded("config.wiring")
