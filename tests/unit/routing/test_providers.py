"""The catalogue of provider kinds: addresses, credential headers, and what a configuration must say."""

import pytest

from routing.domain.providers import KINDS, PATHS, request_target

AZURE = KINDS["azure_openai"]
EXPECTED = {
    "openai": "https://api.openai.com/v1/chat/completions",
    "azure_openai": "http://host/openai/v1/chat/completions",
    "cloudflare_workers_ai": "http://host/chat/completions",
    "cloudflare_ai_gateway": "http://host/chat/completions",
    "vllm": "http://host/chat/completions",
    "ollama": "http://host/chat/completions",
    "openai_compatible": "http://host/chat/completions",
    "anthropic": "http://provider/v1/chat/completions",
}


@pytest.mark.parametrize("slug", KINDS)
def test_every_kind_has_an_address_for_chat(slug: str) -> None:
    kind = KINDS[slug]
    base_url = "http://host/" if kind.needs_base_url else ""

    target = request_target(kind, "/chat/completions", base_url=base_url, model="m", credential="k")

    assert target.url == EXPECTED[slug]


@pytest.mark.parametrize("slug", KINDS)
def test_the_catalogue_is_keyed_by_slug_and_links_to_the_vendors_page(slug: str) -> None:
    assert KINDS[slug].slug == slug
    assert KINDS[slug].docs_url.startswith("https://")
    assert KINDS[slug].base_url or KINDS[slug].base_url_example


def test_azure_names_the_deployment_and_the_dated_version_in_the_address() -> None:
    target = request_target(
        AZURE, "/chat/completions", base_url="http://host", model="gpt 4/o", api_version="2024-10-21", credential="k"
    )

    assert target.url == "http://host/openai/deployments/gpt%204%2Fo/chat/completions?api-version=2024-10-21"
    assert target.headers == {"api-key": "k"}


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("", "http://host/openai/v1/models"),
        ("v1", "http://host/openai/v1/models"),
        ("preview", "http://host/openai/v1/models?api-version=preview"),
        ("2024-10-21", "http://host/openai/models?api-version=2024-10-21"),
    ],
)
def test_azure_chooses_the_api_by_version(version: str, expected: str) -> None:
    target = request_target(AZURE, "/models", base_url="http://host", model="m", api_version=version, credential="k")

    assert target.url == expected


@pytest.mark.parametrize(
    ("credential", "expected"),
    [
        ("key", {"authorization": "Bearer key"}),
        ("key token", {"authorization": "Bearer key", "cf-aig-authorization": "Bearer token"}),
        ("- token", {"cf-aig-authorization": "Bearer token"}),
    ],
)
def test_cloudflare_gateway_takes_a_provider_key_and_a_gateway_token(credential: str, expected: dict[str, str]) -> None:
    target = request_target(
        KINDS["cloudflare_ai_gateway"], "/chat/completions", base_url="http://host", credential=credential
    )

    assert target.headers == expected


def test_a_server_without_authentication_gets_no_empty_header() -> None:
    assert request_target(KINDS["ollama"], "/chat/completions", base_url="http://host").headers == {}


def test_the_provider_process_is_told_whom_to_call() -> None:
    target = request_target(KINDS["anthropic"], "/chat/completions", model="claude", credential="k")

    assert target.headers == {
        "x-orchestration-provider": "anthropic",
        "x-orchestration-base-url": "https://api.anthropic.com",
        "x-orchestration-api-key": "k",
        "x-orchestration-model": "claude",
    }


@pytest.mark.parametrize("slug", [slug for slug, kind in KINDS.items() if kind.needs_credential])
def test_a_missing_credential_is_refused_before_anything_is_sent(slug: str) -> None:
    with pytest.raises(ValueError, match="needs a credential"):
        request_target(KINDS[slug], PATHS[0], base_url="http://host", model="m")


def test_a_missing_address_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a base URL"):
        request_target(KINDS["vllm"], PATHS[0], model="m")
