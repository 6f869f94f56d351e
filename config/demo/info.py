"""What `up` and `manage.py demo_info` say about an installation: addresses, demo logins, live patterns, token, key.

`demo.json` is written by the demo loader (mode 0600); `addresses.json` by `up`, since ports may change between starts.
"""

import json
from pathlib import Path
from typing import Any

from config.embedded.paths import read_private, write_private
from config.supervisor.plan import Layout

FIELDS = (
    "base_url", "gateway_url", "tenant", "api_token", "virtual_key", "users", "sandbox_model_url", "demo_core_url",
    "patterns",
)  # fmt: skip


def path(data_dir: Path) -> Path:
    return data_dir / "demo.json"


def write_addresses(data_dir: Path, layout: Layout) -> None:
    """Remember where this start listens."""
    host = "127.0.0.1" if layout.bind in {"0.0.0.0", "::", "localhost"} else layout.bind  # noqa: S104 - compared only
    addresses = {
        "base_url": f"http://{host}:{layout.web_port}",
        "gateway_url": f"http://{host}:{layout.gateway_port}",
        "demo_core_url": _demo_core_url(layout),
        "sandbox_model_url": f"http://127.0.0.1:{layout.sandbox_port}" if layout.sandbox else None,
    }
    write_private(data_dir / "addresses.json", addresses)


def _demo_core_url(layout: Layout) -> str | None:
    runs = layout.sandbox and layout.demo_core_port
    return f"http://127.0.0.1:{layout.demo_core_port}" if runs else None


def read(data_dir: Path) -> dict[str, Any]:
    """Every field, null where a part does not exist."""
    known = {**read_private(path(data_dir)), **read_private(data_dir / "addresses.json")}
    return {field: known.get(field) for field in FIELDS} | {"patterns": _patterns(known)}


def _patterns(known: dict[str, Any]) -> list[dict[str, str]] | None:
    """The demo's live configurations with the addresses of their page, of their drawing, and of the REST API."""
    base, made = known.get("base_url"), known.get("patterns")
    if base is None or made is None:
        return None
    tenant = f"{base}/t/{known['tenant']}"
    return [
        {
            "pattern": one["pattern"],
            "name": one["name"],
            "url": f"{tenant}/patterns/{one['id']}/",
            "studio_url": f"{tenant}/studio/?pattern={one['pattern']}&configuration={one['id']}",
            "api_url": f"{base}/api/v1/patterns/{one['id']}/",
        }
        for one in made
    ]


def text(values: dict[str, Any]) -> str:
    """The same for a person."""
    lines = ["", f"  Console   {values['base_url']}", f"  Gateway   {values['gateway_url']}/v1"]
    if values["sandbox_model_url"]:
        lines.append(f"  Sandbox   {values['sandbox_model_url']}  (sandbox model server: answers are made up)")
    if values["demo_core_url"]:
        lines.append(f"  Demo core {values['demo_core_url']}/demo/books  (made-up core banking system)")
    if values["users"]:
        width = max(len(user["email"]) for user in values["users"])
        lines += ["", "  Sign in as"]
        lines += [f"    {user['email']:<{width}}  {user['password']}  ({user['role']})" for user in values["users"]]
    if values["patterns"]:
        width = max(len(one["name"]) for one in values["patterns"])
        lines += ["", "  Live patterns"]
        lines += [f"    {one['name']:<{width}}  {one['url']}  ({one['pattern']})" for one in values["patterns"]]
    if values["api_token"]:
        lines += ["", f"  API token    {values['api_token']}"]
    if values["virtual_key"]:
        lines.append(f"  Virtual key  {values['virtual_key']}")
    return "\n".join([*lines, "", "  Ctrl-C stops everything.", ""])


def as_json(values: dict[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False)
