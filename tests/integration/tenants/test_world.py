"""The world of the isolation tests is complete."""

from tests.cast import Cast, committed_as_owner
from tests.world import fill, tenant_models


@committed_as_owner
def test_the_world_holds_a_row_of_every_tenant_owned_model(cast: Cast):
    world = fill(cast.scope())
    assert set(world.rows) == {model._meta.label for model in tenant_models()}
