"""`GET /v1/models` and `GET /v1/models/{name}`: the routes that the caller's key may use."""

from typing import Any

import msgspec

from routing.gateway.auth import Authenticator, Caller
from routing.gateway.compiled import CompiledRoute
from routing.gateway.errors import model_not_found
from routing.gateway.http import HttpRequest

_encode = msgspec.json.Encoder().encode


class Models:
    """The surface, built once per process."""

    def __init__(self, auth: Authenticator) -> None:
        self._auth = auth

    async def list(self, http: HttpRequest) -> None:
        """All routes of the caller."""
        caller = await self._auth.identify(http.header(b"authorization"))
        models = [_model(route) for route in _usable(caller)]
        await http.answer(200, _encode({"object": "list", "data": models}))

    async def show(self, http: HttpRequest, name: str) -> None:
        """One route; one that the key may not use does not exist for it."""
        caller = await self._auth.identify(http.header(b"authorization"))
        found = next((route for route in _usable(caller) if route.row.name == name), None)
        if found is None:
            raise model_not_found(name[:256])
        await http.answer(200, _encode(_model(found)))


def _usable(caller: Caller) -> list[CompiledRoute]:
    routes = caller.config.routes
    return [routes[name] for name in sorted(routes) if caller.may_use(name)]


def _model(route: CompiledRoute) -> dict[str, Any]:
    return {"id": route.row.name, "object": "model", "created": route.created, "owned_by": "orchestration"}
