"""Every fault of a document is named, placed and comes with its remedy."""

import time

import pytest

from tests.unit.workflows.definitions import HEAD, PAYMENT, faults, text_of
from workflows.domain.document import load
from workflows.domain.faults import InvalidDefinition, fault_to_json, worded


def test_a_complete_definition_has_no_faults():
    assert [str(fault) for fault in faults(PAYMENT)] == []


@pytest.mark.parametrize(
    "task",
    [
        "{call: http, with: {method: GET, endpoint: 'https://x.y/pets/{id}'}}",
        "{call: http, with: {method: get, endpoint: '${ \"https://x.y/\\(.id)\" }', redirect: true}}",
        "{call: http, with: {method: get, endpoint: {uri: 'https://x.y', authentication: {bearer: {token: x}}}}}",
        "{call: 'embed:1.0.0@default', with: {model: small, input: ['${ .a }', b]}}",
        "{call: 'chat:1.0.0@default', with: {model: m, messages: '${ .history }', temperature: '${ .t }'}}",
        "{do: []}",
        "{set: '.pets[0]', if: .pets != null}",
        "{switch: [a: {when: .x == 1, then: continue}, b: {then: exit}]}",
        "{fork: {compete: true, branches: [b: {wait: PT1S}, c: {set: {x: 1}, then: exit}]}}",
        "{for: {each: pet, in: .pets, at: n}, while: $pet != null, do: [b: {set: {x: '${ $pet.id + $n }'}}]}",
        "{try: [b: {wait: PT1S}], catch: {as: e, when: $e.status == 503, do: [c: {set: {x: '${ $e.title }'}}]}}",
        "{try: [], catch: {retry: {delay: {seconds: 1}, jitter: {from: PT0S, to: PT1S}, backoff: {linear: {}}}}}",
        "{listen: {to: {one: {with: {type: x, data: '${ .a > 1 }'}}}, read: envelope}}",
        "{emit: {event: {with: {type: x, source: 'https://x.y', time: '${ $workflow.startedAt.iso8601 }'}}}}",
        "{raise: {error: {type: 'https://x.y', status: 400, title: '${ .t }', detail: d}}}",
        "{wait: '${ .pause }', timeout: {after: {minutes: 5}}}",
        "{set: {x: 1}, input: {from: {a: '${ $secrets.b }'}}, output: {as: '${ . + $input }'}}",
        "{for: {in: .x}, do: [], metadata: {orchestration: {concurrency: 5}, mine: {any: thing}}}",
    ],
)
def test_what_the_profile_has_is_valid(task):
    assert [str(fault) for fault in faults(f"do:\n- a: {task}\n")] == []


