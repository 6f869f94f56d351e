"""DRF authentication: bearer tokens of service accounts, and of the platform operator."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from tenants.errors import NotFound, Unauthenticated
from tenants.identity import platform_actor, scope_of_token
from tenants.scope import Actor, Scope
from tenants.tokens import API_TOKEN_PREFIX


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <API token of a service account>`; the token decides the tenant."""

    def authenticate(self, request: Request) -> tuple[Actor, Scope]:
        """Return the actor and its scope; every endpoint needs a token."""
        scope = scope_of_token(_bearer(request), request._request.origin)  # type: ignore[attr-defined]  # set by OriginMiddleware
        return scope.actor, scope

    def authenticate_header(self, request: Request) -> str:
        """Challenge for 401 answers."""
        return "Bearer"


class PlatformAuthentication(BaseAuthentication):
    """`Authorization: Bearer <platform token>`, for creating and suspending tenants."""

    def authenticate(self, request: Request) -> tuple[Actor, None]:
        """Return the platform actor; to a tenant's token there is nothing here, not even a lock."""
        secret = _bearer(request)
        if secret.startswith(API_TOKEN_PREFIX):
            raise NotFound()
        return platform_actor(secret), None

    def authenticate_header(self, request: Request) -> str:
        """Challenge for 401 answers."""
        return "Bearer"


class _TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = TokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "API token of a service account."}


class _PlatformScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = PlatformAuthentication
    name = "platformToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "Token of the platform operator."}


def _bearer(request: Request) -> str:
    scheme, _space, secret = get_authorization_header(request).decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated(_("Send an API token as 'Authorization: Bearer <token>'."))
    return secret.strip()
