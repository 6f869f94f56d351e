"""The kit every REST endpoint is built from: token authentication, scope, unit of work, parsing, paging, idempotency.

    class Units(TenantAPIView):
        actions = {"get": "unit.read", "post": "unit.change"}     # every method names its permission
        creates = True                                            # POST creates: honours Idempotency-Key

        class Query(StrictSerializer): …                          # query parameters besides limit and cursor
        class Input(StrictSerializer): …                          # body

        @operation("unit_list", "List units", query=Query, page=UnitOutput)
        def get(self, request: Request) -> Response:
            return self.page(unit_list(**self.query(self.Query)), UnitOutput)

        @operation("unit_create", "Create a unit", body=Input, output=UnitOutput, status=201)
        def post(self, request: Request) -> Response:
            return Response(UnitOutput(unit_create(**self.parsed(self.Input))).data, status=201)

A query parameter that the handler did not read is refused by name; so is an unknown field of the body.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants.access import require
from tenants.auth import PlatformAuthentication, TokenAuthentication
from tenants.domain import ACTIONS, Role
from tenants.errors import Invalid
from tenants.idempotency import idempotent
from tenants.paging import PageQuery, binding_of, page_of
from tenants.parsing import JsonObjectParser
from tenants.schema import operation
from tenants.scope import Scope, current_scope, tenant_tx, use_scope

__all__ = ["PlatformAPIView", "RolesField", "StrictSerializer", "TenantAPIView", "idempotent", "operation"]

SerializerClass = type[serializers.Serializer[Any]]
METHODS = ("get", "post", "put", "patch", "delete")


class StrictSerializer(serializers.Serializer[Any]):
    """Input serializer that refuses fields it does not know, by name."""

    def to_internal_value(self, data: Any) -> Any:
        """Parse; unknown fields are errors, because a typo must not be silently ignored."""
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
                text = _("Unknown field. Known: %(known)s.") % {"known": known or "-"}
                raise serializers.ValidationError({name: [text] for name in unknown})
        return super().to_internal_value(data)


class RolesField(serializers.ListField):
    """Roles of a member or service account, each at most once."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.ChoiceField(choices=[role.value for role in Role])
        super().__init__(child=child, allow_empty=False, max_length=len(Role), **kwargs)

    def to_internal_value(self, data: Any) -> list[Role]:
        """Names to roles."""
        return sorted({Role(name) for name in super().to_internal_value(data)})

    def to_representation(self, data: Any) -> list[str]:
        """Roles to names, sorted."""
        return sorted(str(role) for role in data)


