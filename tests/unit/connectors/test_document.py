"""Documents of operations: every fault is named by its place, schemas are closed and lead nowhere outside."""

import copy

import pytest

from config.demo.connector import demo_core
from connectors import registry
from connectors.domain import schemas
from connectors.domain.document import DocumentFault, parse_operation, parse_operations
from connectors.registry import UnknownKind

OPERATIONS = demo_core("http://127.0.0.1:1").operations
BOOK = next(one for one in OPERATIONS if one["name"] == "book")


def test_the_demo_connector_has_no_fault():
    assert [one.name for one in parse_operations(OPERATIONS)] == [
        "account_read", "reserve", "book", "booking_status", "release",
    ]  # fmt: skip
    spec = registry.kind("rest")
    assert spec.check({"base_url": "http://127.0.0.1:1"}) == {}
    assert [spec.check_operation(one["request"]) for one in OPERATIONS] == [{}] * 5


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": "Book!"}, "operation.name"),
        ({"effect": "delete"}, "operation.effect"),
        ({"colour": 1}, "operation.colour"),
        ({"request": []}, "operation.request"),
        ({"input_schema": {"type": "nothing"}}, "operation.input_schema"),
        ({"output_schema": {"$ref": "http://127.0.0.1/secret"}}, "operation.output_schema"),
        ({"mapping": {"request": []}}, "operation.mapping"),
        ({"mapping": {"request": [{"to": "a"}], "response": []}}, "operation.mapping.request.0"),
        ({"errors": [{"status": [409], "code": "E-1", "outcome": "rejected"}]}, "operation.errors.0.code"),
        ({"errors": [{"status": [409], "code": "core.busy", "outcome": "rejected"}]}, "operation.errors.0.code"),
        ({"errors": [{"code": "core.x1", "outcome": "rejected"}]}, "operation.errors.0"),
        ({"errors": [{"status": [99], "code": "core.x1", "outcome": "rejected"}]}, "operation.errors.0.status"),
        ({"errors": [{"status": [409], "code": "core.x1", "outcome": "maybe"}]}, "operation.errors.0.outcome"),
        (
            {"errors": [{"status": [5], "code": "core.x1", "outcome": "unknown", "settles": True}]},
            "operation.errors.0.settles",
        ),
        ({"idempotency": {"strategy": "hope"}}, "operation.idempotency.strategy"),
        ({"idempotency": {"strategy": "native_header"}}, "operation.idempotency"),
        ({"idempotency": {"strategy": "native_header", "header": "a b"}}, "operation.idempotency.header"),
        ({"timeout_seconds": 0}, "operation.timeout_seconds"),
        ({"effect": "read"}, "operation.idempotency"),
    ],
)
def test_each_fault_is_named_by_its_place(change, where):
    with pytest.raises(DocumentFault) as fault:
        parse_operation(copy.deepcopy(BOOK) | change)
    assert where in fault.value.errors


def test_a_look_up_must_be_a_read_of_the_same_connector():
    with pytest.raises(DocumentFault) as fault:
        parse_operations([BOOK])
    assert "operations.0.idempotency.operation" in fault.value.errors


def test_two_operations_of_one_name_are_refused():
    with pytest.raises(DocumentFault) as fault:
        parse_operations([*OPERATIONS, copy.deepcopy(OPERATIONS[0])])
    assert "operations.5.name" in fault.value.errors


def test_objects_in_schemas_are_closed_at_every_depth():
    inner = {"type": "object", "properties": {"a": {"type": "integer"}}}
    schema = schemas.closed({"type": "object", "properties": {"x": inner, "l": {"type": "array", "items": inner}}})
    assert schemas.faults(schema, {"x": {"a": 1}, "l": [{"a": 1}]}) == {}
    assert set(schemas.faults(schema, {"x": {"b": 1}, "l": [{"a": 1, "b": 2}], "y": 1})) == {"x", "l.0", ""}


def test_faults_of_values_never_hold_the_value():
    found = schemas.faults({"properties": {"a": {"maxLength": 2, "pattern": "^x$"}}}, {"a": "CANARY"})
    assert "CANARY" not in str(found)
    assert set(found) == {"a"}


def test_a_pattern_that_explodes_elsewhere_is_linear_here():
    assert "a" in schemas.faults({"properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": "a" * 50_000 + "!"})


def test_an_unknown_kind_names_the_nearest_one():
    with pytest.raises(UnknownKind, match="did you mean 'rest'"):
        registry.kind("rset")
