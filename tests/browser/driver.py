"""Chromium for the tests: visitors whose pages report violations of the policy, third parties and script errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from tests.browser.system import System

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
)  # fmt: skip
AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (rules) => {
  const told = (node) => `${node.target.join(" ")} ${node.html.slice(0, 160)}`;
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map(told).join(" | ")}`);
}"""
WATCH = """window.policyViolations = [];
document.addEventListener("securitypolicyviolation", (event) => window.policyViolations.push(
  `${event.violatedDirective}: ${event.blockedURI || event.sample} (${event.sourceFile}:${event.lineNumber})`));"""
# what sticks out of the page and is not scrolled inside a box of its own
OVERFLOW = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  return [...document.body.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1).slice(0, 5)
    .map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`);
}"""
Theme = Literal["light", "dark"]


@contextmanager
def launched(path: str) -> Iterator["Browser"]:
    """A headless Chromium, ended with its event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def beside(browser: "Browser", path: str) -> Iterator["Browser"]:
    """Another one that has opened nothing yet: what a browser has seen is felt in what is measured with it."""
    fresh = browser.browser_type.launch(executable_path=path, args=list(ARGUMENTS))
    yield fresh
    fresh.close()


class Visitor:
    """A browser session in one language; `page` is its only tab."""

    def __init__(self, browser: "Browser", system: System, *, script: bool = True, phone: bool = False) -> None:
        width, height = (360, 740) if phone else (1280, 900)
        self.system = system
        self.context = browser.new_context(
            java_script_enabled=script, viewport={"width": width, "height": height}, timezone_id="Asia/Ho_Chi_Minh"
        )
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(WATCH)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.clicks = 0
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("request", self._asked)

    def sign_in(self, role: str) -> None:
        """Through the door, as people do."""
        email, password = self.system.logins[role]
        self.open("/accounts/login/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign in").wait_for(state="detached")
        self.open(f"/t/{self.system.slug}/")

    def speak(self, language: str) -> None:
        """Read pages in `en` or `vi` from now on."""
        self.context.add_cookies([{"name": "django_language", "value": language, "url": self.system.base_url}])

    def open(self, path: str) -> int:
        """Go to a page; its status."""
        response = self.page.goto(self.system.base_url + path, wait_until="load")
        return response.status if response else 0

    def click(self, target: Any) -> None:
        """A click that counts against the budget of a task."""
        target.click()
        self.clicks += 1

    def looks(self, width: int, theme: Theme) -> None:
        """The same page at another width, in another theme."""
        self.page.set_viewport_size({"width": width, "height": 900 if width > 500 else 740})
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")

    def faults(self) -> list[str]:
        """What the page broke: policy, own scripts, third parties, its one heading."""
        found = list(self.complaints) + cast("list[str]", self.page.evaluate("window.policyViolations"))
        self.complaints.clear()
        headings = self.page.locator("h1").count()
        return [*found, f"{headings} h1"] if headings != 1 else found

    def overflow(self) -> list[str]:
        """What makes the whole page scroll sideways."""
        return cast("list[str]", self.page.evaluate(OVERFLOW))

    def axe(self) -> list[str]:
        """Violations that axe-core finds. Its source enters through the debugger, which the policy does not bind."""
        self.page.evaluate(AXE)
        return cast("list[str]", self.page.evaluate(RUN_AXE, RULES))

    def close(self) -> None:
        self.context.close()

    def _heard(self, message: "ConsoleMessage") -> None:
        # the status of an error page is told on the console too; the pages that have one are opened for it
        if message.type == "error" and "Failed to load resource: the server responded" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: "Request") -> None:
        if not request.url.startswith((self.system.base_url, "data:", "blob:")):
            self.complaints.append(f"third party: {request.url}")
