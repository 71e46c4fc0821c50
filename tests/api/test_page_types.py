"""The page's types are those of the API as it is."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.support.page_document import page_document

SCHEMA = Path(__file__).parents[2] / "web" / "src" / "api" / "schema.ts"


def test_the_page_knows_the_api_as_it_is() -> None:
    digest = hashlib.sha256(page_document().encode()).hexdigest()
    assert digest in SCHEMA.read_text()[:1000], "The API has changed: npm run --prefix web schema (docs/studio.md)"
