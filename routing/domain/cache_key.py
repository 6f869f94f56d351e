"""The key of the exact-match cache: the tenant first, so that no answer can ever cross tenants.

Two requests share an answer when tenant, policy partition, route version and canonical body are the same. The body is
compared without EXCLUDED, the parameters that do not change what is answered:

- `stream`, `stream_options`: how the answer is delivered; a cached one is delivered either way.
- `user`, `safety_identifier`, `metadata`, `store`: who asked and what is noted, which the model does not see.
- `prompt_cache_key`, `prompt_cache_retention`: hints for the provider's own cache.

Everything else counts, the sampling parameters and `seed` included. A parameter given as null counts as absent. The
`partition` names the key's policy (for example the digest of its allowed models and unit): keys with different policies
do not see each other's answers.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, Literal

from routing.domain.types import RequestFeatures, canonical_json

EXCLUDED: Final = frozenset(
    {
        "stream",
        "stream_options",
        "user",
        "safety_identifier",
        "metadata",
        "store",
        "prompt_cache_key",
        "prompt_cache_retention",
    }
)


def cache_key(
    tenant_id: str, *, route_id: str, version_digest: str, partition: str, surface: str, body: Mapping[str, Any]
) -> str:
    """`cache:<tenant>:<sha256>`, so that a tenant's answers can be found and removed by prefix.

    A new version of a route with another spec starts with an empty cache; going back to an old spec finds its answers.
    """
    counted = {name: value for name, value in body.items() if name not in EXCLUDED and value is not None}
    parts = canonical_json([tenant_id, route_id, version_digest, partition, surface, counted])
    return f"cache:{tenant_id}:{hashlib.sha256(parts).hexdigest()}"


CacheBar = Literal["", "off", "web_search"]


def cache_bar(features: RequestFeatures, *, ttl_seconds: int) -> CacheBar:
    """What keeps an answer out of the cache: the route's setting, or what is asked; empty when it is kept."""
    if not ttl_seconds:
        return "off"
    return "" if is_cacheable(features) else "web_search"


def is_cacheable(features: RequestFeatures) -> bool:
    """Whether the answer may be kept: not where the provider looks things up elsewhere at the time of the call."""
    return "web_search" not in features.unbounded