class BaseAPIView(APIView):
    """What tenant and platform endpoints share: bodies, query parameters, pages."""

    parser_classes = [JsonObjectParser]
    creates: ClassVar[bool] = False
    change_query: ClassVar[SerializerClass | None] = None  # query parameters of methods other than GET

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Start with no query parameter read."""
        super().setup(request, *args, **kwargs)
        self._read: dict[str, Any] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, then put the guard around the handler of this method; HEAD is GET."""
        super().initial(request, *args, **kwargs)
        method = (request.method or "get").lower()
        handler = getattr(self, method, None)
        if handler is not None and method != "options":
            setattr(self, method, self._guarded(handler, "get" if method == "head" else method))

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Say which methods there are (header Allow)."""
        return Response(status=204)

    def parsed(self, serializer_class: SerializerClass, *, partial: bool = False) -> dict[str, Any]:
        """Return the validated body; Invalid names each bad field. `partial` needs one field at least."""
        serializer = serializer_class(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        if partial and not serializer.validated_data:
            raise Invalid(errors={"body": [_("Send at least one field to change.")]})
        return dict(serializer.validated_data)

    def query(self, serializer_class: SerializerClass) -> dict[str, Any]:
        """Return the validated query parameters that `serializer_class` names; the others stay unread."""
        names = serializer_class().fields.keys()
        given = {name: value for name, value in self.request.query_params.items() if name in names}
        serializer = serializer_class(data=given)
        serializer.is_valid(raise_exception=True)
        self._read |= {name: serializer.validated_data.get(name) for name in names}
        return dict(serializer.validated_data)

    def page(self, queryset: QuerySet[Any], serializer_class: SerializerClass) -> Response:
        """Return one page of `queryset`, newest first; call it after `query`, whose filter the cursor is tied to."""
        wanted = self.query(PageQuery)
        filters = {name: value for name, value in self._read.items() if name not in {"limit", "cursor"}}
        binding = binding_of(self._owner(), self.request.path, filters)
        page = page_of(queryset, limit=wanted["limit"], cursor=wanted.get("cursor"), binding=binding)
        return Response({"results": serializer_class(page.rows, many=True).data, "next_cursor": page.next_cursor})

    def _owner(self) -> UUID | str:
        """Whose lists these are; part of every cursor."""
        raise NotImplementedError

    def _guarded(self, handler: Callable[..., Response], method: str) -> Callable[..., Response]:
        """Return the handler inside its unit of work."""
        raise NotImplementedError

    def _checked(self, handler: Callable[[], Response], method: str) -> Response:
        """Refuse repeated and unread query parameters: before a change, after a read."""
        for name, values in self.request.query_params.lists():
            if len(values) > 1:
                raise Invalid(errors={name: [_("Send this parameter once.")]})
        if method != "get":
            if self.change_query is not None:
                self.query(self.change_query)
            self._refuse_unread()
        response = handler()
        self._refuse_unread()
        return response

    def _refuse_unread(self) -> None:
        unread = sorted(set(self.request.query_params) - set(self._read))
        if unread:
            raise Invalid(errors={name: [_("Unknown query parameter.")] for name in unread})


def scope_of(request: Request) -> Scope:
    """Scope that the token gave."""
    scope: Any = request.auth  # what TokenAuthentication returned; the stubs know DRF's own tokens only
    assert isinstance(scope, Scope)
    return scope


class TenantAPIView(BaseAPIView):
    """Base of all tenant endpoints. `actions` maps each method to the permission it needs.

    The whole handler runs in one `tenant_tx`; with `network` it runs in the scope only and opens its own short ones.
    """

    authentication_classes = [TokenAuthentication]
    actions: ClassVar[Mapping[str, str]] = {}
    network: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Fail at definition when a method names no permission, or one that does not exist."""
        super().__init_subclass__(**kwargs)
        for method in METHODS:
            if hasattr(cls, method) and cls.actions.get(method) not in ACTIONS:
                raise TypeError(f"{cls.__qualname__}.actions[{method!r}] must name an action of tenants.domain.ACTIONS")

    def _owner(self) -> UUID:
        return current_scope().tenant_id

    def _guarded(self, handler: Callable[..., Response], method: str) -> Callable[..., Response]:
        def run(request: Request, *args: Any, **kwargs: Any) -> Response:
            enter = use_scope if self.network else tenant_tx
            with enter(scope_of(request)):
                require(self.actions[method])
                return self._checked(lambda: self._idempotent(request, method, handler, args, kwargs), method)

        return run

    def _idempotent(self, request: Request, method: str, handler: Any, args: Any, kwargs: Any) -> Response:
        if method == "post" and self.creates and not self.network:
            return idempotent(request, lambda: handler(request, *args, **kwargs))
        response: Response = handler(request, *args, **kwargs)
        return response


class PlatformAPIView(BaseAPIView):
    """Base of the endpoints of the platform operator: outside any tenant, by platform token."""

    authentication_classes = [PlatformAuthentication]

    def _owner(self) -> str:
        return "platform"

    def _guarded(self, handler: Callable[..., Response], method: str) -> Callable[..., Response]:
        def run(request: Request, *args: Any, **kwargs: Any) -> Response:
            return self._checked(lambda: handler(request, *args, **kwargs), method)

        return run
