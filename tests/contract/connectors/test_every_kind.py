"""What every registered kind promises, whoever wrote it."""

from pathlib import Path

import pytest

from connectors import kinds as package
from connectors.contract import Capability
from connectors.registry import kinds

FOLDER = Path(package.__file__).parent
KINDS = [pytest.param(spec, id=slug) for slug, spec in kinds().items()]


def test_every_folder_is_a_kind():
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(kinds())


@pytest.mark.parametrize("spec", KINDS)
def test_it_says_what_it_is_and_what_it_can(spec):
    assert spec.title
    assert spec.summary.endswith(".")
    assert Capability.READ in spec.capabilities
    assert (FOLDER / spec.slug / "README.md").read_text(encoding="utf-8").startswith(f"# Kind `{spec.slug}`")


@pytest.mark.parametrize("spec", KINDS)
@pytest.mark.parametrize("value", [{}, {"base_url": None}, {"base_url": 7, "auth": []}, {"x": {"y": [1]}}])
def test_whatever_it_is_configured_with_it_answers_with_places_and_texts(spec, value):
    for faults in (spec.check(value), spec.check_operation(value)):
        assert faults
        assert all(isinstance(path, str) and isinstance(text, str) for path, text in faults.items())


def test_the_registry_cannot_be_changed():
    with pytest.raises(TypeError):
        kinds()["mine"] = None
