"""The demo core: a small legacy core banking system over REST, to be orchestrated, refused by and killed.

It speaks like such systems do: its own field names, numeric currency codes, amounts in minor units, status letters.
Everything it holds is made up. `docs/demo-core.md` lists its addresses.
"""

from config.demo.core.app import DemoCore

__all__ = ["DemoCore"]
