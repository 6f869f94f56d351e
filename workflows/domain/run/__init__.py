"""How a run advances: what it is made of, how each kind of task runs, how it is undone. The door is `state.py`."""
