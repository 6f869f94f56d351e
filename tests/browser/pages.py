"""The pages of the console: found by following links from the first page, named as in `studio.urls`."""

import re
from collections import Counter
from collections.abc import Iterable
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from django.test import RequestFactory
from django.urls import Resolver404, URLPattern, URLResolver, resolve

from studio.urls import urlpatterns

if TYPE_CHECKING:
    from tests.browser.driver import Visitor

LINK = re.compile(r'<a\b[^>]*\bhref="([^"#]+)')
VARIANTS = 3  # addresses of one page that differ only in id or query
ACCOUNT_PAGES = (
    "account_login", "account_reset_password", "account_reset_password_done", "account_change_password", "account_email",
    "account_logout", "account_signup",
)  # fmt: skip
BY_MAIL = {"invitation-accept"}
FILES = {"usage-export", "audit-export"}


def flat(patterns: Iterable[URLPattern | URLResolver]) -> list[URLPattern]:
    """All patterns, included ones too."""
    found: list[URLPattern] = []
    for one in patterns:
        found += flat(one.url_patterns) if isinstance(one, URLResolver) else [one]
    return found


def answers_get(pattern: URLPattern) -> bool:
    """Whether it is a page; a view that only takes POST says 405 before it looks at anything."""
    try:
        return bool(pattern.callback(RequestFactory().get("/")).status_code != 405)
    except (AttributeError, TypeError):
        return True


PAGES = sorted(str(one.name) for one in flat(urlpatterns) if answers_get(one) and one.name not in FILES | BY_MAIL)


def linked(visitor: "Visitor") -> dict[str, str]:
    """Name of each page that links lead to, with one address of it."""
    todo, seen, found = ["/", visitor.page.url.removeprefix(visitor.system.base_url)], set[str](), dict[str, str]()
    shapes: Counter[str] = Counter()
    while todo:
        path = todo.pop(0)
        name = _name(path)
        shapes[name] += 1
        if path in seen or not name or shapes[name] > VARIANTS:
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
