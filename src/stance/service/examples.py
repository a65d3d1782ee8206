"""The examples of the OpenAPI document."""

from __future__ import annotations

from fastapi.openapi.models import Example

_SAID = "“We can meet at any time,” the envoy of Marran said. He warned that patrols would go on."

SCORE: dict[str, Example] = {
    "text": Example(summary="One text", value={"text": _SAID}),
    "explained": Example(
        summary="With what moved the model, and indices by speaker",
        value={"text": _SAID, "explain": True, "summary": "speaker", "min_confidence": 0.5},
    ),
    "html": Example(
        summary="A page", value={"html": "<html><body><p>The two sides agreed to reopen the bridge.</p></body></html>"}
    ),
    "statements": Example(
        summary="Statements as they are",
        value={"statements": ["The ministry recalled its ambassador.", "Talks will resume on Monday."]},
    ),
    "documents": Example(
        summary="A batch, summed up by date",
        value={
            "documents": [
                {"id": "monday", "date": "2024-05-27", "text": "The council threatened new sanctions."},
                {"id": "friday", "date": "2024-05-31", "text": "The council lifted the sanctions."},
            ],
            "summary": "date",
        },
    ),
}
