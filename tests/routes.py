"""Every address of the project and every operation of the OpenAPI document, with samples for their parameters."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from drf_spectacular.generators import SchemaGenerator

from tenants.ids import uuid7
from tests.world import World

# `<word>_id` is an id of every model whose name ends in the word; these say it otherwise
MODEL_OF = {"account_id": "serviceaccount", "token_id": "apitoken", "request_id": "usagerecord"}
# parameters that name no row of a tenant, with a value that is well-formed
PLAIN: dict[str, str] = {
    "number": "1",
    "step": "model",
    "by": "model",
    "rest": "nothing/",
    "token": "orc-invite-unknown",
    "key": "unknown",
    "uidb36": "1",
    "content_type_id": "1",
    "url": "nothing/",
    "app_label": "tenants",
}
# query parameters of pages: what they are called where the OpenAPI document does not say it
QUERY_NAMES = (
    "unit",
    "key",
    "route",
    "deployment",
    "model",
    "member",
    "credential",
    "actor",
    "object_id",
    "q",
    "parent",
)
PARAMETER = re.compile(r"<(?:[\w-]+:)?(\w+)>")
GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\\]|\\.)*\)")


@dataclass(frozen=True)
class Route:
    """One address as it stands in the URL configuration; parameters as `{name}`."""

    template: str
    parameters: tuple[str, ...]

    @property
    def names_rows(self) -> bool:
        """Whether it points at rows of a tenant, besides the tenant itself."""
        return any(name not in PLAIN and name != "slug" for name in self.parameters)

    def addresses(self, world: World, *, slug: str) -> Iterator[str]:
        """The address for every combination of rows of `world`."""
        choices = [samples(name, world, slug=slug) for name in self.parameters]
        for values in itertools.product(*choices):
            yield self.template.format(**dict(zip(self.parameters, values, strict=True)))

    def nowhere(self, *, slug: str) -> str:
        """The address with ids that exist nowhere."""
        values = {name: slug if name == "slug" else PLAIN.get(name, str(uuid7())) for name in self.parameters}
        return self.template.format(**values)


@dataclass(frozen=True)
class Operation:
    """One operation of the OpenAPI document with a body that its schema accepts."""

    method: str
    route: Route
    query: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)


def samples(name: str, world: World, *, slug: str) -> list[str]:
    """Values of one parameter; a parameter nobody has told us about fails the test."""
    if name == "slug":
        return [slug]
    if name in PLAIN:
        return [PLAIN[name]]
    if name in {"tenant_id", "object_id"}:
        return [str(world.tenant.pk)]
    ids = world.ids_of(MODEL_OF.get(name, name.removesuffix("_id").replace("_", "")))
    if not ids:
        raise AssertionError(f"no sample for the parameter {name!r}: add it to MODEL_OF or PLAIN in tests/routes.py")
    return ids


def questions(address: str, world: World, names: tuple[str, ...]) -> Iterator[str]:
    """The address alone, and with the ids of `world` in each query parameter."""
    yield address
    for name in names:
        for one in _ids_for(name, world):
            yield f"{address}?{name}={one}"


def page_question(address: str, world: World) -> str:
    """A page with ids of `world` in every query parameter that pages have; they pass over those they do not know."""
    return f"{address}?{urlencode({name: _ids_for(name, world)[0] for name in QUERY_NAMES})}"


def _ids_for(name: str, world: World) -> list[str]:
    return world.ids_of(name.removesuffix("_id").replace("_", "")) or world.ids_of("unit")


def all_routes() -> list[Route]:
    """Every route that Django knows."""
    return [_route(text) for text in sorted(set(_walk(get_resolver(), "/")))]


def all_operations() -> list[Operation]:
    """Every operation of the OpenAPI document."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    return [
        _operation(schema, path, method, details)
        for path, methods in schema["paths"].items()
        for method, details in methods.items()
    ]


def _walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        text = str(entry.pattern)
        if isinstance(entry.pattern, RegexPattern):
            text = GROUP.sub(r"{\1}", text).strip("^$").replace(".*", "nothing/")
        if isinstance(entry, URLPattern):
            yield prefix + text
        else:
            yield from _walk(entry, prefix + text)


def _route(text: str) -> Route:
    template = PARAMETER.sub(r"{\1}", text)
    return Route(template, tuple(re.findall(r"{(\w+)}", template)))


def _operation(schema: dict[str, Any], path: str, method: str, details: dict[str, Any]) -> Operation:
    content = details.get("requestBody", {}).get("content", {}).get("application/json")
    body = example(schema, content["schema"]) if content else {}
    query = tuple(one["name"] for one in details.get("parameters", ()) if one["in"] == "query")
    return Operation(method, Route(path, tuple(re.findall(r"{(\w+)}", path))), query, body)


def example(schema: dict[str, Any], part: dict[str, Any]) -> Any:  # noqa: C901, PLR0911  # one case per kind of schema
    """A value that one part of the schema accepts."""
    if "$ref" in part:
        return example(schema, schema["components"]["schemas"][part["$ref"].rpartition("/")[2]])
    for word in ("allOf", "oneOf", "anyOf"):
        if word in part:
            return example(schema, part[word][0])
    if "enum" in part:
        return part["enum"][0]
    if "default" in part:
        return part["default"]
    match part.get("type"):
        case "object":
            return {name: example(schema, one) for name, one in part.get("properties", {}).items()}
        case "array":
            return [example(schema, part["items"])]
        case "string":
            return _text(part.get("format", ""), part)
        case "integer" | "number":
            return max(1, int(part.get("minimum", 1)))
        case "boolean":
            return True
    return {}


def _text(form: str, part: dict[str, Any]) -> str:
    known = {
        "uuid": str(UUID(int=7)),
        "email": "x@example.test",
        "date-time": "2031-01-01T00:00:00Z",
        "uri": "https://x.test",
    }
    return known.get(form, "x" * max(1, part.get("minLength", 1)))
