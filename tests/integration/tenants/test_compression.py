"""Pages leave compressed, streams do not."""

import gzip

import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client, RequestFactory

from tenants.middleware import CompressionMiddleware

pytestmark = pytest.mark.django_db


def test_a_page_leaves_compressed_to_whoever_can_read_it(client: Client) -> None:
    plain, packed = client.get("/accounts/login/"), client.get("/accounts/login/", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(packed.content)


@pytest.mark.parametrize("stream", [True, False])
def test_a_stream_is_never_compressed(stream: bool) -> None:
    def answer(_request: object) -> HttpResponseBase:
        return StreamingHttpResponse(iter(["x" * 1000])) if stream else HttpResponse("x" * 1000)

    request = RequestFactory().get("/", headers={"accept-encoding": "gzip"})
    assert CompressionMiddleware(answer)(request).has_header("Content-Encoding") is not stream
