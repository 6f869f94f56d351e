"""The audit log: who did what, and proof that nobody changed it afterwards."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import access_audit_entry
from tenants.rest import StrictSerializer, TenantAPIView, operation
from tenants.scope import current_scope
from tenants.sealing import verify_tenant
from tenants.selectors import AuditFilter, audit_list


class AuditEntryOutput(serializers.Serializer[Any]):
    """One entry; `seq` and `hash` are null until the sealer has chained it, about a second later."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    actor_kind = serializers.CharField()
    actor_id = serializers.CharField()
    actor_label = serializers.CharField()
    action = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    object_label = serializers.CharField()
    changes = serializers.DictField()
    request_id = serializers.CharField()
    ip = serializers.CharField()
    seq = serializers.IntegerField(allow_null=True)
    hash = serializers.SerializerMethodField()

    def get_hash(self, entry: Any) -> str | None:
        """Hash in hex."""
        return bytes(entry.hash).hex() if entry.hash else None


class AuditEntries(TenantAPIView):
    """All entries."""

    actions: ClassVar[dict[str, str]] = {"get": "audit.read"}

    class Query(StrictSerializer):
        actor = serializers.CharField(required=False, max_length=254, help_text="Part of the actor's name.")
        action = serializers.CharField(required=False, max_length=64)
        object_type = serializers.CharField(required=False, max_length=40)
        object_id = serializers.CharField(required=False, max_length=64)
        since = serializers.DateTimeField(required=False)
        until = serializers.DateTimeField(required=False)

    @operation("audit_entry_list", "List audit entries", query=Query, page=AuditEntryOutput)
    def get(self, request: Request) -> Response:
        return self.page(audit_list(AuditFilter(**self.query(self.Query))), AuditEntryOutput)


class AuditEntryDetail(TenantAPIView):
    """One entry."""

    actions: ClassVar[dict[str, str]] = {"get": "audit.read"}

    @operation("audit_entry_read", "Read an audit entry", output=AuditEntryOutput)
    def get(self, request: Request, entry_id: UUID) -> Response:
        return Response(AuditEntryOutput(access_audit_entry(entry_id)).data)


class AuditVerify(TenantAPIView):
    """The check of the whole chain."""

    actions: ClassVar[dict[str, str]] = {"get": "audit.read"}

    class Output(serializers.Serializer[Any]):
        """`intact` or the first entry that does not fit; `unsealed` counts the newest ones, not yet chained."""

        intact = serializers.SerializerMethodField()
        sealed = serializers.IntegerField()
        unsealed = serializers.IntegerField()
        bad_seq = serializers.IntegerField(allow_null=True)
        bad_id = serializers.UUIDField(allow_null=True)
        reason = serializers.CharField()

        def get_intact(self, verification: Any) -> bool:
            """Whether every sealed entry fits."""
            return not verification.reason

    @operation("audit_verify", "Verify the audit chain", output=Output)
    def get(self, request: Request) -> Response:
        return Response(self.Output(verify_tenant(current_scope().tenant_id)).data)
