"""Makes the tenant of the benchmark and prints the secret of its key. Run by `bench.gateway.ours` only."""

import sys

import django

USD = 1_000_000_000


def main() -> str:
    """One route per upstream, one key, one hard monthly budget on its unit, one quota on the key."""
    from keys import services as keys
    from keys.domain.limits import Meter, Window
    from routing import services as routing
    from routing.domain.control import DeploymentConfig, ModelTraits, ProviderConfig
    from routing.domain.types import Price
    from tenants import services as tenants
    from tenants.domain import UnitKind
    from tenants.ids import uuid7
    from tenants.scope import Actor, Scope, tenant_tx

    scope = Scope(tenant_id=uuid7(), actor=Actor(kind="system", id="bench", label="bench"))
    with tenant_tx(scope):
        tenants.tenant_create(scope, slug="bench", name="Bench", owner_email="", time_zone="UTC", accept_url="")
        unit = tenants.unit_create(name="bench", kind=UnitKind.PROJECT, parent_id=None)
        traits = ModelTraits(context_window=128_000, max_output_tokens=16_384, supports_streaming=True)
        price = Price(input=150_000_000, output=600_000_000)
        for port, name in ((9000, "gpt-mock"), (9002, "gpt-mock-2")):
            provider = routing.provider_create(
                ProviderConfig(name=name, kind="openai_compatible", base_url=f"http://127.0.0.1:{port}/v1")
            )
            deployments = [
                routing.deployment_create(
                    DeploymentConfig(
                        name=f"{name} {rank}", provider_id=provider.id, model="gpt-4o-mini", traits=traits, price=price
                    )
                )
                for rank in ("first", "second", "third")
            ]
            candidates = [{"deployment": str(one.id)} for one in deployments]
            routing.route_create(name=name, spec={"strategy": "cheapest", "candidates": candidates})
        issued = keys.virtual_key_issue(unit_id=unit.id, name="bench")
        keys.limit_create(name="budget", meter=Meter.COST, window=Window.MONTH, amount=1_000_000 * USD, unit_id=unit.id)
        keys.limit_create(
            name="quota",
            meter=Meter.REQUESTS,
            window=Window.MINUTE,
            amount=100_000_000,
            virtual_key_id=issued.key.id,
        )
    return issued.secret


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(main() + "\n")
