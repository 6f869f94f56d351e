"""Small definitions for the tests, and ways to load them."""

import textwrap

from workflows.domain.compiler import compile_document
from workflows.domain.document import load
from workflows.domain.faults import InvalidDefinition

HEAD = "document: {dsl: '1.0.3', namespace: bank, name: payment, version: 1.0.0}\n"


def text_of(body):
    return HEAD + textwrap.dedent(body)


def compiled(body):
    """The plan of a definition given without its `document`."""
    return compile_document(load(text_of(body)))


def faults(body):
    """Its faults, none if it is valid."""
    try:
        load(text_of(body))
    except InvalidDefinition as refused:
        return list(refused.faults)
    return []


def task(body, **around):
    """The plan's first task, of a definition whose `do` has one task `a` with this body (flow style)."""
    before = "\n".join(f"{key}: {value}" for key, value in around.items())
    return compiled(f"{before}\ndo: [a: {body}]").block[0]


PAYMENT = """
use:
  secrets: [core]
  timeouts: {patience: {after: PT1H}}
  retries: {gently: {delay: PT1S, backoff: {exponential: {}}, limit: {attempt: {count: 4}, duration: {minutes: 5}}}}
  errors: {refused: {type: 'https://example.com/refused', status: 422, title: Refused}}
  authentications: {core: {bearer: {use: core}}}
schedule: {on: {one: {with: {type: payment.received}, correlate: {id: {from: .data.id}}}}}
input: {from: .body, schema: {document: {type: object}}}
timeout: patience
do:
  - screen:
      call: chat:1.0.0@default
      with: {model: screening, prompt: '${ "Is this suspicious? \\(.text)" }'}
      export: {as: '${ $context + {screening: $output} }'}
  - reserve:
      call: connector:1.0.0@default
      with: {connector: core, operation: reserve, input: {amount: '${ .amount }'}}
      metadata:
        orchestration:
          idempotencyKey: ${ "pay-\\(.id)" }
          compensate:
            - release:
                call: connector:1.0.0@default
                with: {connector: core, operation: release, input: {id: '${ $output.id }'}}
  - high:
      switch:
        - yes: {when: .amount > 10000, then: ask}
        - no: {then: book}
  - ask:
      call: approval:1.0.0@default
      with: {title: '${ "Pay \\(.amount)?" }', payload: '${ . }', expiresIn: {days: 2}}
      timeout: {after: P3D}
  - book:
      try:
        - send:
            call: http
            with:
              {method: post, endpoint: {uri: 'https://core.example/book', authentication: {use: core}}, body: '${ . }'}
            metadata: {orchestration: {pivot: true, dispatch: task}, other: {anything: goes}}
      catch:
        errors: {with: {type: 'https://open-workflow-specification.org/dsl/errors/types/communication', status: 503}}
        retry: gently
        do: [give up: {raise: {error: refused}}]
  - notify:
      emit: {event: {with: {type: payment.booked, source: 'https://bank.example', data: '${ . }'}}}
      then: end
"""
