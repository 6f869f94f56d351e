"""The sandbox model server: a stand-in for model providers that costs nothing and says so in every answer.

It speaks the OpenAI wire (`/v1/…`), the Anthropic wire (`/v1/messages`), and the OpenAI wire as other vendors vary it:
Azure OpenAI (`/openai/deployments/<name>/…?api-version=`, `/openai/v1/…`), Cloudflare Workers AI
(`/client/v4/accounts/<id>/ai/v1/…`), Cloudflare AI Gateway (`/v1/<account>/<gateway>/compat/…`), vLLM (`/vllm/v1/…`)
and Ollama (`/ollama/v1/…`). Any API key is good except `bad-key`. What a model does is in its name: see `behaviour`.

For tests and demonstrations: `GET /sandbox/counts`, `GET /sandbox/requests`, `POST /sandbox/reset`,
`POST /sandbox/models/<name>/down[?mode=hang]`, `POST /sandbox/models/<name>/up`.
"""

from .app import Sandbox

app = Sandbox()
