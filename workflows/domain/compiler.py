"""From a valid document to its plan: references resolved, durations in seconds, one spelling for each thing.

A call of a function from `use.functions` becomes a `do`: first a `set` whose value are the arguments, then the
function's own task, which so gets them as its input. Their pointers are those of the call with `/with` and `/call`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from workflows.domain import plan
from workflows.domain.document import Document
from workflows.domain.expressions import unwrapped
from workflows.domain.failures import canonical_type
from workflows.domain.faults import pointer_of
from workflows.domain.retry import seconds
from workflows.domain.sites import NAMESPACE, Site, as_mapping, at

ONLY_DATA: Final = "document"


def compile_document(document: Document) -> plan.Plan:
    """The plan of a document that `load` returned."""
    data = document.data
    known = as_mapping(data["document"])
    compiler = _Compiler(as_mapping(data.get("use")))
    return plan.Plan(
        namespace=document.namespace,
        name=document.name,
        version=document.version,
        title=known.get("title", ""),
        summary=known.get("summary", ""),
        input=_flow(data.get("input"), "from"),
        output=_flow(data.get("output"), "as"),
        timeout=compiler.timeout(data.get("timeout")),
        schedule_on=_schedule(at(data, ("schedule", "on"))),
        secrets=tuple(as_mapping(data.get("use")).get("secrets", ())),
        block=compiler.block(data["do"], "/do"),
    )


class _Compiler:
    """Knows what is declared under `use`."""

    def __init__(self, use: Mapping[str, Any]) -> None:
        self._use = use
        self._kinds: dict[str, Callable[[dict[str, Any], Mapping[str, Any]], plan.Task]] = {
            "call": self._call,
            "do": self._do,
            "emit": self._emit,
            "for": self._for,
            "fork": self._fork,
            "listen": self._listen,
            "raise": self._raise,
            "set": self._set,
            "switch": self._switch,
            "try": self._try,
            "wait": self._wait,
        }

    def block(self, entries: Any, pointer: str) -> plan.Block:
        named = [(index, *next(iter(entry.items()))) for index, entry in enumerate(entries or ())]
        return tuple(self.task(name, body, f"{pointer}{pointer_of((index, name))}") for index, name, body in named)

    def task(self, name: str, body: Mapping[str, Any], pointer: str) -> plan.Task:
        kind = Site(path=(), name=name, body=body).kind
        assert kind is not None
        return self._kinds[kind](self._common(name, body, pointer), body)

    def timeout(self, declared: Any) -> plan.Seconds | None:
        if isinstance(declared, str):
            declared = self._use["timeouts"][declared]
        return None if declared is None else _seconds(declared["after"])

    def _common(self, name: str, body: Mapping[str, Any], pointer: str) -> dict[str, Any]:
        return {
            "name": name,
            "pointer": pointer,
            "condition": _expression(body.get("if")),
            "input": _flow(body.get("input"), "from"),
            "output": _flow(body.get("output"), "as"),
            "export": _flow(body.get("export"), "as"),
            "timeout": self.timeout(body.get("timeout")),
            "then": body.get("then", "continue"),
            "policy": self._policy(as_mapping(at(body, ("metadata", NAMESPACE))), pointer),
        }

    def _policy(self, declared: Mapping[str, Any], pointer: str) -> plan.Policy:
        if not declared:
            return plan.DEFAULT_POLICY
        undo = declared.get("compensate")
        return plan.Policy(
            compensate=None if undo is None else self.block(undo, f"{pointer}/metadata/{NAMESPACE}/compensate"),
            pivot=declared.get("pivot", False),
            idempotency_key=declared.get("idempotencyKey"),
            concurrency=declared.get("concurrency"),
            dispatch=declared.get("dispatch", "inline"),
        )

    def _call(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        called, arguments = body["call"], body.get("with", {})
        if called in self._use.get("functions", {}):
            return self._own_function(common, called, arguments)
        if called == "http":
            return plan.Call(**common, function="http", arguments=self._http(arguments))
        name, _, version = called.partition("@")[0].partition(":")
        if "expiresIn" in arguments:
            arguments = {**arguments, "expiresIn": _seconds(arguments["expiresIn"])}
        return plan.Call(**common, function=name, version=version, arguments=arguments)

    def _own_function(self, common: dict[str, Any], name: str, arguments: Any) -> plan.Task:
        pointer = common["pointer"]
        given = plan.Set(name="with", pointer=f"{pointer}/with", value=arguments)
        own = self.task(name, self._use["functions"][name], f"{pointer}/call")
        return plan.Do(**common, block=(given, own))

    def _http(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """With the authentication itself where its name was."""
        name = at(arguments, ("endpoint", "authentication", "use"))
        if name is None:
            return dict(arguments)
        policy = self._use["authentications"][name]
        return {**arguments, "endpoint": {**arguments["endpoint"], "authentication": policy}}

    def _do(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        return plan.Do(**common, block=self.block(body["do"], f"{common['pointer']}/do"))

    def _emit(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        return plan.Emit(**common, event=dict(body["emit"]["event"].get("with", {})))

    def _for(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        loop = body["for"]
        return plan.For(
            **common,
            in_=_source(loop["in"]),
            each=loop.get("each", "item"),
            at=loop.get("at", "index"),
            while_=_expression(body.get("while")),
            block=self.block(body["do"], f"{common['pointer']}/do"),
        )

    def _fork(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        branches = self.block(body["fork"]["branches"], f"{common['pointer']}/fork/branches")
        return plan.Fork(**common, branches=branches, compete=body["fork"].get("compete", False))

    def _listen(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        listen = body["listen"]
        return plan.Listen(**common, one=_filter(listen["to"]["one"]), read=listen.get("read", "data"))

    def _raise(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        declared = body["raise"]["error"]
        error = self._use["errors"][declared] if isinstance(declared, str) else declared
        return plan.Raise(**common, error=plan.ErrorDefinition(**{**error, "type": _error_type(error["type"])}))

    def _set(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        value = body["set"]
        return plan.Set(**common, value=_wrapped(value) if isinstance(value, str) else value)

    def _switch(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        named = [next(iter(entry.items())) for entry in body["switch"]]
        cases = tuple(
            plan.Case(name=name, when=_expression(case.get("when")), then=case["then"]) for name, case in named
        )
        return plan.Switch(**common, cases=cases)

    def _try(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        catch, pointer = body["catch"], common["pointer"]
        return plan.Try(
            **common,
            block=self.block(body["try"], f"{pointer}/try"),
            catch=plan.Catch(
                errors=_error_filter(at(catch, ("errors", "with"))),
                as_=catch.get("as", "error"),
                when=_expression(catch.get("when")),
                except_when=_expression(catch.get("exceptWhen")),
                retry=self._retry(catch.get("retry")),
                block=self.block(catch.get("do"), f"{pointer}/catch/do"),
            ),
        )

    def _retry(self, declared: Any) -> plan.Retry | None:
        if declared is None:
            return None
        policy = self._use["retries"][declared] if isinstance(declared, str) else declared
        attempt, total = at(policy, ("limit", "attempt", "duration")), at(policy, ("limit", "duration"))
        return plan.Retry(
            when=_expression(policy.get("when")),
            except_when=_expression(policy.get("exceptWhen")),
            delay=_seconds(policy.get("delay", 0)),
            backoff=next(iter(policy.get("backoff", {"constant": {}}))),
            count=at(policy, ("limit", "attempt", "count")),
            attempt_seconds=None if attempt is None else _seconds(attempt),
            total_seconds=None if total is None else _seconds(total),
            jitter_from=_seconds(at(policy, ("jitter", "from")) or 0),
            jitter_to=_seconds(at(policy, ("jitter", "to")) or 0),
        )

    def _wait(self, common: dict[str, Any], body: Mapping[str, Any]) -> plan.Task:
        return plan.Wait(**common, duration=_seconds(body["wait"]))


def _source(text: str) -> plan.Expr:
    """The jq of a field that always holds an expression."""
    inner = unwrapped(text)
    return text.strip() if inner is None else inner


def _expression(text: str | None) -> plan.Expr | None:
    return None if text is None else _source(text)


def _wrapped(text: str) -> plan.Template:
    return f"${{ {_source(text)} }}"


def _flow(declared: Any, key: str) -> plan.DataFlow:
    if not declared:
        return plan.UNCHANGED
    expression = declared.get(key)
    return plan.DataFlow(
        schema=at(declared, ("schema", ONLY_DATA)),
        expression=_wrapped(expression) if isinstance(expression, str) else expression,
    )


def _seconds(value: Any) -> plan.Seconds:
    return _wrapped(value) if isinstance(value, str) and unwrapped(value) is not None else seconds(value)


def _error_type(value: Any) -> Any:
    return value if not isinstance(value, str) or unwrapped(value) is not None else canonical_type(value)


def _error_filter(declared: Mapping[str, Any] | None) -> plan.ErrorFilter | None:
    """The schema calls the detail of a filter `details`, the error itself `detail`; both are taken."""
    if not declared:
        return None
    return plan.ErrorFilter(
        type=_error_type(declared.get("type")),
        status=declared.get("status"),
        instance=declared.get("instance"),
        title=declared.get("title"),
        detail=declared.get("detail", declared.get("details")),
    )


def _filter(declared: Mapping[str, Any]) -> plan.EventFilter:
    correlate = {
        name: plan.Correlation(from_=_source(item["from"]), expect=item.get("expect"))
        for name, item in declared.get("correlate", {}).items()
    }
    return plan.EventFilter(with_=declared["with"], correlate=correlate)


def _schedule(declared: Any) -> tuple[plan.EventFilter, ...]:
    if not declared:
        return ()
    return (_filter(declared["one"]),) if "one" in declared else tuple(_filter(item) for item in declared["any"])
