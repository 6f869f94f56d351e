"""The kit every REST endpoint is built from: token authentication, scope, unit of work, paging, idempotency.

Unsafe retries are the caller's worry no longer: a creating call with an `Idempotency-Key` answers the same thing twice
(draft-ietf-httpapi-idempotency-key-header: other payload 422, still in flight 409).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.access import require
from tenants.auth import TokenAuthentication
from tenants.errors import Conflict, IdempotencyConflict, Invalid
from tenants.models import IdempotencyRecord
from tenants.scope import Scope, current_scope, tenant_tx, use_scope

MAX_IDEMPOTENCY_KEY = 200


class StrictSerializer(serializers.Serializer[Any]):
    """Input serializer that refuses fields it does not know, by name."""

    def to_internal_value(self, data: Any) -> Any:
        """Parse; unknown fields are errors, because a typo must not be silently ignored."""
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                raise serializers.ValidationError({name: [f"Unknown field. Known: {known}."] for name in unknown})
        return super().to_internal_value(data)


class CursorPage(CursorPagination):
    """Cursor pages: `?limit=` up to 200 and `?cursor=`; newest first unless the view says otherwise."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-id"


class TenantAPIView(APIView):
    """Base of all tenant endpoints. `actions` maps each method to the permission it needs.

    The whole handler runs in one `tenant_tx`; a handler that creates is idempotent by `Idempotency-Key`.
    """

    authentication_classes = [TokenAuthentication]
    actions: ClassVar[Mapping[str, str]] = {}
    creates: ClassVar[bool] = False
    network: ClassVar[bool] = False
    input_serializer: ClassVar[type[serializers.Serializer[Any]] | None] = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, then wrap the handler of this method."""
        super().initial(request, *args, **kwargs)
        method = (request.method or "get").lower()
        handler = getattr(self, method, None)
        if handler is not None and method in self.actions:
            setattr(self, method, self._in_scope(handler, method))

    def parsed(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return the validated body; Invalid names each bad field."""
        if not isinstance(self.request.data, Mapping):
            raise Invalid("The body must be a JSON object.", errors={"body": ["Send a JSON object."]})
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def page(self, queryset: Any, serializer_class: type[serializers.Serializer[Any]]) -> Response:
        """Return one cursor page of `queryset`."""
        paginator = CursorPage()
        rows = paginator.paginate_queryset(queryset, self.request, self)
        return paginator.get_paginated_response(serializer_class(rows, many=True).data)

    def _in_scope(self, handler: Any, method: str) -> Any:
        def run(request: Request, *args: Any, **kwargs: Any) -> Response:
            scope: Scope = request.auth
            if self.network:
                with use_scope(scope):
                    require(self.actions[method])
                    return handler(request, *args, **kwargs)
            with tenant_tx(scope):
                require(self.actions[method])
                if method == "post" and self.creates:
                    return idempotent(request, lambda: handler(request, *args, **kwargs))
                return handler(request, *args, **kwargs)

        return run


def idempotent(request: Request, create: Any) -> Response:
    """Run `create` once per Idempotency-Key of this principal and route; later calls get the stored answer.

    The record is inserted in the same transaction as the effect: a second call waits on its unique key until the first
    has ended, then finds either the answer or nothing. A secret that is shown once is not
    stored, so a replay carries `"secret": null`: rotate the object if the first answer was lost.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return create()
    if not 0 < len(key) <= MAX_IDEMPOTENCY_KEY:
        raise Invalid(errors={"Idempotency-Key": [f"Use 1 to {MAX_IDEMPOTENCY_KEY} characters."]})
    record = _claim(request, key)
    if record.status:
        return _replayed(record)
    response: Response = create()
    record.status, record.body = response.status_code, _without_secrets(response.data)
    record.save(update_fields=["status", "body"])
    return response


def _claim(request: Request, key: str) -> IdempotencyRecord:
    scope = current_scope()
    fingerprint = hashlib.sha256(json.dumps(request.data, sort_keys=True, default=str).encode()).digest()
    identity = {"principal": scope.actor.id, "route": f"{request.method} {request.path}"[:200], "key": key}
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(fingerprint=fingerprint, **identity)
    except IntegrityError:
        record = IdempotencyRecord.objects.filter(**identity).first()
    if record is None:
        raise Conflict("A request with this Idempotency-Key is still running. Try again shortly.")
    if bytes(record.fingerprint) != fingerprint:
        raise IdempotencyConflict()
    return record


def _replayed(record: IdempotencyRecord) -> Response:
    response = Response(record.body, status=record.status)
    response["Idempotent-Replayed"] = "true"
    return response


def _without_secrets(data: Any) -> Any:
    plain = json.loads(json.dumps(data, default=str))
    if isinstance(plain, dict) and plain.get("secret"):
        plain["secret"] = None
    return plain

