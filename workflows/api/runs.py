"""Runs: start, look, cancel."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.rest import StrictSerializer, TenantAPIView, operation
from workflows.access import access_run
from workflows.models import Run
from workflows.selectors import run_history, run_list
from workflows.services import run_cancel, run_decide, run_resume, run_retry, run_start
from workflows.statuses import RunStatus

MAX_LINES = 500
STATUSES = [status.value for status in RunStatus]


class RunRowOutput(serializers.Serializer[Any]):
    """A run in a list."""

    id = serializers.UUIDField()
    definition = serializers.CharField(help_text="namespace/name")
    definition_id = serializers.UUIDField()
    version = serializers.CharField(source="version.version")
    status = serializers.ChoiceField(choices=STATUSES)
    started_by = serializers.CharField()
    event_id = serializers.UUIDField(allow_null=True, help_text="The event that started it.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class RunOutput(RunRowOutput):
    """A run: `output` once it is completed, `error` (problem details) once it failed."""

    input = serializers.JSONField(allow_null=True)
    output = serializers.JSONField(allow_null=True)
    error = serializers.JSONField(allow_null=True)
    suspended_reason = serializers.CharField(allow_blank=True)
    history_count = serializers.IntegerField(help_text="Number of the last line of its history.")


class LineOutput(serializers.Serializer[Any]):
    """One line of a run's history; lines never change."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    type = serializers.CharField()
    pointer = serializers.CharField(allow_blank=True, help_text="JSON pointer of the task in the document.")
    iteration = serializers.CharField(allow_blank=True)
    generation = serializers.IntegerField()
    attempt = serializers.IntegerField()
    data = serializers.JSONField()  # type: ignore[assignment]  # a field, not Serializer.data


def _answer(run: Run, status: int = 200) -> Response:
    return Response(RunOutput(run).data, status=status)


class Runs(TenantAPIView):
    """All runs."""

    actions: ClassVar[dict[str, str]] = {"get": "run.read", "post": "run.start"}
    creates = True

    class Query(StrictSerializer):
        definition_id = serializers.UUIDField(required=False)
        event_id = serializers.UUIDField(required=False, help_text="Runs that this event started.")
        status = serializers.ChoiceField(choices=STATUSES, required=False)

    class Input(StrictSerializer):
        definition = serializers.CharField(max_length=240, help_text="namespace/name, or namespace/name@version.")
        input = serializers.JSONField(required=False, allow_null=True, default=None)

    @operation("run_list", "List runs", query=Query, page=RunRowOutput)
    def get(self, request: Request) -> Response:
        return self.page(run_list(**self.query(self.Query)), RunRowOutput)

    @operation("run_start", "Start a run", body=Input, output=RunOutput, status=201)
    def post(self, request: Request) -> Response:
        return _answer(run_start(**self.parsed(self.Input)), status=201)


class RunItem(TenantAPIView):
    """One run."""

    actions: ClassVar[dict[str, str]] = {"get": "run.read"}

    @operation("run_read", "Read a run with its output or error", output=RunOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        return _answer(access_run(run_id))


class RunHistory(TenantAPIView):
    """What happened in a run."""

    actions: ClassVar[dict[str, str]] = {"get": "run.read"}

    class Query(StrictSerializer):
        after = serializers.IntegerField(min_value=0, default=0, help_text="Only lines behind this number.")
        limit = serializers.IntegerField(min_value=1, max_value=MAX_LINES, default=MAX_LINES)

    class Output(serializers.Serializer[Any]):
        """Lines in order, oldest first; `next_after` is null when there are no more now."""

        results = LineOutput(many=True)
        next_after = serializers.IntegerField(allow_null=True)

    @operation("run_history", "Read the history of a run, oldest line first", query=Query, output=Output)
    def get(self, request: Request, run_id: UUID) -> Response:
        wanted = self.query(self.Query)
        lines = list(run_history(access_run(run_id), after=wanted["after"])[: wanted["limit"] + 1])
        shown = lines[: wanted["limit"]]
        more = shown[-1].number if len(lines) > len(shown) else None
        return Response(self.Output({"results": shown, "next_after": more}).data)


class RunCancel(TenantAPIView):
    """Stop a run."""

    actions: ClassVar[dict[str, str]] = {"post": "run.cancel"}

    class Input(StrictSerializer):
        mode = serializers.ChoiceField(
            choices=["compensate", "leave"], default="compensate", help_text="Undo what was done, or leave it."
        )
        reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    @operation("run_cancel", "Ask a run to stop", body=Input, output=RunOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        return _answer(run_cancel(run_id, **self.parsed(self.Input)))


class RunResume(TenantAPIView):
    """Let a suspended run go on."""

    actions: ClassVar[dict[str, str]] = {"post": "run.repair"}

    @operation("run_resume", "Let a suspended run go on", output=RunOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        return _answer(run_resume(run_id))


class RunRetry(TenantAPIView):
    """Take a faulted run up again."""

    actions: ClassVar[dict[str, str]] = {"post": "run.repair"}

    class Input(StrictSerializer):
        reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    @operation("run_retry", "Try a faulted run again where it failed", body=Input, output=RunOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        return _answer(run_retry(run_id, **self.parsed(self.Input)))


class RunDecide(TenantAPIView):
    """Settle what could not be undone."""

    actions: ClassVar[dict[str, str]] = {"post": "run.repair"}

    class Input(StrictSerializer):
        effect = serializers.CharField(max_length=600, help_text="As the history line `compensation.failed` names it.")
        decision = serializers.ChoiceField(
            choices=["retry", "done", "skip"], help_text="Try again, it was done by hand, or leave it undone."
        )
        reason = serializers.CharField(max_length=500)

    @operation("run_decide", "Settle a compensation that failed", body=Input, output=RunOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        return _answer(run_decide(run_id, **self.parsed(self.Input)))
