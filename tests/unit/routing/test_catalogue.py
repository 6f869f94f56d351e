"""The price catalogue: exact, and silent about what it does not know."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from routing.catalog import PriceCatalogue, catalogue, price_for
from routing.catalog.catalogue import read_catalogue
from routing.catalog.entries import nano_per_million
from routing.catalog.litellm_map import parse_map
from routing.catalog.own_prices import parse_own_prices

ROOT = Path(__file__).resolve().parents[3]


def own(tmp_path: Path, content: object) -> PriceCatalogue:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(content))
    return read_catalogue([path])


def test_a_price_per_token_becomes_nano_usd_per_million_exactly() -> None:
    assert nano_per_million(Decimal("1.5e-07"), per_tokens=1) == 150_000_000
    assert nano_per_million(Decimal("0.15"), per_tokens=1_000_000) == 150_000_000


def test_a_price_finer_than_a_nano_is_rounded_up() -> None:
    assert nano_per_million(Decimal("1e-16"), per_tokens=1) == 1


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("openai", "gpt-4o-mini"),
        ("azure_openai", "gpt-4o"),
        ("anthropic", "claude-sonnet-4-5"),
        ("cloudflare_workers_ai", "@cf/meta/llama-3.3-70b-instruct-fp8-fast"),
        ("cloudflare_ai_gateway", "openai/gpt-4o-mini"),
        ("cloudflare_ai_gateway", "workers-ai/@cf/openai/gpt-oss-20b"),
    ],
)
def test_models_of_every_priced_kind_are_found(kind: str, model: str) -> None:
    entry = price_for(kind, model)

    assert entry is not None
    assert entry.price.input is not None
    assert entry.price.output is not None
    assert entry.price.input > 0


def test_a_well_known_entry_is_read_whole() -> None:
    entry = price_for("openai", "gpt-4o-mini")

    assert entry is not None
    assert (entry.price.input, entry.price.cached_input, entry.price.output) == (150_000_000, 75_000_000, 600_000_000)
    assert (entry.context_window, entry.max_output_tokens) == (128_000, 16_384)
    assert (entry.supports_tools, entry.supports_json, entry.supports_vision) == (True, True, True)
    assert entry.source == "litellm"


@pytest.mark.parametrize(
    ("kind", "model"),
    [("openai", "gpt-unknown"), ("vllm", "gpt-4o-mini"), ("nowhere", "gpt-4o-mini"), ("openai", "claude-sonnet-4-5")],
)
def test_an_unknown_model_has_no_price(kind: str, model: str) -> None:
    assert price_for(kind, model) is None


def test_a_dearer_price_for_long_prompts_ends_the_context_window() -> None:
    row = {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 1e-6,
        "output_cost_per_token": 1e-6,
        "input_cost_per_token_above_272k_tokens": 2e-6,
        "max_input_tokens": 922_000,
    }
    entry = parse_map(json.dumps({"m": row}).encode(), frozenset({"openai"}))["openai", "m"]

    assert (entry.context_window, entry.full_context_window) == (272_000, 922_000)


@pytest.mark.parametrize("price", [0, None, "1", True, -1])
def test_a_bundled_row_without_a_usable_price_is_left_out(price: object) -> None:
    row = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": price, "output_cost_per_token": price}

    assert parse_map(json.dumps({"m": row}).encode(), frozenset({"openai"})) == {}


def test_every_bundled_price_is_exact_and_within_bounds() -> None:
    for entry in catalogue().bundled.values():
        assert entry.price.known
        assert 0 <= (entry.price.output or 0) <= 10**15


@pytest.mark.parametrize("kind", ["openai", "anthropic", "vllm", "openai_compatible"])
def test_the_sandbox_has_the_same_prices_at_every_kind(kind: str) -> None:
    small, slow = price_for(kind, "sandbox-small"), price_for(kind, "sandbox-slow-200")

    assert small is not None
    assert slow is not None
    assert (small.price.output, small.source) == (600_000_000, "sandbox")
    assert slow.price.output == 4_000_000_000


def test_output_of_the_exact_model_is_all_it_costs() -> None:
    entry = price_for("openai", "sandbox-exact")

    assert entry is not None
    assert (entry.price.input, entry.price.output) == (0, 10_000_000_000)


def test_our_own_file_outweighs_the_bundled_map(tmp_path: Path) -> None:
    prices = own(tmp_path, {"openai": {"gpt-4o-mini": {"input": "9", "output": "9"}}})

    entry = prices.find("openai", "gpt-4o-mini")
    assert entry is not None
    assert (entry.price.input, entry.source) == (9_000_000_000, "mine")


def test_the_version_names_the_content(tmp_path: Path) -> None:
    first = own(tmp_path, {"openai": {"m": {"input": "1", "output": "1"}}}).version
    second = own(tmp_path, {"openai": {"m": {"input": "2", "output": "1"}}}).version

    assert first != second
    assert catalogue().version == read_catalogue().version


@pytest.mark.parametrize(
    "row",
    [{"input": 1.5, "output": "1"}, {"input": "-1", "output": "1"}, {"input": "1"}, {"prompt": "1"}, {"input": "NaN"}],
)
def test_a_broken_row_of_ours_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"mine\.json: m"):
        parse_own_prices({"mine.json": json.dumps({"openai": {"m": row}}).encode()})


def test_an_unknown_kind_in_our_file_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown provider kind 'opnai'"):
        parse_own_prices({"mine.json": b'{"opnai": {}}'})


def test_the_catalogue_does_not_import_the_library() -> None:
    code = "import sys; from routing.catalog import catalogue; catalogue(); print('litellm' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)

    assert result.stdout.strip() == "False"
