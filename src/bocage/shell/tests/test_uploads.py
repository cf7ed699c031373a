"""A form that is too large is turned away before its files are written anywhere."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bocage.shell import uploads

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("size", "status"), [(100, 302), (10_000, 400)])
def test_a_form_above_the_limit_is_refused(size: int, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "FORM_BYTES_MAX", 5_000)
    file = SimpleUploadedFile("much.csv", b"x" * size)
    assert Client().post("/language", {"language": "fr", "file": file}).status_code == status
