"""Shared by the tests of the console's pages: addresses, a small world, what a page says."""

from typing import TYPE_CHECKING, Any

from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.gateway import World

if TYPE_CHECKING:
    from routing.models import Route

ADDRESS = "http://127.0.0.1:9/v1"
SLUG = "bank-a"


def at(view: str, *args: Any) -> str:
    """Address of a page of tenant A."""
    return reverse(view, args=[SLUG, *args])


def page(client: Client, view: str, *args: Any, **query: str) -> str:
    """The text of a page that must answer."""
    response = client.get(at(view, *args), query)
    assert response.status_code == 200, (view, response.status_code)
    return response.content.decode()


def send(client: Client, view: str, *args: Any, **fields: Any) -> Any:
    """POST a form of tenant A and follow where it leads."""
    return client.post(at(view, *args), fields, follow=True)


def text(response: Any) -> str:
    """What a response says."""
    found: str = response.content.decode()
    return found


def a_route(cast: Cast, name: str = "assistant", **spec: Any) -> "Route":
    """A route of tenant A with two candidates, made by the service."""
    from routing.services import route_create

    with cast.acting():
        world = World(ADDRESS)
        deployments = [world.deployment(f"{name}-{size}") for size in ("small", "large")]
        candidates = [{"deployment": str(one.id), "weight": 2.5} for one in deployments]
        return route_create(name=name, spec={"strategy": "ordered", "candidates": candidates} | spec, note="")
