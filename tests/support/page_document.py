"""The part of the OpenAPI document that the page is written against: `python -m tests.support.page_document` prints it.

`web/dev/openapi/generate.js` makes TypeScript of it, and writes down which text it was made of.
"""

from __future__ import annotations

import json

from unsloth_studio.api.app import ENDPOINTS
from unsloth_studio.api.openapi import described_by, document


def page_document() -> str:
    """The operations below `/api`, as JSON text that is the same as long as they are."""
    operations = [described_by(one) for one in ENDPOINTS if one.operation.path.startswith("/api/")]
    return json.dumps(document(operations, version="any"), sort_keys=True)


if __name__ == "__main__":
    print(page_document(), end="")
