"""The sandbox as each vendor: the address and the login of the kind's catalogue entry work, wrong ones do not."""

from dataclasses import dataclass

import httpx
import pytest

from routing.domain.providers import KINDS, PATHS, RequestTarget, request_target
from tests.sandbox import SandboxServer

BODY = {"model": "sandbox-small", "messages": [{"role": "user", "content": "Hello"}]}


@dataclass(frozen=True)
class Vendor:
    """One configured provider of a kind."""

    kind: str
    base_path: str
    api_version: str = ""
    credential: str = "some-key"

    def target(self, server: SandboxServer, *, credential: str | None = None, path: str = PATHS[0]) -> RequestTarget:
        return request_target(
            KINDS[self.kind],
            path,
            base_url=server.url + self.base_path,
            model="sandbox-small",
            api_version=self.api_version,
            credential=self.credential if credential is None else credential,
        )


VENDORS = [
    Vendor("openai", "/v1"),
    Vendor("azure_openai", "", api_version="2024-10-21"),
    Vendor("azure_openai", ""),
    Vendor("cloudflare_workers_ai", "/client/v4/accounts/acc/ai/v1"),
    Vendor("cloudflare_ai_gateway", "/v1/acc/gw/compat", credential="some-key some-token"),
    Vendor("cloudflare_ai_gateway", "/v1/acc/gw/compat", credential="- some-token"),
    Vendor("vllm", "/vllm/v1", credential=""),
    Vendor("ollama", "/ollama/v1", credential=""),
    Vendor("openai_compatible", "/v1"),
]
each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.kind)


def post(target: RequestTarget, body: dict) -> httpx.Response:
    return httpx.post(target.url, json=body, headers=target.headers, timeout=10)


@each_vendor
def test_the_catalogue_entry_reaches_the_vendor(sandbox: SandboxServer, vendor: Vendor):
    answer = post(vendor.target(sandbox), BODY)

    assert answer.status_code == 200
    assert answer.headers["server"] == "sandbox model server"
    assert answer.json()["usage"]["total_tokens"] > 0
    assert sandbox.counts("sandbox-small")["calls"] == 1


@each_vendor
def test_a_stream_of_every_vendor_ends_with_usage_and_done(sandbox: SandboxServer, vendor: Vendor):
    answer = post(vendor.target(sandbox), {**BODY, "stream": True, "stream_options": {"include_usage": True}})

    events = answer.text.strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    assert '"prompt_tokens"' in events[-2]
    assert answer.headers["content-type"].startswith("text/event-stream")


@each_vendor
def test_the_models_of_every_vendor_are_listed(sandbox: SandboxServer, vendor: Vendor):
    target = vendor.target(sandbox, path="/models")

    assert httpx.get(target.url, headers=target.headers).json()["data"]


@pytest.mark.parametrize("vendor", [vendor for vendor in VENDORS if vendor.kind != "ollama"], ids=lambda v: v.kind)
def test_a_wrong_key_is_refused(sandbox: SandboxServer, vendor: Vendor):
    wrong = "- bad-key" if vendor.kind == "cloudflare_ai_gateway" else "bad-key"

    assert post(vendor.target(sandbox, credential=wrong), BODY).status_code == 401
    assert sandbox.counts()["calls"] == 0


@pytest.mark.parametrize("vendor", [vendor for vendor in VENDORS if vendor.credential], ids=lambda vendor: vendor.kind)
def test_a_missing_key_is_refused_where_one_is_needed(sandbox: SandboxServer, vendor: Vendor):
    answer = httpx.post(vendor.target(sandbox).url, json=BODY)

    assert answer.status_code == 401
    assert sandbox.counts()["calls"] == 0


def test_azure_without_a_version_is_not_found(sandbox: SandboxServer):
    address = f"{sandbox.url}/openai/deployments/sandbox-small/chat/completions"

    assert httpx.post(address, json=BODY, headers={"api-key": "k"}).status_code == 404


def test_azure_begins_a_stream_with_a_chunk_without_choices(sandbox: SandboxServer):
    answer = post(VENDORS[1].target(sandbox), {**BODY, "stream": True})

    assert '"prompt_filter_results"' in answer.text.split("\n\n")[0]


def test_workers_ai_sends_usage_together_with_choices(sandbox: SandboxServer):
    answer = post(VENDORS[3].target(sandbox), {**BODY, "stream": True})

    assert '"usage"' in answer.text.split("\n\n")[-3]
    assert '"finish_reason": "stop"' in answer.text.split("\n\n")[-3]


def test_an_unknown_address_is_not_found(sandbox: SandboxServer):
    answer = httpx.post(f"{sandbox.url}/v2/chat", json=BODY)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_url")


def test_what_was_received_can_be_looked_at_without_the_credential(sandbox: SandboxServer):
    post(VENDORS[0].target(sandbox), BODY)

    received = sandbox.requests()[-1]
    assert received["path"] == "/v1/chat/completions"
    assert received["headers"]["authorization"] == "***"
