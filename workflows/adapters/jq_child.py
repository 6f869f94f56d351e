"""The process that runs expressions for `jq_pool`. Started by path with `python -I`; knows purejq and nothing of ours.

Frames on standard input and output: four bytes of length, then JSON. An empty frame first says that it is ready.
A request is `{source, input, variables, seconds, output_bytes}`, an answer `{results}`, `{error}` or `{limit}`. The
kernel bounds memory before the first request is read, and processor time by a timer whose signal ends the process,
whoever is left to see it.
"""

import json
import resource
import signal
import struct
import sys
from functools import lru_cache
from typing import Any, BinaryIO

from purejq import JqError, JqParseError, Program
from purejq.errors import Halt, JqBreak


def main() -> None:
    """Bounds this process and answers until the other side closes."""
    _bound(int(sys.argv[1]))
    stream_in, stream_out = sys.stdin.buffer, sys.stdout.buffer
    _send(stream_out, b"")
    while len(head := stream_in.read(4)) == 4:
        request = json.loads(stream_in.read(struct.unpack(">I", head)[0]))
        signal.setitimer(signal.ITIMER_PROF, request["seconds"])
        body = _answer(request)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(stream_out, body)
        if body.startswith(b'{"limit"'):
            return  # its memory may be in pieces; the pool starts another


def _send(stream: BinaryIO, body: bytes) -> None:
    stream.write(struct.pack(">I", len(body)) + body)
    stream.flush()


def _bound(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the end of input ends this process


def _answer(request: dict[str, Any]) -> bytes:
    try:
        body = json.dumps({"results": _results(request)}, allow_nan=False, separators=(",", ":")).encode()
    except MemoryError:
        return b'{"limit": "memory"}'
    except RecursionError:
        return b'{"limit": "nesting"}'
    except (JqError, JqParseError, JqBreak, Halt) as error:
        return json.dumps({"error": str(error)[:300]}).encode()
    except (ValueError, OverflowError) as error:
        return json.dumps({"error": f"a number is out of bounds: {error}"[:300]}).encode()
    return body if len(body) <= request["output_bytes"] + 16 else b'{"limit": "output"}'


def _results(request: dict[str, Any]) -> list[Any]:
    """The results; two are enough to know that there are too many of them."""
    results = []
    for value in _program(request["source"]).run(request["input"], vars=request["variables"]):
        results.append(value)
        if len(results) == 2:
            break
    return results


@lru_cache(maxsize=256)
def _program(source: str) -> Program:
    return Program(source)


if __name__ == "__main__":
    main()
