"""The provider kinds as data: which wire each speaks, where it is found, and how a credential is presented.

Nothing here opens a connection. A kind with `wire="openai"` takes the client's bytes as they are; a kind with
`wire="provider"` is reached through the provider process, which speaks the OpenAI wire for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple
from urllib.parse import quote, urlencode

Wire = Literal["openai", "provider"]
UpstreamPath = Literal["/chat/completions", "/embeddings", "/models"]
Headers = dict[str, str]

PATHS: Final[tuple[UpstreamPath, ...]] = ("/chat/completions", "/embeddings", "/models")
PROVIDER_PROCESS_URL: Final = "http://provider/v1"


class RequestTarget(NamedTuple):
    """Where one upstream request goes and the headers that let it in."""

    url: str
    headers: Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What a tenant configured, parsed: the values from which a request target is built."""

    base_url: str
    model: str
    api_version: str
    credential: str


def _plain_url(endpoint: Endpoint, path: UpstreamPath) -> str:
    return endpoint.base_url + path


def _azure_url(endpoint: Endpoint, path: UpstreamPath) -> str:
    """Without a dated API version the v1 API is meant, which names the deployment in the body like OpenAI does."""
    version = endpoint.api_version
    query = f"?{urlencode({'api-version': version})}" if version else ""
    if version in ("", "v1", "preview", "latest"):
        return f"{endpoint.base_url}/openai/v1{path}{query if version in ('preview', 'latest') else ''}"
    if path == "/models":
        return f"{endpoint.base_url}/openai/models{query}"
    return f"{endpoint.base_url}/openai/deployments/{quote(endpoint.model, safe='')}{path}{query}"


def _process_url(endpoint: Endpoint, path: UpstreamPath) -> str:
    del endpoint
    return PROVIDER_PROCESS_URL + path


def _bearer(endpoint: Endpoint) -> Headers:
    return {"authorization": f"Bearer {endpoint.credential}"} if endpoint.credential else {}


def _api_key(endpoint: Endpoint) -> Headers:
    return {"api-key": endpoint.credential} if endpoint.credential else {}


def _cloudflare_gateway(endpoint: Endpoint) -> Headers:
    """`<provider key> <gateway token>`; a dash for the provider key means Cloudflare keeps it."""
    provider_key, _, gateway_token = endpoint.credential.partition(" ")
    headers = {} if provider_key in ("", "-") else {"authorization": f"Bearer {provider_key}"}
    if gateway_token:
        headers["cf-aig-authorization"] = f"Bearer {gateway_token}"
    return headers


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderKind:
    """One kind of provider. `price_provider` is its name in the price catalogue, empty where none applies."""

    slug: str
    title: str
    wire: Wire
    docs_url: str
    base_url: str = ""
    base_url_example: str = ""
    needs_credential: bool = True
    credential_example: str = ""
    takes_api_version: bool = False
    supports: frozenset[str] = frozenset({"chat", "stream", "tools", "json", "vision", "embeddings", "models"})
    price_provider: str = ""
    url: Callable[[Endpoint, UpstreamPath], str] = _plain_url
    authenticate: Callable[[Endpoint], Headers] = _bearer

    @property
    def needs_base_url(self) -> bool:
        """Whether a provider of this kind must be given an address, because it has no public one."""
        return not self.base_url


def _process_headers(slug: str) -> Callable[[Endpoint], Headers]:
    def headers(endpoint: Endpoint) -> Headers:
        return {
            "x-orchestration-provider": slug,
            "x-orchestration-base-url": endpoint.base_url,
            "x-orchestration-api-key": endpoint.credential,
            "x-orchestration-model": endpoint.model,
        }

    return headers


_CATALOGUE = (
    ProviderKind(
        slug="openai",
        title="OpenAI",
        wire="openai",
        docs_url="https://platform.openai.com/docs/api-reference/chat",
        base_url="https://api.openai.com/v1",
        credential_example="sk-...",
        price_provider="openai",
    ),
    ProviderKind(
        slug="azure_openai",
        title="Azure OpenAI",
        wire="openai",
        docs_url="https://learn.microsoft.com/azure/ai-services/openai/reference",
        base_url_example="https://my-resource.openai.azure.com",
        takes_api_version=True,
        price_provider="azure",
        url=_azure_url,
        authenticate=_api_key,
    ),
    ProviderKind(
        slug="cloudflare_workers_ai",
        title="Cloudflare Workers AI",
        wire="openai",
        docs_url="https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/",
        base_url_example="https://api.cloudflare.com/client/v4/accounts/<account id>/ai/v1",
        price_provider="cloudflare",
        supports=frozenset({"chat", "stream", "tools", "json", "embeddings"}),
    ),
    ProviderKind(
        slug="cloudflare_ai_gateway",
        title="Cloudflare AI Gateway",
        wire="openai",
        docs_url="https://developers.cloudflare.com/ai-gateway/usage/chat-completion/",
        base_url_example="https://gateway.ai.cloudflare.com/v1/<account id>/<gateway>/compat",
        credential_example="<provider key> <gateway token>, or - <gateway token>",
        supports=frozenset({"chat", "stream", "tools", "json", "vision"}),
        authenticate=_cloudflare_gateway,
    ),
    ProviderKind(
        slug="vllm",
        title="vLLM",
        wire="openai",
        docs_url="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
        base_url_example="http://vllm.internal:8000/v1",
        needs_credential=False,
    ),
    ProviderKind(
        slug="ollama",
        title="Ollama",
        wire="openai",
        docs_url="https://github.com/ollama/ollama/blob/main/docs/openai.md",
        base_url_example="http://ollama.internal:11434/v1",
        needs_credential=False,
    ),
    ProviderKind(
        slug="openai_compatible",
        title="OpenAI-compatible server",
        wire="openai",
        docs_url="https://platform.openai.com/docs/api-reference/chat",
        base_url_example="https://models.example.com/v1",
        needs_credential=False,
    ),
    ProviderKind(
        slug="anthropic",
        title="Anthropic",
        wire="provider",
        docs_url="https://docs.anthropic.com/en/api/messages",
        base_url="https://api.anthropic.com",
        credential_example="sk-ant-...",
        supports=frozenset({"chat", "stream", "tools", "json", "vision"}),
        price_provider="anthropic",
        url=_process_url,
        authenticate=_process_headers("anthropic"),
    ),
)

KINDS: Final[Mapping[str, ProviderKind]] = MappingProxyType({kind.slug: kind for kind in _CATALOGUE})


def request_target(
    kind: ProviderKind,
    path: UpstreamPath,
    *,
    base_url: str = "",
    model: str = "",
    api_version: str = "",
    credential: str = "",
) -> RequestTarget:
    """The address and credential headers of one request; `ValueError` says what the configuration lacks."""
    base = (base_url or kind.base_url).rstrip("/")
    if not base:
        raise ValueError(f"A provider of kind {kind.slug} needs a base URL.")
    if kind.needs_credential and not credential:
        raise ValueError(f"A provider of kind {kind.slug} needs a credential.")
    endpoint = Endpoint(base_url=base, model=model, api_version=api_version, credential=credential)
    return RequestTarget(kind.url(endpoint, path), kind.authenticate(endpoint))
