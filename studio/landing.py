"""What the public page says, as data: promises, capabilities, platforms, and what stands beside Agentic."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Text = str | Promise
Made = Literal["native", "build"]


@dataclass(frozen=True, slots=True)
class Pledge:
    """A word to keep, and what it means."""

    value: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class Contrast:
    """One property of two products at different layers."""

    name: Text
    orchestration: Text
    agentic: Text


@dataclass(frozen=True, slots=True)
class Capability:
    """What it can do, what makes that real here, and what it is made of elsewhere."""

    name: Text
    icon: str
    made: Made
    what: Text
    here: Text
    cloudflare: str
    elsewhere: str


@dataclass(frozen=True, slots=True)
class Platform:
    """Where the same definitions run, and with which services."""

    slug: str
    name: Text
    place: Text
    services: tuple[Text, ...]


PROMISES = (
    Pledge(_("5 patterns"), _("Classic integration patterns, each alive in the Studio and ready to run.")),
    Pledge(_("0 lock-in"), _("Cloudflare first. The same definitions run on Azure, AWS, GCP and on-premise.")),
    Pledge(_("Core-safe"), _("An anti-corruption layer stands before the core. It never sees more than it agreed to.")),
    Pledge(_("Durable"), _("Retries, idempotency and compensation. A step is never lost and never done twice.")),
)

CONTRASTS = (
    Contrast(_("Nature"), _("Nervous system, integration plumbing"), _("Brain, autonomous actor")),
    Contrast(_("Focus"), _("How AI connects to the core"), _("What decides and acts")),
    Contrast(_("Flow"), _("Deterministic, governed"), _("Not deterministic, driven by agents")),
    Contrast("Cloudflare", _("AI Gateway, Workflows, connectors"), "Agents SDK, Durable Objects"),
    Contrast(_("Promise"), _("Plug in AI without breaking operations"), _("AI that acts on your behalf")),
)

CAPABILITIES = (
    Capability(
        _("Model routing and fallback"),
        "route",
        "native",
        _("One gateway picks a model by cost, latency and difficulty, answers repeats from the cache and fails over."),
        _("Each choice is explained: who was considered, which rule dropped whom, and what would have changed it."),
        "AI Gateway · Workers AI",
        "LiteLLM / Portkey → Azure OpenAI · Bedrock · Vertex AI",
    ),
    Capability(
        _("Durable multi-step workflows"),
        "workflow",
        "native",
        _("Deterministic pipelines that retry, sleep, wait for an event and undo what they did when they must."),
        _("One commit per step in PostgreSQL; a process may be killed at any moment."),
        "Workflows · Queues",
        "Temporal · Step Functions · Durable Functions",
    ),
    Capability(
        _("Connectors to core systems"),
        "connector",
        "build",
        _("An adapter translates between AI and ERP, CRM or legacy, without changing the core."),
        _("Never more calls in flight than the core agreed to, over all workers, even when one dies."),
        "Workers · Hyperdrive · Tunnel",
        "MuleSoft · API Management · VPN / PrivateLink",
    ),
    Capability(
        _("Tokens, cost and latency in sight"),
        "usage",
        "native",
        _("Every AI call is measured: tokens, cost, latency, errors."),
        _("A ledger in which every cent is explained, and a page for each request."),
        "AI Gateway Analytics · Workers Logs",
        "Helicone · LangSmith · OpenTelemetry",
    ),
    Capability(
        _("Human approvals"),
        "approval",
        "native",
        _("A workflow pauses, asks a person, and goes on: for what is too risky to leave to a machine."),
        _("The link in a mail locates and does not decide. Who decides signs in, once, on exactly what was shown."),
        "Workflows waitForEvent · sendEvent",
        "Temporal signals · queue + webhook",
    ),
    Capability(
        _("Virtual keys and quotas"),
        "key",
        "build",
        _("A key per department or customer, hard budgets, and a say in which models are allowed."),
        _("Budgets that hold to the last cent, with many gateways and after a crash."),
        "Workers · D1 · KV · Secrets Store",
        "LiteLLM virtual keys · API Management products",
    ),
)

PLATFORMS = (
    Platform(
        "cloudflare",
        "Cloudflare",
        _("Default, phase one"),
        ("Workers", "Workflows", "AI Gateway", "D1 / KV / R2", "Queues", "Hyperdrive", "Tunnel"),
    ),
    Platform(
        "azure",
        "Azure",
        pgettext_lazy("kind of company", "Enterprise"),
        ("Durable Functions", "API Management", "Azure OpenAI", "Service Bus"),
    ),
    Platform(
        "aws",
        "AWS",
        pgettext_lazy("kind of company", "Enterprise"),
        ("Step Functions", "Bedrock", "EventBridge / SQS", "PrivateLink"),
    ),
    Platform(
        "gcp",
        "GCP",
        pgettext_lazy("kind of company", "Enterprise"),
        ("Workflows", "Vertex AI", "Pub/Sub", "Cloud Run"),
    ),
    Platform(
        "onprem",
        _("On-premise"),
        pgettext_lazy("kind of company", "Regulated"),
        ("Temporal", "Kafka", "LiteLLM", _("self-hosted models")),
    ),
)
