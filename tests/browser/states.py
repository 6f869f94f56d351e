"""States that no address leads to: answers to forms, empty tenants, refusals, errors. Each brings the tab into one."""

import re
from collections.abc import Callable
from uuid import uuid4

from tests.browser.driver import Visitor

Site = dict[str, str]
State = Callable[[Visitor, Site], object]


def submit(visitor: Visitor) -> None:
    """Press the one primary button of the form on the page."""
    with visitor.page.expect_navigation():
        visitor.page.locator("main form button.btn-primary").first.click()


def form_errors(name: str) -> State:
    """A form sent empty."""

    def state(visitor: Visitor, site: Site) -> None:
        visitor.open(site[name])
        visitor.page.locator("main form input[type=text]").first.fill("")
        submit(visitor)

    return state


def key_secret(visitor: Visitor, site: Site) -> None:
    """The page that shows a secret once."""
    visitor.open(site["key-new"])
    visitor.page.locator("[name=name]").fill(f"Shown once {uuid4()}")
    visitor.page.locator("[name=unit]").select_option(index=1)
    submit(visitor)
    visitor.page.locator("#secret-value").wait_for()


def token_secret(visitor: Visitor, site: Site) -> None:
    """The page that shows an API token once."""
    visitor.open(site["service-account-show"])
    with visitor.page.expect_navigation():
        visitor.page.locator("form[action$='/tokens/'] button").click()


def dialog(name: str, opener: str) -> State:
    """A page with one of its dialogs open."""

    def state(visitor: Visitor, site: Site) -> None:
        visitor.open(site[name])
        visitor.page.locator(f"[data-opens={opener}]").first.click()
        visitor.page.locator("dialog[open]").wait_for()

    return state


def tried(visitor: Visitor, site: Site) -> None:
    """A route that has answered in its box."""
    visitor.open(site["route-show"])
    visitor.page.locator("#try-box button").click()
    visitor.page.locator("#try-box .facts").wait_for()


def called(visitor: Visitor, site: Site) -> None:
    """An operation of a connector that has answered in its box."""
    visitor.open(site["operation-show"])
    visitor.page.locator("#call-box button").click()
    visitor.page.locator("#call-box .answer").wait_for()


def faulty(name: str) -> State:
    """A document that was refused, with its faults in a table."""

    def state(visitor: Visitor, site: Site) -> None:
        visitor.open(site[name])
        visitor.page.locator("[name=document]").fill("name: a\nkind: ]\n")
        submit(visitor)

    return state


def step(visitor: Visitor, site: Site) -> None:
    """A run with one of its steps opened."""
    visitor.open(site["run-show"])
    visitor.page.locator("#steps tbody a").first.click()
    visitor.page.locator("dialog.drawer[open] h3").first.wait_for()


def pattern_draft(visitor: Visitor, site: Site) -> None:
    """A pattern that was drafted and is not live yet."""
    visitor.open(f"/t/{visitor.system.slug}/patterns/new/?pattern=saga&platform=gcp")
    visitor.page.locator("[name=name]").fill(f"Bản nháp {uuid4().hex[:8]}")
    submit(visitor)


def pattern_refused(visitor: Visitor, site: Site) -> None:
    """The form of a pattern with what is wrong beside its fields."""
    visitor.open(f"/t/{visitor.system.slug}/patterns/new/?pattern=saga")
    visitor.page.locator("[name=undo]").select_option(value="")
    submit(visitor)


def demo_pattern(visitor: Visitor) -> None:
    """The demo's adapter, which is live."""
    visitor.open(f"/t/{visitor.system.slug}/patterns/")
    with visitor.page.expect_navigation():
        visitor.page.locator("tbody th a").filter(has_text="Account lookup").click()


def pattern_stopping(visitor: Visitor, site: Site) -> None:
    """What stopping means, asked before it is done."""
    demo_pattern(visitor)
    visitor.page.locator("[data-opens=stop]").click()
    visitor.page.locator("dialog[open]").wait_for()


def pattern_used(visitor: Visitor, site: Site) -> None:
    """A live pattern that has answered in its box."""
    demo_pattern(visitor)
    visitor.page.locator("#use-box button.btn-primary").click()
    visitor.page.locator("#use-box .answer").wait_for()


def studio_keys(visitor: Visitor, site: Site) -> None:
    """The Studio with its keys explained."""
    visitor.open(site["studio"])
    visitor.page.locator("[data-opens=studio-keys]").click()
    visitor.page.locator("#studio-keys[open]").wait_for()


def at(path: str) -> State:
    """An address of the demo tenant."""
    return lambda visitor, _site: visitor.open(f"/t/{visitor.system.slug}/{path}")


def elsewhere(path: str) -> State:
    """An address outside any tenant."""
    return lambda visitor, _site: visitor.open(path)


def empty(path: str) -> State:
    """A page of a tenant in which nothing has happened yet."""
    return lambda visitor, _site: visitor.open(f"/t/{empty_tenant(visitor)}/{path}")


