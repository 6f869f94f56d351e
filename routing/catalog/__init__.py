"""Prices and traits of models as data: litellm's price map read as a file, our corrections, the sandbox's prices.

A model that no file knows has no entry, and is then unpriced, never free.
"""

from routing.catalog.catalogue import PriceCatalogue, PriceEntry, catalogue, price_for

__all__ = ["PriceCatalogue", "PriceEntry", "catalogue", "price_for"]
