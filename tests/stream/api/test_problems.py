"""What cannot be answered is said in a form that programs read and people understand."""

from __future__ import annotations

from tests.stream.api.asking import ask


def test_other_paths_and_methods_are_problems() -> None:
    """Status, title, detail, and the type that says what this is."""
    missing = ask("/api/v1/nothing")

    assert missing.headers["Content-Type"] == "application/problem+json"
    assert missing.json() == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "Not Found"}
    assert ask("/metrics", method="POST").json()["status"] == 405
