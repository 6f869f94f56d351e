"""Which texts are expressions, what they may use, and which run at once."""

import pytest

from workflows.domain.expressions import (
    BoundedEvaluator,
    EvaluatorUnavailable,
    ExpressionError,
    ExpressionLimit,
    Limits,
    unwrapped,
)
from workflows.domain.jq import JqRefused, parsed, variable_complaints

EVALUATOR = BoundedEvaluator()
DATA = {"a": {"b": 1}, "items": [{"n": 1, "on": True}, {"n": 2, "on": False}], "big": 9007199254740993, "f": 10.1}


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("${ .a }", ".a"),
        ("  ${.a}  ", ".a"),
        ("${ .a\n| .b }", ".a\n| .b"),
        ("pay ${ .a }", None),
        (".a", None),
        ("${}", None),
        ("${ {a: 1} }", "{a: 1}"),
    ],
)
def test_only_a_text_that_is_wholly_wrapped_is_an_expression(text, inner):
    assert unwrapped(text) == inner


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (".a.b", 1),
        (".a.missing", None),
        ('.a["b"] == 1 and (.x | not)', True),
        (".x // 7", 7),
        ("[.items[0].n, .items[-1].n]", [1, 2]),
        ("{n: .a.b, items}", {"n": 1, "items": DATA["items"]}),
        (".items | map(select(.on)) | length", 1),
        (".items | map(.n + $context.base)", [11, 12]),
        ('"n=\\(.a.b)"', "n=1"),
        ("if .a.b > 0 then \"yes\" else \"no\" end", "yes"),
        (".big + 1", 9007199254740994),
        (".f", 10.1),
        ("select(.x)", None),
    ],
)  # fmt: skip
def test_the_portable_subset_runs_without_a_runner(expression, value):
    assert EVALUATOR.evaluate(expression, DATA, {"context": {"base": 10}}) == value


@pytest.mark.parametrize(
    "expression", [".items[]", "range(3)", "reduce .[] as $x (0; .+1)", "(1,2)|(1,2)", 'test("a")']
)
def test_anything_else_needs_a_runner(expression):
    with pytest.raises(EvaluatorUnavailable):
        EVALUATOR.evaluate(expression, DATA, {})


@pytest.mark.parametrize(
    "step", [". + .", '"\\(.)\\(.)"', "[., .]", "{a: ., b: .}", "map(. + .)", "[., .] | map([., .])", ".a // [., .]"]
)
@pytest.mark.parametrize("end", [".", ". == 1", "length", "tostring"])
def test_what_doubles_again_and_again_needs_a_runner(step, end):
    with pytest.raises(EvaluatorUnavailable):
        EVALUATOR.evaluate(" | ".join([step] * 30 + [end]), ["x"], {})


@pytest.mark.parametrize(
    "expression", [".a == $context.b", "[.a, .a, .a] == [.b, .b, .b]", ".[.a]", ".a - .b", ".a + .b", "keys"]
)
def test_what_reads_all_of_much_data_needs_a_runner(expression):
    much = {"a": ["x"] * 120_000, "b": ["x"] * 120_000}
    with pytest.raises(EvaluatorUnavailable):
        EVALUATOR.evaluate(expression, much, {"context": much})


def test_the_subset_on_much_data_needs_a_runner_too():
    many = {"items": [{"n": 1}] * 60_000}
    with pytest.raises(EvaluatorUnavailable):
        EVALUATOR.evaluate(".items | map(.n)", many, {})
    assert EVALUATOR.evaluate(".items | length", many, {}) == 60_000


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("env.PATH", "environment"),
        ("$ENV", "environment"),
        ("input", "other input"),
        ("now", "when and where"),
        ("halt", "ends the program"),
        ("lenght", "does not exist"),
        ("map(.a; .b)", "does not take 2"),
        ("_strindices(1)", "does not exist"),
        (".a |", "not valid jq"),
        ("}{", "not valid jq"),
        ('import "a" as a; .', "not valid jq"),
        ("", "empty"),
        ("[" * 500, "not valid jq"),
        ("1" + "+1" * 3000, "too large"),
        ("1" * 5000, "not valid jq"),
        ("." * 9000, "more than 8192 characters"),
    ],
)
def test_refused_expressions_say_why(expression, said):
    with pytest.raises(JqRefused, match=said):
        parsed(expression)


def test_a_misspelt_function_or_variable_comes_with_the_one_meant():
    with pytest.raises(JqRefused) as caught:
        parsed("lenght")
    complaint = next(variable_complaints(parsed("$contxt.a"), frozenset({"context", "input"})))
    assert caught.value.complaints[0].data["meant"] == "length"
    assert complaint.data["meant"] == "context"


def test_variables_of_the_expression_itself_are_known():
    free = parsed(". as [$a, {b: $c}] | reduce .[] as $x (0; . + $x + $a + $c + $given)").variables
    assert free == {"given"}


def test_expressions_in_data_are_never_evaluated():
    rendered = EVALUATOR.render({"a": ["${ .evil }", "x"], "b": 1}, {"evil": "${ .secret }", "secret": 1}, {})
    assert rendered == {"a": ["${ .secret }", "x"], "b": 1}


@pytest.mark.parametrize(
    ("expression", "kind", "said"),
    [
        (".a.b.c", ExpressionError, "Cannot index number"),
        ("$nope", ExpressionError, "not defined here"),
        ("1e999", ExpressionError, "JSON"),
        (".f[0]", ExpressionError, "Cannot index"),
        ("[.text, .text]", ExpressionLimit, "larger than 1000 bytes"),
    ],
)
def test_failures_name_the_expression_or_the_limit(expression, kind, said):
    evaluator = BoundedEvaluator(limits=Limits(output_bytes=1000))
    with pytest.raises(kind, match=said):
        evaluator.evaluate(expression, {**DATA, "text": "x" * 600}, {})


def test_an_error_does_not_quote_secrets():
    with pytest.raises(ExpressionError) as caught:
        EVALUATOR.evaluate("$secrets.key.part", None, {"secrets": {"key": "s3cret"}})
    assert "s3cret" not in str(caught.value)
