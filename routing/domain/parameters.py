"""The top-level parameters of a chat completion and the form each must have.

The list is closed, as OpenAI's own is: an unknown parameter is refused with `unknown_parameter`. To OpenAI's documented
parameters it adds the sampling extras that self-hosted servers of the same wire document (vLLM, Ollama) and that stock
clients send through `extra_body`, which puts them at the top level. Null counts as absent.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from routing.domain.types import InvalidRequest

Check = Callable[[Any, str], None]


def kind_of(value: Any) -> str:
    """The JSON type of a value with its article, as OpenAI's messages name it."""
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", dict: "an object"}
    return "null" if value is None else names.get(type(value), "an array")


def wrong_type(param: str, expected: str, value: Any) -> InvalidRequest:
    return InvalidRequest(
        f"Invalid type for '{param}': expected {expected}, but got {kind_of(value)} instead.", param, "invalid_type"
    )


def wrong_value(param: str, value: Any, supported: tuple[str, ...]) -> InvalidRequest:
    listed = ", ".join(f"'{name}'" for name in supported)
    shown = str(value)[:60]
    return InvalidRequest(f"Invalid value: '{shown}'. Supported values are: {listed}.", param, "invalid_value")


def missing(param: str) -> InvalidRequest:
    return InvalidRequest(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")


def unknown(param: str) -> InvalidRequest:
    return InvalidRequest(f"Unknown parameter: '{param[:100]}'.", param[:100], "unknown_parameter")


def whole(low: int, high: int) -> Check:
    """A whole number within both ends."""

    def check(value: Any, param: str) -> None:
        if type(value) is not int:
            raise wrong_type(param, "an integer", value)
        _in_range(value, param, low, high, "integer")

    return check


def number(low: float, high: float) -> Check:
    """A number within both ends."""

    def check(value: Any, param: str) -> None:
        if type(value) not in (int, float):
            raise wrong_type(param, "a decimal", value)
        _in_range(value, param, low, high, "decimal")

    return check


def _in_range(value: float, param: str, low: float, high: float, noun: str) -> None:
    if value < low:
        text = f"{noun} below minimum value. Expected a value >= {low:g}, but got {value:g} instead."
        raise InvalidRequest(f"Invalid '{param}': {text}", param, f"{noun}_below_min_value")
    if not value <= high:
        text = f"{noun} above maximum value. Expected a value <= {high:g}, but got {value:g} instead."
        raise InvalidRequest(f"Invalid '{param}': {text}", param, f"{noun}_above_max_value")


def of_type(kind: type, expected: str) -> Check:
    """A value of exactly this JSON type."""

    def check(value: Any, param: str) -> None:
        if type(value) is not kind:
            raise wrong_type(param, expected, value)

    return check


def one_of(*supported: str) -> Check:
    """One of these texts."""

    def check(value: Any, param: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(param, "a string", value)
        if value not in supported:
            raise wrong_value(param, value, supported)

    return check


BOOLEAN: Final = of_type(bool, "a boolean")
TEXT: Final = of_type(str, "a string")
OBJECT: Final = of_type(dict, "an object")
ARRAY: Final = of_type(list, "an array")


def anything(value: Any, param: str) -> None:
    """A value that the router passes on unread; the upstream judges it."""


def stop(value: Any, param: str) -> None:
    """A text, or up to four of them."""
    if isinstance(value, str):
        return
    if not isinstance(value, list):
        raise wrong_type(param, "a string or an array of strings", value)
    if len(value) > 4:
        text = f"array too long. Expected an array with maximum length 4, but got {len(value)} instead."
        raise InvalidRequest(f"Invalid '{param}': {text}", param, "array_above_max_length")
    for index, item in enumerate(value):
        TEXT(item, f"{param}[{index}]")


def metadata(value: Any, param: str) -> None:
    """Up to 16 short texts by name."""
    OBJECT(value, param)
    if len(value) > 16:
        raise InvalidRequest(
            f"Invalid '{param}': too many properties. Expected at most 16.", param, "object_above_max_properties"
        )
    for name, item in value.items():
        TEXT(item, f"{param}.{name}")


def texts(value: Any, param: str) -> None:
    """A list of texts."""
    ARRAY(value, param)
    for index, item in enumerate(value):
        TEXT(item, f"{param}[{index}]")


TOKENS: Final = whole(1, 10_000_000)

PARAMETERS: Final[Mapping[str, Check]] = {
    # read by features.py, which checks their content
    "messages": ARRAY, "model": TEXT, "tools": ARRAY, "functions": ARRAY, "tool_choice": anything,
    "function_call": anything, "response_format": OBJECT, "stream_options": OBJECT, "prediction": OBJECT,
    # OpenAI
    "audio": OBJECT, "frequency_penalty": number(-2, 2), "logit_bias": OBJECT, "logprobs": BOOLEAN,
    "max_completion_tokens": TOKENS, "max_tokens": TOKENS, "metadata": metadata, "modalities": texts,
    "n": whole(1, 128), "parallel_tool_calls": BOOLEAN, "presence_penalty": number(-2, 2), "prompt_cache_key": TEXT,
    "prompt_cache_retention": TEXT, "reasoning_effort": TEXT, "safety_identifier": TEXT,
    "seed": whole(-(2**63), 2**63 - 1),
    "service_tier": one_of("auto", "default", "flex", "priority", "scale"), "stop": stop, "store": BOOLEAN,
    "stream": BOOLEAN, "temperature": number(0, 2), "top_logprobs": whole(0, 20), "top_p": number(0, 1), "user": TEXT,
    "verbosity": TEXT, "web_search_options": OBJECT,
    # self-hosted servers of the same wire
    "chat_template_kwargs": OBJECT, "guided_choice": texts, "guided_grammar": TEXT, "guided_json": anything,
    "guided_regex": TEXT, "ignore_eos": BOOLEAN, "include_reasoning": BOOLEAN, "keep_alive": anything,
    "length_penalty": number(-10, 10), "min_p": number(0, 1), "min_tokens": whole(0, 10_000_000),
    "repetition_penalty": number(0, 10), "skip_special_tokens": BOOLEAN, "stop_token_ids": ARRAY,
    "structured_outputs": OBJECT, "thinking": OBJECT, "top_k": whole(-1, 1_000_000),
}  # fmt: skip


def check_parameters(body: Mapping[str, Any]) -> None:
    """Refuse the first parameter that is unknown or has the wrong form."""
    checks = PARAMETERS
    for name, value in body.items():
        check = checks.get(name)
        if check is None:
            raise unknown(name)
        if value is not None:
            check(value, name)
