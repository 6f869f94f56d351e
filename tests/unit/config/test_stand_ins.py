"""Stand-ins for public hosts are for conformance tests only, and only on loopback."""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config.stand_ins import with_stand_ins
from connectors.contract import HttpRequest, NotPerformed
from connectors.ports import CallTime
from connectors.transport import GuardedTransport
from tenants.egress import EgressPolicy

READ = "from config.variables import engine_test_hosts; print(engine_test_hosts())"
HOSTS = "pets.example=127.0.0.1:9"


def read(**variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run([sys.executable, "-c", READ], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def server():
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found.server_port
        found.shutdown()
        thread.join()


def asked(transport, url):
    return transport.send(HttpRequest("GET", url, "/"), CallTime(transport.now() + 5, may_start=lambda: True)).status


def test_hosts_are_obeyed_only_with_the_switch():
    assert read(ENGINE_TEST_HOSTS=HOSTS).stdout.strip() == "{}"
    assert "127.0.0.1:9" in read(ENGINE_TEST_HOSTS=HOSTS, ENGINE_TEST_PORT="1").stdout


@pytest.mark.parametrize("variable", [{"ENGINE_TEST_PORT": "1"}, {"ENGINE_TEST_HOSTS": HOSTS}])
def test_production_refuses_both(variable):
    ended = read(ENVIRONMENT="production", **variable)
    assert ended.returncode
    assert "unset them in production" in ended.stderr


@pytest.mark.parametrize("entry", ["pets.example=10.0.0.1:80", "pets.example=localhost:80", "=127.0.0.1:80", "pets"])
def test_nothing_but_a_loopback_port_can_stand_in(entry):
    assert "use name=127.0.0.1:port" in read(ENGINE_TEST_HOSTS=entry, ENGINE_TEST_PORT="1").stderr


def test_a_named_host_is_played_and_the_guard_stays_for_all_others(server):
    transport = with_stand_ins(GuardedTransport(EgressPolicy()), {"pets.example": f"127.0.0.1:{server}"})
    assert asked(transport, "https://pets.example") == 204
    assert transport.check("https://pets.example") == ""
    with pytest.raises(NotPerformed):
        asked(transport, f"http://127.0.0.1:{server}")


def test_without_names_the_guarded_transport_is_itself():
    guarded = GuardedTransport(EgressPolicy())
    assert with_stand_ins(guarded, {}) is guarded
