"""The functions that `call` knows: one file each, found by walking this folder.

A file `<name>.py` defines `VERSIONS`, `NETWORK` and `perform(invocation) -> Outcome`. `NETWORK` says that it may take
long, so the worker gives its database connection back meanwhile. A function that answers later may also define
`withdraw(*, run_id, effect, attempt)`: nobody waits for that answer any more.
"""
