"""`manage.py demo_info`: one shape for scripts, null where a part does not exist."""

import json

import pytest
from django.core.management import CommandError, call_command

from config.demo import info
from config.embedded.paths import write_private
from config.supervisor.plan import Layout

LAYOUT = Layout(
    bind="0.0.0.0", web_port=1, gateway_port=2, sandbox_port=3,
    provider_socket="", gateway_workers=1, worker_threads=1, sandbox=True,
)  # fmt: skip


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setattr("config.management.commands.demo_info.data_dir", lambda: tmp_path)
    return tmp_path


def test_before_the_first_start_it_says_what_to_do(data_dir):
    with pytest.raises(CommandError, match="make run"):
        call_command("demo_info")


def test_every_field_is_there_and_null_when_unknown(data_dir, capsys):
    info.write_addresses(data_dir, LAYOUT)
    call_command("demo_info", as_json=True)
    values = json.loads(capsys.readouterr().out)
    assert tuple(values) == info.FIELDS
    assert values["base_url"] == "http://127.0.0.1:1"
    assert values["demo_core_url"] is None


def test_secrets_come_from_the_private_file(data_dir, capsys):
    info.write_addresses(data_dir, LAYOUT)
    write_private(info.path(data_dir), {"api_token": "orc-api-x", "base_url": "http://old"})
    call_command("demo_info", as_json=True)
    values = json.loads(capsys.readouterr().out)
    assert (values["api_token"], values["base_url"]) == ("orc-api-x", "http://127.0.0.1:1")
    assert info.path(data_dir).stat().st_mode & 0o777 == 0o600


def test_live_patterns_are_listed_with_where_they_are_now(data_dir, capsys):
    info.write_addresses(data_dir, LAYOUT)
    made = {"id": "0199", "name": "Tra cứu", "pattern": "adapter"}
    write_private(info.path(data_dir), {"tenant": "demo", "patterns": [made]})
    call_command("demo_info", as_json=True)
    [one] = json.loads(capsys.readouterr().out)["patterns"]
    assert one == {
        "pattern": "adapter",
        "name": "Tra cứu",
        "url": "http://127.0.0.1:1/t/demo/patterns/0199/",
        "studio_url": "http://127.0.0.1:1/t/demo/studio/?pattern=adapter&configuration=0199",
        "api_url": "http://127.0.0.1:1/api/v1/patterns/0199/",
    }
    call_command("demo_info")
    assert "Tra cứu  http://127.0.0.1:1/t/demo/patterns/0199/  (adapter)" in capsys.readouterr().out


def test_a_demo_made_before_patterns_were_noted_lists_none(data_dir, capsys):
    info.write_addresses(data_dir, LAYOUT)
    write_private(info.path(data_dir), {"tenant": "demo"})
    call_command("demo_info", as_json=True)
    assert json.loads(capsys.readouterr().out)["patterns"] is None
