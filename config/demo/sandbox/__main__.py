"""`python -m config.demo.sandbox --port N`: runs the sandbox model server until it is told to stop."""

import argparse
import sys

from config.demo.sandbox import app
from config.demo.serving import serve


def main() -> None:
    """Serves on one address, in one process, so that there is one count."""
    parser = argparse.ArgumentParser(
        prog="sandbox", description="Sandbox model server: answers, counts, costs nothing."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    print(f"sandbox model server on http://{options.host}:{options.port}", file=sys.stderr, flush=True)
    serve(app, options.host, options.port, backpressure=100_000)


if __name__ == "__main__":
    main()
