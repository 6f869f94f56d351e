"""What the patterns say of platforms is what the brief promises and what the portability report finds."""

import pytest

from workflows.domain.patterns import LANGUAGES, PLATFORMS
from workflows.patterns import blocks, pattern
from workflows.platforms.registry import platforms

KIB, MIB, DAY = 1024, 1024**2, 86400

# the table of the design: what a pattern is on each platform, first of all
SERVICES = {
    "orchestrator": (
        ("Cloudflare Workflows", "Cloudflare AI Gateway", "Cloudflare Tunnel"),
        ("Azure Durable Functions",),
        ("AWS Step Functions",),
        ("Google Cloud Workflows",),
        ("Temporal",),
    ),
    "model-router": (
        ("Cloudflare AI Gateway", "Workers AI"),
        ("Azure API Management", "Azure OpenAI"),
        ("Gateway + Bedrock", "Amazon Bedrock"),
        ("Gateway + Vertex AI", "Vertex AI"),
        ("LiteLLM", "vLLM"),
    ),
    "adapter": (
        ("Workers connector", "Hyperdrive", "Cloudflare Tunnel"),
        ("Azure API Management",),
        ("API Gateway + Lambda", "AWS PrivateLink"),
        ("Cloud Run",),
        ("Celery worker",),
    ),
    "saga": (
        ("Cloudflare Workflows", "Cloudflare Queues", "Durable Objects"),
        ("Azure Durable Functions",),
        ("AWS Step Functions",),
        ("Google Cloud Workflows",),
        ("Temporal",),
    ),
    "choreography": (
        ("Cloudflare Queues", "Workers consumer", "Cloudflare AI Gateway"),
        ("Azure Service Bus",),
        ("EventBridge + SQS",),
        ("Google Pub/Sub",),
        ("Kafka",),
    ),
}
# limits that a text names: block, platform, limit of the report, its unit, the words around the number
SAID = [
    ("workflow", "cloudflare", "result_bytes", MIB, "{} MiB"),
    ("workflow", "cloudflare", "wait_seconds", DAY, "{} "),
    ("workflow", "cloudflare", "steps", 1, "{}"),
    ("workflow", "aws", "state_bytes", KIB, "{} KiB"),
    ("workflow", "aws", "steps", 1, "{}"),
    ("workflow", "aws", "call_seconds", 1, "{} "),
    ("workflow", "gcp", "state_bytes", KIB, "{} KB"),
    ("workflow", "gcp", "input_bytes", KIB, "{} KB"),
    ("workflow", "gcp", "branches", 1, "{} "),
    ("workflow", "gcp", "expression_characters", 1, "{} "),
    ("workflow", "onprem", "steps", 1, "{}"),
    ("workflow", "onprem", "result_bytes", MIB, "{} MB"),
    ("approval", "cloudflare", "default_wait_seconds", 3600, "{} "),
    ("approval", "gcp", "default_wait_seconds", 3600, "{} "),
    ("saga", "gcp", "expression_characters", 1, "{} "),
    ("ledger", "gcp", "state_bytes", KIB, "{} KB"),
]


@pytest.mark.parametrize("slug", SERVICES)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_pattern_is_made_of_what_the_design_names(slug: str, platform: str):
    services = {node.services[platform].service for node in pattern(slug).nodes}
    assert set(SERVICES[slug][PLATFORMS.index(platform)]) <= services


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(("block", "code"), [("saga", "compensate"), ("approval", "approval"), ("workflow", "call")])
def test_how_close_a_service_comes_is_what_the_report_finds(platform: str, block: str, code: str):
    assert blocks()[block][platform].fit == platforms()[platform].answers[code].verdict


@pytest.mark.parametrize(("block", "platform", "limit", "unit", "words"), SAID)
def test_a_limit_that_is_named_is_the_one_of_the_report(block: str, platform: str, limit: str, unit: int, words: str):
    known = platforms()[platform].limits[limit]
    assert known is not None
    value = int(known.value / unit)
    for language in LANGUAGES:
        number = f"{value:,}" if language == "en" else f"{value:,}".replace(",", ".")
        assert words.format(number) in blocks()[block][platform].limits[language]


def test_what_has_no_close_match_says_so():
    silent = [
        (name, platform)
        for name, services in blocks().items()
        for platform, service in services.items()
        if service.fit == "none" and "No close equivalent" not in service.how["en"]
    ]
    assert silent == []
