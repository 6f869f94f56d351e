"""The client's body: decoded for the decision, and rewritten for a provider with everything else left as it came."""

from typing import Any

import msgspec

from routing.domain.types import DeploymentFacts, RequestFeatures
from routing.gateway.compiled import Target
from routing.gateway.errors import invalid_request

Raw = msgspec.Raw

_decode = msgspec.json.Decoder().decode
_decode_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode


def parse_body(body: bytes) -> Any:
    """The JSON in a body, or a WireError 400."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_request("We could not parse the JSON body of your request.") from error


def rewrite_body(body: bytes, target: Target, features: RequestFeatures, *, cap: int | None) -> bytes:
    """The client's body with the provider's model name, usage in streams, and a cap on the output; else unchanged."""
    fields = _decode_fields(body)
    fields["model"] = Raw(_encode(target.model))
    if features.stream and not features.include_usage:
        fields["stream_options"] = Raw(_encode(_stream_options(fields.get("stream_options"))))
    if cap is not None:
        fields.pop("max_completion_tokens", None)
        fields.pop("max_tokens", None)
        name = "max_completion_tokens" if target.caps_by_completion_tokens else "max_tokens"
        fields[name] = Raw(b"%d" % cap)
    return _encode(fields)


def _stream_options(raw: Raw | None) -> dict[str, Any]:
    options = _decode(raw) if raw is not None else None
    return {**(options or {}), "include_usage": True}


def output_cap(features: RequestFeatures, facts: DeploymentFacts, *, hard_limit: bool) -> int | None:
    """The cap to inject: under a hard budget the bound that was held for must bind the provider as well."""
    if not hard_limit or features.max_output_tokens is not None:
        return None
    return facts.max_output_tokens
