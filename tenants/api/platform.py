"""Tenants, for the platform operator. Nothing here reads what belongs to a tenant."""

import hashlib
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import access_tenant
from tenants.api.tenant import TenantOutput
from tenants.domain import TenantStatus
from tenants.idempotency import idempotent
from tenants.ids import uuid7
from tenants.links import invitation_url
from tenants.rest import PlatformAPIView, StrictSerializer, operation
from tenants.scope import Scope, tenant_tx
from tenants.selectors import tenant_list
from tenants.services import tenant_create, tenant_set_status


class Tenants(PlatformAPIView):
    """All tenants."""

    creates = True

    class Input(StrictSerializer):
        slug = serializers.SlugField(max_length=40)
        name = serializers.CharField(max_length=120)
        owner_email = serializers.EmailField(max_length=254, help_text="Is invited as the first owner.")
        time_zone = serializers.CharField(max_length=64, default="Asia/Ho_Chi_Minh")

    @operation("platform_tenant_list", "List tenants", page=TenantOutput)
    def get(self, request: Request) -> Response:
        return self.page(tenant_list(), TenantOutput)

    @operation(
        "platform_tenant_create", "Create a tenant, invite its owner", body=Input, output=TenantOutput, status=201
    )
    def post(self, request: Request) -> Response:
        scope = platform_scope(request, _id_of_new_tenant(request))
        with tenant_tx(scope):
            return idempotent(request, lambda: self._create(scope))

    def _create(self, scope: Scope) -> Response:
        tenant = tenant_create(scope, accept_url=invitation_url(), **self.parsed(self.Input))
        return Response(TenantOutput(tenant).data, status=201)


class TenantDetail(PlatformAPIView):
    """One tenant."""

    @operation("platform_tenant_read", "Read a tenant", output=TenantOutput)
    def get(self, request: Request, tenant_id: UUID) -> Response:
        return Response(TenantOutput(access_tenant(tenant_id)).data)


class TenantStatusChange(PlatformAPIView):
    """Base of the three changes of status."""

    status: TenantStatus

    class Input(StrictSerializer):
        reason = serializers.CharField(max_length=300, help_text="Is shown to the tenant in its audit log.")

    def change(self, request: Request, tenant_id: UUID) -> Response:
        """Set the status and answer with the tenant."""
        tenant = access_tenant(tenant_id)
        reason = self.parsed(self.Input)["reason"]
        changed = tenant_set_status(platform_scope(request, tenant.id), status=self.status, reason=reason)
        return Response(TenantOutput(changed).data)


class TenantSuspend(TenantStatusChange):
    """Stop a tenant at the door; its data stays."""

    status = TenantStatus.SUSPENDED

    @operation("platform_tenant_suspend", "Suspend a tenant", body=TenantStatusChange.Input, output=TenantOutput)
    def post(self, request: Request, tenant_id: UUID) -> Response:
        return self.change(request, tenant_id)


class TenantReopen(TenantStatusChange):
    """Let a suspended tenant in again."""

    status = TenantStatus.ACTIVE

    @operation("platform_tenant_reopen", "Reopen a tenant", body=TenantStatusChange.Input, output=TenantOutput)
    def post(self, request: Request, tenant_id: UUID) -> Response:
        return self.change(request, tenant_id)


class TenantClose(TenantStatusChange):
    """Close a tenant for good; its data waits for erasure."""

    status = TenantStatus.CLOSED

    @operation("platform_tenant_close", "Close a tenant", body=TenantStatusChange.Input, output=TenantOutput)
    def post(self, request: Request, tenant_id: UUID) -> Response:
        return self.change(request, tenant_id)


def platform_scope(request: Request, tenant_id: UUID) -> Scope:
    """Scope of the platform operator for one tenant."""
    origin = request._request.origin  # type: ignore[attr-defined]  # set by OriginMiddleware
    actor: Any = request.user  # what PlatformAuthentication returned
    return Scope(tenant_id=tenant_id, actor=actor, request_id=origin.request_id, ip=origin.ip)


def _id_of_new_tenant(request: Request) -> UUID:
    """The record of an Idempotency-Key lies in the tenant it made, so the key decides the id (RFC 9562, version 8)."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return uuid7()
    digest = hashlib.sha256(f"{request.user.id}\n{key}".encode()).digest()
    return UUID(int=int.from_bytes(digest[:16], "big") & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62)
