"""The WSGI door."""

from typing import Any

from django.test import RequestFactory

from bocage.wsgi import application


def test_head_has_the_headers_of_get_and_no_body() -> None:
    answers: dict[str, tuple[str, dict[str, str], bytes]] = {}
    for method in ("GET", "HEAD"):
        environ: dict[str, Any] = (
            RequestFactory().generic(method, "/health/live", headers={"host": "localhost"}).environ
        )

        def start(status: str, headers: list[tuple[str, str]], method: str = method) -> None:
            answers[method] = (status, dict(headers), b"")

        body = b"".join(application(environ, start))
        answers[method] = (*answers[method][:2], body)
    assert answers["GET"][0] == answers["HEAD"][0] == "200 OK"
    assert answers["GET"][2] == b'{"status": "live"}'
    assert answers["HEAD"][2] == b""
    assert answers["HEAD"][1]["Content-Length"] == answers["GET"][1]["Content-Length"] == "18"
