"""Definitions and their versions. The body of a publishing call is the document itself, in YAML or JSON."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.rest import StrictSerializer, TenantAPIView, operation
from workflows.access import access_definition, access_version
from workflows.api.bodies import DOCUMENT_BODY, WholeBody, body_of
from workflows.domain.faults import InvalidDefinition
from workflows.selectors import current_version, definition_list, version_list
from workflows.services.definitions import definition_archive, definition_check, definition_publish
from workflows.statuses import DefinitionStatus


class DefinitionRowOutput(serializers.Serializer[Any]):
    """A definition in a list."""

    id = serializers.UUIDField()
    namespace = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField(help_text="The current version: what new runs are pinned to.")
    title = serializers.CharField(allow_blank=True)
    unit_id = serializers.UUIDField(allow_null=True, help_text="Who pays for the model calls of its runs.")
    status = serializers.ChoiceField(choices=[status.value for status in DefinitionStatus])
    created_at = serializers.DateTimeField()


class DefinitionVersionRowOutput(serializers.Serializer[Any]):
    """A version in a list."""

    number = serializers.IntegerField()
    version = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    digest = serializers.CharField(help_text="SHA-256 of the text.")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()


class DefinitionVersionOutput(DefinitionVersionRowOutput):
    """One version with its text."""

    source = serializers.CharField(  # type: ignore[assignment]  # a field, not Field.source
        help_text="The document as it was sent."
    )


class DefinitionOutput(serializers.Serializer[Any]):
    """A definition with its current version."""

    id = serializers.UUIDField()
    namespace = serializers.CharField()
    name = serializers.CharField()
    unit_id = serializers.UUIDField(allow_null=True, help_text="Who pays for the model calls of its runs.")
    status = serializers.ChoiceField(choices=[status.value for status in DefinitionStatus])
    created_at = serializers.DateTimeField()
    current = DefinitionVersionOutput()


class FaultOutput(serializers.Serializer[Any]):
    """What is wrong in a document, where, and what to do."""

    line = serializers.IntegerField()
    column = serializers.IntegerField()
    pointer = serializers.CharField(allow_blank=True, help_text="JSON pointer into the document.")
    message = serializers.CharField()
    fix = serializers.CharField(allow_blank=True)


class CheckOutput(serializers.Serializer[Any]):
    """What publishing this document would do."""

    valid = serializers.BooleanField()
    namespace = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    tasks = serializers.IntegerField(allow_null=True)
    faults = FaultOutput(many=True)


def checked(source: bytes) -> dict[str, Any]:
    """The answer about a document."""
    try:
        found = definition_check(source)
    except InvalidDefinition as error:
        nothing = dict.fromkeys(("namespace", "name", "version", "tasks"))
        return {"valid": False, **nothing, "faults": error.data["faults"]}
    plan = found.plan
    names = {"namespace": plan.namespace, "name": plan.name, "version": plan.version}
    return {"valid": True, **names, "tasks": found.tasks, "faults": []}


def _answer(definition_id: UUID, status: int = 200) -> Response:
    definition = access_definition(definition_id)
    shown = {name: getattr(definition, name) for name in ("id", "namespace", "name", "unit_id", "status", "created_at")}
    return Response(DefinitionOutput(shown | {"current": current_version(definition)}).data, status=status)


class Definitions(TenantAPIView):
    """All definitions."""

    actions: ClassVar[dict[str, str]] = {"get": "definition.read", "post": "definition.change"}
    creates = True
    parser_classes = [WholeBody]

    class Query(StrictSerializer):
        namespace = serializers.CharField(max_length=63, required=False)
        archived = serializers.BooleanField(default=False, help_text="Also show archived definitions.")

    class PublishQuery(StrictSerializer):
        unit_id = serializers.UUIDField(required=False, help_text="Who pays for the model calls of its runs.")

    change_query = PublishQuery

    @operation("definition_list", "List definitions", query=Query, page=DefinitionRowOutput)
    def get(self, request: Request) -> Response:
        return self.page(definition_list(**self.query(self.Query)), DefinitionRowOutput)

    @operation(
        "definition_publish",
        "Publish a document as the current version of its definition",
        body=DOCUMENT_BODY,
        query=PublishQuery,
        output=DefinitionOutput,
        status=201,
    )
    def post(self, request: Request) -> Response:
        version = definition_publish(body_of(request.data), **self.query(self.PublishQuery))
        return _answer(version.definition_id, status=201)


class DefinitionValidate(TenantAPIView):
    """Look for faults without publishing."""

    actions: ClassVar[dict[str, str]] = {"post": "definition.read"}
    parser_classes = [WholeBody]
    network = True  # nothing is read or written, so no transaction is opened

    @operation("definition_validate", "Check a document for faults", body=DOCUMENT_BODY, output=CheckOutput)
    def post(self, request: Request) -> Response:
        return Response(CheckOutput(checked(body_of(request.data))).data)


class DefinitionItem(TenantAPIView):
    """One definition."""

    actions: ClassVar[dict[str, str]] = {"get": "definition.read"}

    @operation("definition_read", "Read a definition with its current version", output=DefinitionOutput)
    def get(self, request: Request, definition_id: UUID) -> Response:
        return _answer(definition_id)


class DefinitionArchive(TenantAPIView):
    """Start no more runs."""

    actions: ClassVar[dict[str, str]] = {"post": "definition.change"}

    @operation("definition_archive", "Archive a definition", output=DefinitionOutput)
    def post(self, request: Request, definition_id: UUID) -> Response:
        return _answer(definition_archive(definition_id).pk)


class DefinitionVersions(TenantAPIView):
    """All versions of a definition."""

    actions: ClassVar[dict[str, str]] = {"get": "definition.read"}

    @operation("definition_version_list", "List the versions of a definition", page=DefinitionVersionRowOutput)
    def get(self, request: Request, definition_id: UUID) -> Response:
        return self.page(version_list(access_definition(definition_id)), DefinitionVersionRowOutput)


@extend_schema_field({"type": "object"})
class DocumentField(serializers.JSONField):
    """A document or plan as JSON."""


class DefinitionVersionItem(TenantAPIView):
    """One version of a definition."""

    actions: ClassVar[dict[str, str]] = {"get": "definition.read"}

    class Output(DefinitionVersionOutput):
        document = DocumentField(help_text="The document as JSON.")
        plan = DocumentField(help_text="What the engine carries out.")

    @operation("definition_version_read", "Read a version with its text and plan", output=Output)
    def get(self, request: Request, definition_id: UUID, number: int) -> Response:
        return Response(self.Output(access_version(access_definition(definition_id), number)).data)