def empty_tenant(visitor: Visitor) -> str:
    """The slug of a tenant of the owner that has nothing in it; made by the first who asks."""
    return (
        visitor.system.django(MAKE_EMPTY).strip().splitlines()[-1] if EMPTY_SLUG not in _made(visitor) else EMPTY_SLUG
    )


def _made(visitor: Visitor) -> str:
    response = visitor.context.request.get(f"{visitor.system.base_url}/t/{EMPTY_SLUG}/")
    return EMPTY_SLUG if response.status == 200 else ""


def invitation(visitor: Visitor, site: Site) -> None:
    """The page behind the link of an invitation; the mail is a file here."""
    if "guest@demo.example" not in visitor.system.mails():
        visitor.open(site["member-invite"])
        visitor.page.locator("[name=email]").fill("guest@demo.example")
        visitor.page.locator("[name=roles]").first.check()
        submit(visitor)
    link = ""
    while not link:
        found = re.findall(r"/invitations/[\w.:=-]+/", visitor.system.mails().replace("=\n", ""))
        link = found[-1] if found else ""
        visitor.page.wait_for_timeout(200)
    visitor.open(link)


EMPTY_SLUG = "nothing-yet"
MAKE_EMPTY = f"""
from tenants import services
from tenants.domain import Role
from tenants.ids import uuid7
from tenants.models import User
from tenants.scope import Actor, Scope
scope = Scope(tenant_id=uuid7(), actor=Actor(kind="staff", id="staff", label="browser tests"))
services.tenant_create(scope, slug="{EMPTY_SLUG}", name="Nothing Yet", owner_email="", time_zone="UTC", accept_url="")
services.member_add(scope, user=User.objects.get(email="owner@demo.example"), roles=[Role.OWNER])
print("{EMPTY_SLUG}")
"""
EMPTY_PAGES = (
    "", "audit/", "credentials/", "deployments/", "keys/", "ledger/", "limits/", "members/", "providers/", "requests/",
    "routes/", "service-accounts/", "units/", "usage/", "routes/new/", "keys/new/", "deployments/new/",
    "simulator/", "patterns/", "connectors/", "definitions/", "runs/", "events/", "dead-letters/", "first-steps/",
    *(f"first-steps/{step}/" for step in ("company", "model", "key", "call", "workflow", "run")),
)  # fmt: skip
STATES: dict[str, State] = {
    "key-secret": key_secret,
    "token-secret": token_secret,
    "tried": tried,
    "invitation": invitation,
    "called": called,
    "faulty-connector": faulty("connector-new"),
    "faulty-definition": faulty("definition-new"),
    "step": step,
    "pattern-draft": pattern_draft,
    "pattern-refused": pattern_refused,
    "pattern-used": pattern_used,
    "pattern-without-parts": empty("patterns/new/?pattern=saga"),
    "no-such-pattern": at("patterns/new/?pattern=spaghetti"),
    "stop-pattern-dialog": pattern_stopping,
    "stop-dialog": dialog("connector-show", "stop"),
    "rotate-dialog": dialog("key-show", "rotate"),
    "revoke-dialog": dialog("key-show", "revoke"),
    "archive-route-dialog": dialog("route-show", "archive"),
    **{
        f"errors-{name}": form_errors(name)
        for name in ("key-new", "unit-new", "provider-new", "route-new", "limit-new")
    },
    "studio-node": elsewhere("/studio/?pattern=saga&platform=aws&scenario=step-fails&beat=7&node=payment"),
    "studio-router": elsewhere("/studio/?pattern=model-router&node=router"),
    "studio-list": elsewhere("/studio/?pattern=choreography&platform=onprem&beat=3&view=list"),
    "studio-undone": elsewhere("/studio/?pattern=saga&scenario=step-fails&beat=10"),
    "studio-corrected": elsewhere("/studio/?pattern=nonsense&platform=azzure&beat=99&node=zzz"),
    "studio-keys": studio_keys,
    **{f"empty-{path.replace('/', '-').strip('-') or 'home'}": empty(path) for path in EMPTY_PAGES},
    "unknown-page": at("no-such-page/"),
    "unknown-object": at("keys/01a20469-0000-7000-8000-000000000000/"),
    "no-request-matches": at("requests/?status=cut&text=zzz"),
    "simulated-outage": elsewhere(
        "/studio/simulate/?s_down=gpt-mini&s_down=claude-haiku&s_strategy=cheapest&s_residency=us"
    ),
    "simulated-nobody": elsewhere("/studio/simulate/?s_residency=eu&s_down=gpt-eu&s_fault=error&s_tools=on"),
    "simulated-repeat": elsewhere("/studio/simulate/?s_task=reason&s_again=1"),
    "simulator-faults": elsewhere("/studio/simulate/?s_task=dance&s_answer=0&s_cost=200&s_down=nobody"),
    "no-such-invitation": elsewhere("/invitations/not-a-token/"),
}
