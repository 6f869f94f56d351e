"""`python -m config.demo.core --port N --file PATH`: runs the demo core until it is told to stop."""

import argparse
import sys
from pathlib import Path

from config.demo.core.app import DemoCore
from config.demo.serving import serve


def main() -> None:
    """Serves on one address, in one process, so that there is one count."""
    parser = argparse.ArgumentParser(prog="demo core", description="Demo core: a made-up core banking system.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True, help="where its books are kept")
    options = parser.parse_args()
    core = DemoCore(options.file)
    print(f"demo core on http://{options.host}:{options.port}", file=sys.stderr, flush=True)
    serve(core, options.host, options.port, backpressure=10_000)


if __name__ == "__main__":
    main()
