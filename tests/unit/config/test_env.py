"""Readers of the environment: loud on bad values, files for secrets, no late changes."""

import base64

import pytest

from config.env import ConfigError, Environment, LateChange


def test_an_empty_value_counts_as_unset():
    environment = Environment({"PORT": "", "DEBUG": ""})
    assert environment.integer("PORT", 8000) == 8000
    assert environment.boolean("DEBUG", True) is True


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False)])
def test_booleans_have_the_usual_spellings(text, value):
    assert Environment({"DEBUG": text}).boolean("DEBUG") is value


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("DEBUG", "maybe", lambda e: e.boolean("DEBUG")),
        ("PORT", "eighty", lambda e: e.port("PORT", 8000)),
        ("PORT", "70000", lambda e: e.port("PORT", 8000)),
        ("ENVIRONMENT", "prod", lambda e: e.string("ENVIRONMENT", choices=("production",))),
        ("REDIS_URL", "localhost:6379", lambda e: e.url("REDIS_URL", schemes=("redis",))),
        ("VAULT_ROOT_KEY", "c2hvcnQ=", lambda e: e.key("VAULT_ROOT_KEY")),
        ("VAULT_ROOT_KEY", "not base64!", lambda e: e.key("VAULT_ROOT_KEY")),
    ],
)
def test_a_bad_value_is_refused_by_name(name, value, read):
    with pytest.raises(ConfigError, match=name):
        read(Environment({name: value}))


def test_an_address_with_a_password_is_never_repeated():
    with pytest.raises(ConfigError) as caught:
        Environment({"DATABASE_URL": "mysql://app:hunter2@db/x"}).url("DATABASE_URL", schemes=("postgresql",))
    assert "hunter2" not in str(caught.value)


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text(base64.b64encode(b"k" * 32).decode() + "\n")
    assert Environment({"VAULT_ROOT_KEY_FILE": str(tmp_path / "key")}).key("VAULT_ROOT_KEY") == b"k" * 32


def test_a_secret_in_two_places_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="keep one"):
        Environment({"SECRET_KEY": "a", "SECRET_KEY_FILE": str(tmp_path)}).secret("SECRET_KEY")


def test_a_secret_file_that_is_missing_is_said(tmp_path):
    with pytest.raises(ConfigError, match="SECRET_KEY_FILE"):
        Environment({"SECRET_KEY_FILE": str(tmp_path / "absent")}).secret("SECRET_KEY")


def test_a_change_after_the_first_reading_is_refused():
    values = {"DATA_DIR": "/one"}
    environment = Environment(values)
    environment.string("DATA_DIR")
    values["DATA_DIR"] = "/two"
    with pytest.raises(LateChange, match="DATA_DIR"):
        environment.string("DATA_DIR")


def test_assigning_what_was_already_read_is_refused():
    environment = Environment({})
    environment.string("DATABASE_URL")
    with pytest.raises(LateChange):
        environment.assign({"DATABASE_URL": "postgresql://x"})


def test_lists_drop_blanks():
    assert Environment({"ALLOWED_HOSTS": " a , ,b"}).list("ALLOWED_HOSTS") == ("a", "b")
