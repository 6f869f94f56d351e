"""Approvals: what waits for a person, and the decision."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.rest import StrictSerializer, TenantAPIView, operation
from workflows.approvals.domain import MOST_REASON, RISKS, Decision, Status
from workflows.approvals.selectors import access_approval, approval_list
from workflows.approvals.services import approval_decide
from workflows.models import Approval

STATUSES = [status.value for status in Status]


class ApprovalOutput(serializers.Serializer[Any]):
    """A request for a decision. `digest` is that of title, summary, payload and risk; a decision names it."""

    id = serializers.UUIDField()
    run_id = serializers.UUIDField()
    pointer = serializers.CharField(allow_blank=True, help_text="JSON pointer of the task in the document.")
    title = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    payload = serializers.JSONField(allow_null=True)
    risk = serializers.ChoiceField(choices=RISKS)
    approvers = serializers.ListField(
        child=serializers.CharField(), help_text="Roles and addresses; empty: everybody whose role may decide."
    )
    requesters = serializers.ListField(child=serializers.CharField(), help_text="Those who may not decide.")
    digest = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(help_text="After it the request counts as denied.")
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)


def _answer(approval: Approval) -> Response:
    return Response(ApprovalOutput(approval).data)


class Approvals(TenantAPIView):
    """All approvals."""

    actions: ClassVar[dict[str, str]] = {"get": "approval.read"}

    class Query(StrictSerializer):
        status = serializers.ChoiceField(choices=STATUSES, required=False)
        run_id = serializers.UUIDField(required=False)

    @operation("approval_list", "List approvals", query=Query, page=ApprovalOutput)
    def get(self, request: Request) -> Response:
        return self.page(approval_list(**self.query(self.Query)), ApprovalOutput)


class ApprovalItem(TenantAPIView):
    """One approval."""

    actions: ClassVar[dict[str, str]] = {"get": "approval.read"}

    @operation("approval_read", "Read an approval", output=ApprovalOutput)
    def get(self, request: Request, approval_id: UUID) -> Response:
        return _answer(access_approval(approval_id))


class ApprovalDecide(TenantAPIView):
    """The decision."""

    actions: ClassVar[dict[str, str]] = {"post": "approval.decide"}

    class Input(StrictSerializer):
        decision = serializers.ChoiceField(choices=[one.value for one in Decision])
        digest = serializers.CharField(max_length=64, help_text="The digest of what was shown.")
        reason = serializers.CharField(
            max_length=MOST_REASON, required=False, allow_blank=True, default="", help_text="Needed to reject."
        )

    @operation("approval_decide", "Approve or reject", body=Input, output=ApprovalOutput)
    def post(self, request: Request, approval_id: UUID) -> Response:
        given = self.parsed(self.Input)
        return _answer(approval_decide(approval_id, **given | {"decision": Decision(given["decision"])}))
