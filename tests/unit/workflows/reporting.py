"""Tasks that show one thing each, for the tests of portability."""

from workflows.domain.compiler import compile_document
from workflows.domain.document import load
from workflows.domain.plan import Plan

CALL = "{call: 'chat:1.0.0@default', with: {model: assistant, prompt: hi}}"
ASKS = "{call: 'approval:1.0.0@default', with: {title: Pay?, expiresIn: P2D}}"
BRANCHES = ", ".join(f"b{at}: {{set: {{a: 1}}}}" for at in range(3))
HEAD = "document: {dsl: 1.0.3, namespace: tests, name: shown, version: 1.0.0}"


def plan_of(tasks: str, head: str = HEAD) -> Plan:
    """The plan of these tasks, a line of YAML each."""
    lines = "\n".join(f"  - {line}" for line in tasks.strip().splitlines())
    return compile_document(load(f"{head}\ndo:\n{lines}\n"))


def tries(*, retry: str = "", errors: str = "", block: str = f"[a: {CALL}]") -> str:
    """A try with what its catch says."""
    parts = ", ".join(filter(None, (errors, f"retry: {{{retry}}}" if retry else "", "" if retry else "do: []")))
    return f"t: {{try: {block}, catch: {{{parts}}}}}"


def fork(count: int, *, extra: str = "", inner: str = "{set: {a: 1}}", meta: str = "") -> str:
    """A fork with so many branches."""
    branches = ", ".join(f"b{at}: {inner}" for at in range(count))
    return f"f: {{fork: {{branches: [{branches}]{extra}}}{meta}}}"


def orchestrated(words: str) -> str:
    return f"metadata: {{orchestration: {{{words}}}}}"


COUNTED = "limit: {attempt: {count: 3}}"
# a task, or several, in which each thing stands; the first task whose findings have the code is meant
SHOWN: dict[str, str] = {
    "do": f"d: {{do: [a: {CALL}]}}",
    "set": "s: {set: {a: 1}}",
    "call": f"c: {CALL}",
    "approval": f"a: {ASKS}",
    "switch": "s: {switch: [x: {when: .a == 1, then: exit}]}",
    "try": tries(),
    "wait": "w: {wait: PT5S}",
    "listen": "l: {listen: {to: {one: {with: {type: paid}}}}, timeout: {after: PT1H}}",
    "emit": "e: {emit: {event: {with: {type: told, source: 'https://a.test'}}}}",
    "for": "f: {for: {in: .list}, do: [a: {set: {a: 1}}]}",
    "fork": fork(2),
    "raise": "r: {raise: {error: {type: 'https://a.test/e', status: 400}}}",
    "early_event": "l: {listen: {to: {one: {with: {type: paid}}}}}",
    "listen_condition": "l: {listen: {to: {one: {with: {type: paid, data: '${ .a == 1 }'}}}}}",
    "endless_wait": "l: {listen: {to: {one: {with: {type: paid}}}}}",
    "for_while": "f: {for: {in: .list}, while: .a, do: [a: {set: {a: 1}}]}",
    "fork_compete": fork(2, extra=", compete: true"),
    "fork_bounded": fork(3, meta=f", {orchestrated('concurrency: 2')}"),
    "export_in_branch": fork(2, inner="{set: {a: 1}, export: {as: .a}}"),
    "try_block": tries(block=f"[a: {CALL}, b: {CALL}]"),
    "catch_condition": tries(errors="errors: {with: {status: 503}}"),
    "retry": tries(retry=f"delay: PT2S, {COUNTED}"),
    "retry_block": tries(retry=f"delay: PT2S, {COUNTED}", block=f"[a: {CALL}, b: {CALL}]"),
    "retry_linear": tries(retry=f"delay: PT2S, backoff: {{linear: {{}}}}, {COUNTED}"),
    "retry_jitter": tries(retry=f"delay: PT2S, jitter: {{from: PT0S, to: PT1S}}, {COUNTED}"),
    "retry_fraction": tries(retry=f"delay: PT0.5S, {COUNTED}"),
    "retry_condition": tries(retry=f"delay: PT2S, when: $error.status == 503, {COUNTED}"),
    "retry_total": tries(retry="delay: PT2S, limit: {duration: PT5M}"),
    "retry_endless": tries(retry="delay: PT2S"),
    "attempt_timeout": tries(retry="delay: PT2S, limit: {attempt: {count: 3, duration: PT9S}}"),
    "call_timeout": f"c: {CALL[:-1]}, timeout: {{after: PT9S}}}}",
    "wait_timeout": "l: {listen: {to: {one: {with: {type: paid}}}}, timeout: {after: PT1H}}",
    "block_timeout": f"d: {{do: [a: {CALL}], timeout: {{after: PT9S}}}}",
    "jump": "a: {set: {a: 1}, then: c}\nb: {set: {a: 1}}\nc: {set: {a: 1}}",
    "jump_back": "a: {set: {a: 1}}\nb: {switch: [again: {when: .a, then: a}]}",
    "compensate": f"c: {CALL[:-1]}, {orchestrated(f'compensate: [u: {CALL}]')}}}",
    "pivot": f"c: {CALL[:-1]}, {orchestrated('pivot: true')}}}",
    "idempotency_key": f"c: {CALL[:-1]}, {orchestrated('idempotencyKey: one')}}}",
    "schema": "s: {set: {a: 1}, input: {schema: {document: {type: object}}}}",
    "expression_beyond": "s: {set: {a: '${ .a | tonumber }'}}",
    "expression_loop": "s: {set: {a: '${ .list | map(.a) }'}}",
    "name_letters": "Trả tiền: {set: {a: 1}}",
    "long_expression": f"s: {{set: {{a: '${{ .{'a' * 400} }}'}}}}",
    "long_call": f"c: {CALL[:-1]}, timeout: {{after: PT1H}}}}",
    "long_wait": "w: {wait: P365D}",
    "long_timer": "w: {wait: P7D}",
    "many_branches": fork(11),
    "many_at_once": fork(21),
    "deep_fork": fork(2, inner="{fork: {branches: [i: {fork: {branches: [j: {set: {a: 1}}]}}]}}"),
    "many_assignments": f"s: {{set: {{{', '.join(f'k{at}: 1' for at in range(51))}}}}}",
    "many_conditions": f"s: {{switch: [{', '.join(f'k{at}: {{when: .a == {at}, then: exit}}' for at in range(51))}]}}",
    "long_name": f"{'n' * 1001}: {{set: {{a: 1}}}}",
}
