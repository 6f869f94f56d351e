"""A call to the provider process, parsed: whom to call comes in headers, what to ask in an OpenAI-shaped body.

Only parameters on a closed list reach the provider library, which would take any other name as an option of its own
(another address, another key, a made-up answer). What has no meaning at such a provider and does not change the form of
the answer is left out; what would change it is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from routing.domain.providers import KINDS

CARRIED: Final = frozenset(
    {
        "messages", "max_completion_tokens", "max_tokens", "temperature", "top_p", "top_k", "stop", "tools",
        "tool_choice", "parallel_tool_calls", "functions", "function_call", "response_format", "reasoning_effort",
        "thinking", "user",
    }
)  # fmt: skip
LEFT_OUT: Final = frozenset(
    {
        "model", "stream", "stream_options", "metadata", "store", "seed", "frequency_penalty", "presence_penalty",
        "logit_bias", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "service_tier", "verbosity",
    }
)  # fmt: skip
_ONLY_DEFAULT: Final[Mapping[str, Any]] = {"n": 1, "logprobs": False, "top_logprobs": 0, "modalities": ["text"]}
_IMAGE_SCHEMES: Final = ("https://", "data:")


class CallRefused(Exception):
    """The call cannot be made; nothing was sent."""

    def __init__(
        self, message: str, *, param: str | None = None, code: str = "invalid_value", status: int = 400
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCall:
    """One chat completion to ask of a provider."""

    provider: str
    base_url: str
    api_key: str
    model: str
    stream: bool
    parameters: Mapping[str, Any]


def parse_call(headers: Mapping[str, str], body: object) -> ProviderCall:
    """Parses headers (names in lower case) and the decoded body; CallRefused says what is wrong."""
    if not isinstance(body, dict):
        raise CallRefused("The request body must be a JSON object.", code="invalid_json")
    kind = KINDS.get(headers.get("x-orchestration-provider", ""))
    if kind is None or kind.wire != "provider":
        raise CallRefused("The provider process does not serve this kind of provider.", code="unknown_provider")
    return ProviderCall(
        provider=kind.slug,
        base_url=_header(headers, "x-orchestration-base-url"),
        api_key=_header(headers, "x-orchestration-api-key"),
        model=_header(headers, "x-orchestration-model"),
        stream=body.get("stream") is True,
        parameters=_parameters(body),
    )


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip()
    if not value:
        raise CallRefused(f"The header {name} is missing.", code="missing_header")
    return value


def _parameters(body: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in body.items() if value is not None and name not in LEFT_OUT}
    for name, default in _ONLY_DEFAULT.items():
        if given.pop(name, default) != default:
            raise _unsupported(name)
    for name in given:
        if name not in CARRIED:
            raise _unsupported(name)
    if not isinstance(given.get("messages"), list) or not given["messages"]:
        raise CallRefused("messages must be a list that is not empty.", param="messages")
    _check_images(given["messages"])
    return given


def _unsupported(name: str) -> CallRefused:
    message = f"This model does not support the parameter '{name[:100]}' with this value."
    return CallRefused(message, param=name[:100], code="unsupported_parameter")


def _check_images(messages: list[Any]) -> None:
    """Images are handed on as addresses or data; plain http would make this process fetch them."""
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else []:
            image = part.get("image_url") if isinstance(part, dict) else None
            url = image.get("url") if isinstance(image, dict) else image
            if image is not None and not (isinstance(url, str) and url.lower().startswith(_IMAGE_SCHEMES)):
                raise CallRefused(
                    "An image must be an https address or data.", param="messages", code="invalid_image_url"
                )