@pytest.mark.parametrize(
    ("task", "pointer", "message", "remedy"),
    [
        # shape
        ("{cal: http}", "/do/0/a/cal", "“cal” is not a kind", "“call”"),
        ("{then: end}", "/do/0/a", "does not say what it does", "call"),
        ("{set: {x: 1}, wait: PT1S}", "/do/0/a", "several kinds", "several tasks"),
        ("{set: {x: 1}, thn: end}", "/do/0/a/thn", "not known here", "“then”"),
        ("{wait: 5 minutes}", "/do/0/a/wait", "duration such as PT5M", ""),
        ("{wait: {minuts: 5}}", "/do/0/a/wait/minuts", "not known", "“minutes”"),
        ("{wait: P1Y}", "/do/0/a/wait", "between nothing and a year", "P1DT12H"),
        ("{wait: {seconds: -1}}", "/do/0/a/wait", "between nothing and a year", ""),
        ("{set: 1}", "/do/0/a/set", "a mapping or text, not a whole number", ""),
        ("{call: http, with: {endpoint: 'https://x.y'}}", "/do/0/a/with", "“method” is missing", "Add it"),
        ("{call: http, with: {method: get, endpoint: /x}}", "/do/0/a/with/endpoint", "address with its scheme", ""),
        ("{listen: {to: {on: {with: {type: x}}}}}", "/do/0/a/listen/to", "One of these is missing", ""),
        ("{do: [{b: {set: {x: 1}}, c: {set: {x: 1}}}]}", "/do/0/a/do/0", "one task", ""),
        ("{raise: {error: {type: 'https://x.y', status: '4'}}}", "/do/0/a/raise/error/status", "whole number", ""),
        # the default catalog
        ("{call: chat, with: {model: m, prompt: p}}", "/do/0/a/call", "full name", "chat:1.0.0@default"),
        ("{call: 'chat:2.0.0@default', with: {model: m, prompt: p}}", "/do/0/a/call", "full name", "1.0.0"),
        ("{call: 'chatt:1.0.0@default'}", "/do/0/a/call", "does not exist", "chat:1.0.0@default"),
        ("{call: 'chat:1.0.0@other'}", "/do/0/a/call", "catalog “other”", "default"),
        ("{call: 'chat:1.0.0@default', with: {model: m, promt: p}}", "/do/0/a/with/promt", "not known", "“prompt”"),
        ("{call: 'chat:1.0.0@default', with: {model: m}}", "/do/0/a/with", "messages, prompt", ""),
        ("{call: 'connector:1.0.0@default', with: {connector: '${ .x }', operation: o}}", "/do/0/a/with/connector",
         "a name of letters", ""),
        # not supported yet
        ("{call: grpc, with: {}}", "/do/0/a/call", "“grpc” is not supported yet", ""),
        ("{call: openapi, with: {}}", "/do/0/a/call", "“openapi” is not supported yet", ""),
        ("{call: asyncapi, with: {x: '${ $message }'}}", "/do/0/a/call", "“asyncapi” is not supported yet", ""),
        ("{call: 'https://x.y/f.yaml'}", "/do/0/a/call", "by its address” is not supported", ""),
        ("{run: {shell: {command: ls}}}", "/do/0/a/run", "“run shell” is not supported yet", ""),
        ("{listen: {to: {all: []}}}", "/do/0/a/listen/to/all", "“listen all” is not supported yet", ""),
        ("{listen: {to: {any: []}}}", "/do/0/a/listen/to/any", "“listen any” is not supported yet", ""),
        # flow and names
        ("{set: {x: 1}, then: b}", "/do/0/a/then", "no task “b”", ""),
        ("{do: [b: {set: {x: 1}, then: a}]}", "/do/0/a/do/0/b/then", "no task “a”", ""),
        ("{switch: [x: {then: contine}]}", "/do/0/a/switch/0/x/then", "no task", "“continue”"),
        ("{do: [b: {set: {x: 1}}, b: {set: {x: 2}}]}", "/do/0/a/do/1/b", "two tasks “b”", "Rename"),
        ("{do: [end: {set: {x: 1}}]}", "/do/0/a/do/0/end", "cannot be called “end”", ""),
        ("{fork: {branches: [b: {set: {x: 1}, then: c}, c: {set: {x: 1}}]}}", "/do/0/a/fork/branches/0/b/then",
         "no task “c”", ""),
        # references
        ("{set: {x: 1}, timeout: soon}", "/do/0/a/timeout", "use.timeouts", "Declare"),
        ("{raise: {error: nope}}", "/do/0/a/raise/error", "use.errors", ""),
        ("{try: [], catch: {retry: nope}}", "/do/0/a/catch/retry", "use.retries", ""),
        ("{call: http, with: {method: get, endpoint: {uri: 'https://x.y', authentication: {use: nope}}}}",
         "/do/0/a/with/endpoint/authentication/use", "use.authentications", ""),
        ("{call: http, with: {method: get, endpoint: {uri: 'https://x.y', authentication: {bearer: {use: nope}}}}}",
         "/do/0/a/with/endpoint/authentication/bearer/use", "use.secrets", ""),
        # expressions
        ("{set: {x: '${ .a | }'}}", "/do/0/a/set/x", "not valid jq", ""),
        ("{set: {x: '${ env }'}}", "/do/0/a/set/x", "environment", ""),
        ("{set: {x: '${ lenght }'}}", "/do/0/a/set/x", "does not exist", "“length”"),
        ("{set: {x: '${ $contxt }'}}", "/do/0/a/set/x", "$contxt", "“context”"),
        ("{set: {x: 'Dear ${ .name }'}}", "/do/0/a/set/x", "is not evaluated", "whole text"),
        ("{set: {x: '${ $secrets.a }'}}", "/do/0/a/set/x", "input.from only", "bearer"),
        ("{set: {x: 1}, if: $input.a}", "/do/0/a/if", "$input", ""),
        ("{for: {in: .x}, do: [b: {set: {x: '${ $itm }'}}]}", "/do/0/a/do/0/b/set/x", "$itm", "“item”"),
        ("{try: [], catch: {as: e, when: $error.status}}", "/do/0/a/catch/when", "$error", ""),
        ("{set: {x: 1}, input: {schema: {document: {type: nope}}}}", "/do/0/a/input/schema/document",
         "JSON Schema", ""),
        ("{set: {x: 1}, input: {schema: {document: {$ref: 'https://x.y/z'}}}}", "/do/0/a/input/schema/document",
         "JSON Schema", ""),
        ("{emit: {event: {with: {type: x, source: 'https://x.y', time: noon}}}}", "/do/0/a/emit/event/with/time",
         "date-time", ""),
        # our metadata
        ("{call: http, with: {method: get, endpoint: 'https://x.y'}, metadata: {orchestration: {pivott: true}}}",
         "/do/0/a/metadata/orchestration/pivott", "not known", "“pivot”"),
        ("{set: {x: 1}, metadata: {orchestration: {pivot: true}}}", "/do/0/a/metadata/orchestration/pivot",
         "means nothing", "call"),
        ("{for: {in: .x}, do: [], metadata: {orchestration: {concurrency: 0}}}",
         "/do/0/a/metadata/orchestration/concurrency", "at least 1", ""),
    ],
)  # fmt: skip
def test_each_fault_has_its_place_its_words_and_its_remedy(task, pointer, message, remedy):
    found = faults(f"do:\n- a: {task}\n")
    fault = {fault.pointer: fault for fault in found}[pointer]
    assert len(found) <= 2  # a misspelt key is also a missing one
    assert message in fault.message
    assert remedy in fault.remedy
    assert fault.line == 3


