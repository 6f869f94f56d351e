"""Mapping rules: exact both ways, closed to what they do not name, faults that name the field and not the value."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mapping.functions import FUNCTIONS, FunctionFault, parse_step
from connectors.mapping.rules import MASK, MappingFault, RuleFault, apply, inverse, masked, parse_rules

PAYMENT = parse_rules(
    [
        {"to": "body.KTO_NR", "from": "account", "via": ["pad_left:10:0"], "class": "personal"},
        {"to": "body.BETRAG_MINOR", "from": "amount", "via": ["minor_units:2"]},
        {"to": "body.WHG", "lookup": {"from": "currency", "table": {"GBP": "826", "EUR": "978"}}},
        {"to": "body.DATUM", "from": "on", "via": ["date_compact"]},
        {"to": "body.EIL_KZ", "from": "urgent", "via": ["flag:J:N"]},
        {"to": "body.KANAL", "const": "ORC"},
        {"to": "body.POSTEN", "from": "lines", "each": [{"to": "TXT", "from": "text", "class": "personal"}]},
    ]
)
payments = st.fixed_dictionaries(
    {
        "account": st.from_regex(r"[1-9][0-9]{0,9}", fullmatch=True),
        "amount": st.integers(-(10**17), 10**17).map(lambda minor: f"{Decimal(minor).scaleb(-2):.2f}"),
        "currency": st.sampled_from(["GBP", "EUR"]),
        "on": st.dates().map(str),
        "urgent": st.booleans(),
        "lines": st.lists(st.fixed_dictionaries({"text": st.text(max_size=20)}), max_size=3),
    }
).filter(lambda one: not one["amount"].startswith("-0.00"))


@given(payments)
def test_what_goes_to_the_core_comes_back_the_same(payment):
    back = inverse(PAYMENT)
    assert back is not None
    assert apply(back, apply(PAYMENT, payment)) == payment


@given(st.integers(-(10**18) + 1, 10**18 - 1), st.integers(0, 6))
def test_minor_units_survive_both_ways(minor, places):
    major = parse_step(f"major_units:{places}").apply(minor)
    assert parse_step(f"minor_units:{places}").apply(major) == minor


@given(
    st.sampled_from(sorted(FUNCTIONS)), st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.integers())
)
def test_every_function_gives_a_value_or_its_own_fault(name, value):
    arguments = ["2", "0"][: FUNCTIONS[name].arguments]
    try:
        parse_step(":".join([name, *arguments])).apply(value)
    except FunctionFault:
        return


@pytest.mark.parametrize("amount", [19.99, "10.005", "1e3", "NaN", "", "10,00", True, "9" * 19, "٣"])
def test_an_amount_that_is_not_exact_is_refused(amount):
    with pytest.raises(FunctionFault):
        parse_step("minor_units:2").apply(amount)


def test_a_field_that_no_rule_names_does_not_pass():
    rules = parse_rules([{"to": "a", "from": "x"}, {"to": "items", "from": "l", "each": [{"to": "b", "from": "y"}]}])
    leaky = {"x": 1, "secret": 2, "l": [{"y": 3, "secret": 4}]}
    assert apply(rules, leaky) == {"a": 1, "items": [{"b": 3}]}


@pytest.mark.parametrize(
    ("otherwise", "expected"),
    [("omit", {}), ("null", {"a": None}), ({"use": 7}, {"a": 7})],
)
def test_a_missing_field_is_treated_as_the_rule_says(otherwise, expected):
    assert apply(parse_rules([{"to": "a", "from": "x", "on_missing": otherwise}]), {}) == expected


def test_faults_name_the_field_and_never_the_value():
    rules = parse_rules([{"to": "w", "lookup": {"from": "currency", "table": {"GBP": "826"}}}])
    with pytest.raises(MappingFault, match="currency: has a code") as fault:
        apply(rules, {"currency": "XSECRET"})
    assert "XSECRET" not in str(fault.value)
    with pytest.raises(MappingFault, match="currency: is missing"):
        apply(rules, {})


def test_personal_and_secret_fields_are_masked_on_both_sides():
    document = {"account": "970", "lines": [{"text": "Ann"}], "amount": "1.00", "undeclared": "x"}
    assert masked(PAYMENT, document, side="from") == {
        "account": MASK,
        "amount": "1.00",
        "lines": [{"text": MASK}],
    }


def test_rules_that_lose_something_have_no_inverse():
    for rule in (
        {"to": "a", "from": "x", "via": ["upper"]},
        {"to": "a", "lookup": {"from": "x", "table": {"p": "1", "q": "1"}}},
        {"to": "a", "from": "x", "on_missing": "null"},
    ):
        assert inverse(parse_rules([rule])) is None


@pytest.mark.parametrize(
    ("rules", "where"),
    [
        ({}, "mapping"),
        ([{"to": "a"}], "mapping.0"),
        ([{"to": "a", "from": "x", "const": 1}], "mapping.0"),
        ([{"to": "a..b", "from": "x"}], "mapping.0.to"),
        ([{"to": "a", "from": "x", "via": ["eval"]}], "mapping.0.via"),
        ([{"to": "a", "from": "x", "via": ["minor_units"]}], "mapping.0.via"),
        ([{"to": "a", "from": "x", "class": "open"}], "mapping.0.class"),
        ([{"to": "a", "from": "x", "colour": 1}], "mapping.0.colour"),
        ([{"to": "a", "from": "x"}, {"to": "a.b", "from": "y"}], "mapping"),
        ([{"to": "a", "lookup": {"from": "x"}}], "mapping.0.lookup"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_where_it_stands(rules, where):
    with pytest.raises(RuleFault) as fault:
        parse_rules(rules)
    assert fault.value.path == where
