"""Own names on a pattern's drawing, and what each of its lines counts."""

from dataclasses import replace
from pathlib import Path

import pytest

import config.demo
from workflows.domain.compiler import compile_document
from workflows.domain.document import load
from workflows.domain.pattern_view import Own, edge_measures, own_names, own_parts, use_of
from workflows.domain.plan import Plan
from workflows.patterns import pattern, patterns

FOLDER = Path(config.demo.__path__[0]) / "definitions"


def plan(file: Path) -> Plan:
    return compile_document(load(file.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def payment() -> Own:
    read = plan(FOLDER / "payment.yaml")
    return replace(own_parts([use_of("demo/payment", read)], [read]), deployments=("small", "large", "spare"))


@pytest.fixture(scope="module")
def participants() -> Own:
    plans = [plan(file) for file in sorted((FOLDER / "choreography").glob("*.yaml"))]
    return own_parts([use_of(one.name, one) for one in plans], plans)


def test_a_saga_hands_its_operations_to_the_systems_in_order(payment: Own):
    names = own_names(pattern("saga"), payment)
    assert (names["stock"], names["payment"]) == ("reserve · demo_core", "book · demo_core")
    assert "shipping" not in names


def test_the_last_model_takes_the_rest_of_the_deployments(payment: Own):
    names = own_names(pattern("orchestrator"), payment)
    assert (names["model"], names["standby"]) == ("small", "large +1")
    assert (names["hub"], names["adapter"]) == ("payment", "demo_core")


def test_only_the_line_that_undoes_something_counts_it(payment: Own):
    measures = edge_measures(pattern("saga"), payment)
    assert measures["free"].keys == ("demo_core.release",)
    assert "refund" not in measures


def test_a_line_counts_the_part_at_its_end(payment: Own):
    measures = edge_measures(pattern("orchestrator"), payment)
    assert {edge: measures[edge].kind for edge in ("ask", "propose", "think", "infer", "act", "announce")} == {
        "ask": "runs",
        "propose": "approvals",
        "think": "requests",
        "infer": "requests",
        "act": "calls",
        "announce": "events",
    }
    assert measures["infer"].keys == ("assistant/small",)


def test_participants_stand_where_they_do_what_the_drawing_says(participants: Own):
    names = own_names(pattern("choreography"), participants)
    assert names["reader"] == "payment-screening"
    assert names["billing"] == "payment-reservation"
    assert names["bus"] == "payment.submitted"
    measures = edge_measures(pattern("choreography"), participants)
    assert measures["analysed"].keys == ("payment.screened",)
    assert measures["to-reader"].keys == ("payment-screening",)


def test_parts_of_the_gateway_itself_count_nothing():
    measures = edge_measures(pattern("model-router"), Own(routes=("assistant",), deployments=("small",)))
    assert set(measures) == {"ask", "answer", "ask-agent", "to-small"}


@pytest.mark.parametrize("one", patterns(), ids=lambda one: one.slug)
def test_a_configuration_without_parts_keeps_general_names(one):
    assert own_names(one, Own()) == {}
    assert edge_measures(one, Own()) == {}
