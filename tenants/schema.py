"""OpenAPI: one decorator that says all about an operation, and a schema class that adds what all operations share."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from tenants.paging import PageQuery

Handler = TypeVar("Handler", bound=Callable[..., Any])
SerializerClass = type[serializers.Serializer[Any]]
PROBLEM_TYPE = "application/problem+json"
NESTED_NAMES = frozenset({"Input", "Output", "Query", "Change"})

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Makes a retry safe: the same key and body give the first answer again, for 24 hours.",
)
# status -> when it is sent; every operation documents these
ERRORS: dict[str, str] = {
    "400": "The request cannot be accepted; `errors` names each field.",
    "401": "The token is missing, unknown, revoked or expired.",
    "403": "The roles of this account do not allow it.",
    "404": "It does not exist, or it is not yours.",
    "default": "Any other error has this shape too.",
}
BODY_ERRORS: dict[str, str] = {
    "409": "The present state does not allow this, or the same Idempotency-Key is in flight.",
    "413": "The body is too large.",
    "415": "The body is not application/json in UTF-8.",
}
CREATE_ERRORS: dict[str, str] = {"422": "The Idempotency-Key was used with another body."}


class Problem(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField(help_text="Address of the description of this error.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable name of the error; branch on this.")
    detail = serializers.CharField()
    retryable = serializers.BooleanField(help_text="Whether the same request may succeed later.")
    instance = serializers.CharField(help_text="Path of the request.")
    request_id = serializers.CharField(help_text="Also in the header X-Request-ID; name it when you ask for help.")
    errors = serializers.DictField(  # type: ignore[assignment]  # a field, not Serializer.errors
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    data = serializers.DictField(required=False)  # type: ignore[assignment]  # a field, not Serializer.data


def operation(
    operation_id: str,
    summary: str,
    *,
    body: SerializerClass | None = None,
    query: SerializerClass | None = None,
    output: SerializerClass | None = None,
    page: SerializerClass | None = None,
    status: int = 200,
) -> Callable[[Handler], Handler]:
    """Describe one handler: body, query parameters, and either one `output` or a cursor `page` of outputs."""
    parameters: list[Any] = [serializer for serializer in (query, PageQuery if page else None) if serializer]
    decorated: Callable[[Handler], Handler] = extend_schema(
        operation_id=operation_id,
        summary=summary,
        request=body,
        parameters=parameters,
        responses={status: _page_of(page) if page else output},
    )
    return decorated


class ApiSchema(AutoSchema):  # type: ignore[misc,no-untyped-call,unused-ignore]  # the base is untyped
    """Adds problem answers and the Idempotency-Key; names nested serializers after the class around them."""

    def get_override_parameters(self) -> list[Any]:
        """Parameters named by the decorator, and the key of creating calls."""
        parameters = list(super().get_override_parameters())
        return [*parameters, IDEMPOTENCY_KEY] if self._creates() else parameters

    def get_tags(self) -> list[str]:
        """Group by the first word after the prefix."""
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction=direction)
        errors = ERRORS | (BODY_ERRORS if self.method != "GET" else {}) | (CREATE_ERRORS if self._creates() else {})
        for status, text in sorted(errors.items()):
            answer = OpenApiResponse(Problem, description=text)
            bodies[status] = self._get_response_for_code(  # type: ignore[no-untyped-call]  # untyped upstream
                answer, status, [PROBLEM_TYPE], direction
            )
        return bodies

    def _get_serializer_name(self, serializer: Any, direction: str, bypass_extensions: bool = False) -> str:
        cls = serializer if isinstance(serializer, type) else type(serializer)
        outer, _, inner = cls.__qualname__.rpartition(".")
        if inner in NESTED_NAMES and outer:
            return f"{outer.rpartition('.')[2]}{inner}"
        name: str = super()._get_serializer_name(serializer, direction, bypass_extensions)
        return name

    def _creates(self) -> bool:
        return self.method == "POST" and getattr(self.view, "creates", False)


def _page_of(serializer_class: SerializerClass) -> Any:
    _, _, inner = serializer_class.__qualname__.rpartition(".")
    stem = serializer_class.__qualname__.replace(".", "") if inner in NESTED_NAMES else serializer_class.__name__
    fields = {"results": serializer_class(many=True), "next_cursor": serializers.CharField(allow_null=True)}
    return inline_serializer(f"{stem}Page", fields=fields)
