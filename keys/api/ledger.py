"""The ledger: how every held amount ended, and the proof that the counters agree with it."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from keys.access import access_ledger_entry
from keys.api.fields import shown_amount
from keys.domain.ledger import EntryKind
from keys.domain.limits import Meter
from keys.reconcile import ledger_proof
from keys.selectors import LedgerFilter, ledger_list
from tenants.rest import StrictSerializer, TenantAPIView, operation

KINDS = [kind.value for kind in EntryKind]


class LedgerEntryOutput(serializers.Serializer[Any]):
    """One entry. `amount` is what was booked, `held` what had been reserved; both in dollars."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=KINDS)
    hold_id = serializers.UUIDField()
    amount = serializers.SerializerMethodField()
    held = serializers.SerializerMethodField()
    virtual_key_id = serializers.UUIDField()
    unit_id = serializers.UUIDField()
    admitted_at = serializers.DateTimeField()
    periods = serializers.ListField(
        child=serializers.UUIDField(), source="allocations", help_text="Limit periods that carry the amount."
    )
    counted = serializers.ListField(
        child=serializers.UUIDField(), help_text="Limit periods that counted the call as a request."
    )

    def get_amount(self, entry: Any) -> str:
        """Dollars."""
        return shown_amount(entry.amount, Meter.COST)

    def get_held(self, entry: Any) -> str:
        """Dollars."""
        return shown_amount(entry.held, Meter.COST)


class LedgerEntries(TenantAPIView):
    """All entries."""

    actions: ClassVar[dict[str, str]] = {"get": "ledger.read"}

    class Query(StrictSerializer):
        virtual_key_id = serializers.UUIDField(required=False)
        unit_id = serializers.UUIDField(required=False)
        limit_id = serializers.UUIDField(required=False)
        hold_id = serializers.UUIDField(required=False)
        kind = serializers.ChoiceField(choices=KINDS, required=False)
        since = serializers.DateTimeField(required=False)
        until = serializers.DateTimeField(required=False)

    @operation("ledger_entry_list", "List ledger entries", query=Query, page=LedgerEntryOutput)
    def get(self, request: Request) -> Response:
        return self.page(ledger_list(LedgerFilter(**self.query(self.Query))), LedgerEntryOutput)


class LedgerEntryDetail(TenantAPIView):
    """One entry."""

    actions: ClassVar[dict[str, str]] = {"get": "ledger.read"}

    @operation("ledger_entry_read", "Read a ledger entry", output=LedgerEntryOutput)
    def get(self, request: Request, entry_id: UUID) -> Response:
        return Response(LedgerEntryOutput(access_ledger_entry(entry_id)).data)


class LedgerCheck(TenantAPIView):
    """The proof that the books balance."""

    actions: ClassVar[dict[str, str]] = {"get": "ledger.read"}

    class Output(serializers.Serializer[Any]):
        """`balances`, and how much was looked at."""

        balances = serializers.BooleanField()
        periods = serializers.IntegerField()
        entries = serializers.IntegerField()
        holds = serializers.IntegerField()
        mismatches = serializers.SerializerMethodField()

        def get_mismatches(self, proof: Any) -> list[str]:
            """Counters that the ledger does not explain."""
            return [f"{one.limit}: {one.counter} {one.counted}, ledger {one.explained}" for one in proof.mismatches]

    @operation("ledger_check", "Prove that counters, holds and ledger agree", output=Output)
    def get(self, request: Request) -> Response:
        return Response(self.Output(ledger_proof()).data)
