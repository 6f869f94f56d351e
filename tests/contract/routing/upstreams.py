"""Every kind of provider as a configured upstream, with the sandbox in the vendor's place."""

import json
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from routing.adapters.openai_wire import WireClient
from routing.domain.providers import KINDS, request_target
from routing.gateway.stream import ChatStream
from routing.ports import Deadlines, UpstreamBroken, UpstreamReply, UpstreamRequest

HELLO = [{"role": "user", "content": "Which branch approves a loan of 4 million?"}]
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Setting:
    """How a tenant would configure one kind of provider."""

    kind: str
    base_path: str
    credential: str = "some-key"
    api_version: str = ""


SETTINGS = {
    "openai": Setting("openai", "/v1"),
    "azure_openai": Setting("azure_openai", "", api_version="2024-10-21"),
    "cloudflare_workers_ai": Setting("cloudflare_workers_ai", "/client/v4/accounts/acc/ai/v1"),
    "cloudflare_ai_gateway": Setting("cloudflare_ai_gateway", "/v1/acc/gw/compat", credential="some-key some-token"),
    "vllm": Setting("vllm", "/vllm/v1", credential=""),
    "ollama": Setting("ollama", "/ollama/v1", credential=""),
    "openai_compatible": Setting("openai_compatible", "/v1"),
    "anthropic": Setting("anthropic", ""),
}


@dataclass(frozen=True)
class Upstream:
    """One kind of provider behind the port."""

    client: WireClient
    setting: Setting
    sandbox_url: str

    @property
    def wire(self) -> str:
        return KINDS[self.setting.kind].wire

    def request(
        self,
        model: str,
        *,
        credential: str | None = None,
        base_url: str = "",
        deadlines: Deadlines | None = None,
        **body,
    ) -> UpstreamRequest:
        """The request that the gateway would send."""
        setting = self.setting
        target = request_target(
            KINDS[setting.kind],
            "/chat/completions",
            base_url=base_url or self.sandbox_url + setting.base_path,
            model=model,
            api_version=setting.api_version,
            credential=setting.credential if credential is None else credential,
        )
        return UpstreamRequest(
            url=target.url,
            headers={"content-type": "application/json", **target.headers},
            body=json.dumps({"model": model, "messages": HELLO, **body}).encode(),
            deadlines=deadlines or Deadlines(connect=5, first_byte=20, idle=20, total=60),
            through_process=self.wire == "provider",
        )

    async def send(self, model: str, **options: Any) -> UpstreamReply:
        return await self.client.send(self.request(model, **options))

    async def answer(self, model: str, **options: Any) -> dict[str, Any]:
        """A complete answer."""
        status, _, body = await self.read(model, **options)
        assert status == 200, body
        return json.loads(body)

    async def read(self, model: str, **options: Any) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of an answer."""
        reply = await self.send(model, **options)
        with closing(reply):
            return reply.status, reply.headers, await reply.read()

    async def stream(self, model: str, **options: Any) -> tuple[ChatStream, list[dict[str, Any]]]:
        """A stream followed as the gateway does, to its end or to where it breaks off, and its chunks."""
        reply = await self.send(model, stream=True, stream_options={"include_usage": True}, **options)
        follower, passed = ChatStream(wants_usage=True), b""
        with closing(reply), suppress(UpstreamBroken):
            assert reply.status == 200
            while part := await reply.chunk():
                passed += follower.feed(part)
        lines = [line[6:] for line in passed.decode().splitlines() if line.startswith("data: {")]
        return follower, [json.loads(line) for line in lines]


def text_of(chunks: list[dict[str, Any]]) -> str:
    """The text that the chunks add up to."""
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)