@pytest.mark.parametrize(
    ("body", "pointer", "message"),
    [
        ("dos: []", "/dos", "not known here"),
        ("do: {}", "/do", "a list, not a mapping"),
        ("do: []\nschedule: {cron: '* * * * *'}", "/schedule/cron", "not supported yet"),
        ("do: []\nuse: {extensions: []}", "/use/extensions", "not supported yet"),
        ("do: []\nuse: {errs: {}}", "/use/errs", "not known here"),
        ("do: []\nuse: {functions: {f: {call: g}, g: {call: f}}}", "/use/functions/f", "calls itself"),
        ("do: []\noutput: {as: '${ $input }'}", "/output/as", "$input"),
        ("do: []\ntimeout: {after: P2M}", "/timeout/after", "between nothing and a year"),
    ],
)
def test_faults_outside_the_tasks(body, pointer, message):
    found = {fault.pointer: fault.message for fault in faults(body)}
    assert message in found[pointer]


def test_only_versions_up_to_ours_are_taken():
    with pytest.raises(InvalidDefinition) as caught:
        load(text_of("do: []").replace("1.0.3", "0.9.0"))
    assert "0.9.0 is not supported" in caught.value.faults[0].message


@pytest.mark.parametrize("text", ["- a", "just text", "42", "null", "[]"])
def test_what_is_no_mapping_is_told_so(text):
    with pytest.raises(InvalidDefinition) as caught:
        load(text)
    assert "a mapping" in caught.value.faults[0].message


def test_all_faults_come_at_once_in_the_order_of_the_document():
    found = faults("do:\n- a: {wait: x}\n- b: {cal: http}\n- c: {set: {x: '${ nope }'}, then: d}\n")
    assert [(fault.line, fault.pointer) for fault in found] == [
        (3, "/do/0/a/wait"), (4, "/do/1/b/cal"), (5, "/do/2/c/set/x"), (5, "/do/2/c/then"),
    ]  # fmt: skip


def test_json_is_read_like_yaml():
    text = '{"document": {"dsl": "1.0.3", "namespace": "a", "name": "b", "version": "1.0.0"},\n\t"do": [{"x": {}}]}'
    with pytest.raises(InvalidDefinition) as caught:
        load(text)
    assert (caught.value.faults[0].line, caught.value.faults[0].pointer) == (2, "/do/0/x")


def test_the_error_shows_its_faults_to_clients():
    with pytest.raises(InvalidDefinition) as caught:
        load(HEAD + "do: [a: {wait: x}]")
    error = caught.value
    assert (error.code, error.status) == ("invalid_definition", 400)
    assert error.data["faults"] == [fault_to_json(error.faults[0])]
    assert list(error.errors) == ["/do/0/a/wait"]


@pytest.mark.parametrize(
    "body",
    [
        "do: [a: {set: {x: 1}, " + ", ".join(f"k{n}: 1" for n in range(5000)) + "}]",
        "use: {timeouts: {" + ", ".join(f"timeout{n}: {{after: PT1S}}" for n in range(4000)) + "}}\n"
        "do: [" + ", ".join(f"t{n}: {{set: {{x: 1}}, timeout: timeuot{n}}}" for n in range(400)) + "]",
        "do: [a: {set: {" + ", ".join(f"k{n}: '${{ lenght + $contxt }}'" for n in range(4000)) + "}}]",
    ],
    ids=["unknown keys", "unknown names", "broken expressions"],
)
def test_a_document_of_nothing_but_faults_is_judged_soon(body):
    began = time.process_time()
    assert len(faults(body)) == 100
    assert time.process_time() - began < 10


def test_a_fault_is_worded_in_the_readers_language_without_touching_the_document():
    fault = faults("do: [a: {wait: [text]}]")[0]
    message, _ = worded(fault, lambda text: f"<{text}>")
    assert message == "<This must be <a mapping> or <text>, not <a list>.>"
