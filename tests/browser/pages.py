"""The pages of the console: found by following links from the first page, named as in `studio.urls`."""

import inspect
import re
from collections import Counter
from collections.abc import Iterable
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, URLPattern, URLResolver, resolve

from studio.urls import urlpatterns

if TYPE_CHECKING:
    from tests.browser.driver import Visitor

LINK = re.compile(r'<a\b[^>]*\bhref="([^"#]+)')
VARIANTS = 3  # addresses of one page that differ only in id or query
ACCOUNT_PAGES = (
    "account_login", "account_reset_password", "account_reset_password_done", "account_change_password",
    "account_email", "account_logout", "account_signup",
)  # fmt: skip
BY_MAIL = {"approval-link", "invitation-accept"}
FILES = {"usage-export", "audit-export", "studio-export", "configuration-export"}
PARTS = {
    "studio-patterns",
    "studio-part",
    "studio-traffic",
    "studio-use",
    "run-stream",
}  # fetched by a page, or only on the way to one


def flat(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern]:
    """All patterns, included ones too."""
    found: list[URLPattern] = []
    for one in patterns:
        found += flat(one.url_patterns) if isinstance(one, URLResolver) else [one]
    return found


def is_page(pattern: URLPattern) -> bool:
    """Whether GET shows something: the view is not one that only takes POST."""
    view: Any = pattern.callback
    while view is not None:
        closed = inspect.getclosurevars(view).nonlocals
        if "request_method_list" in closed:
            return "GET" in closed["request_method_list"]
        view = getattr(view, "__wrapped__", None)
    return True


PAGES = sorted(str(one.name) for one in flat(urlpatterns) if is_page(one) and one.name not in FILES | BY_MAIL | PARTS)


def linked(visitor: "Visitor") -> dict[str, str]:
    """Name of each page that links lead to, with one address of it."""
    todo, seen, found = ["/", visitor.page.url.removeprefix(visitor.system.base_url)], set[str](), dict[str, str]()
    shapes: Counter[str] = Counter()
    while todo:
        path = todo.pop(0)
        name = _name(path)
        shape = f"{name} configuration" if "configuration=" in path else name  # there it offers more
        shapes[shape] += 1
        if path in seen or not name or shapes[shape] > VARIANTS:
            continue
        seen.add(path)
        response: Any = visitor.context.request.get(visitor.system.base_url + path, max_redirects=0)
        assert response.status in {200, 302}, f"{path}: {response.status}"
        if response.status == 200:
            found.setdefault(name, path)
        if "html" in response.headers.get("content-type", ""):
            todo += [_local(path, link) for link in LINK.findall(response.text())]
    return found


def _local(page: str, link: str) -> str:
    return urljoin(page, unescape(link))


def _name(path: str) -> str:
    parts = urlsplit(path)
    try:
        return "" if parts.netloc else str(resolve(parts.path).url_name or "")
    except Resolver404:
        return ""
