"""How a page writes a sentence whose code stands in backticks, as it does in logs and in the answers of the API."""

import re

from markupsafe import Markup

_CODE = re.compile(r"`([^`\n]+)`")


def code(sentence: object) -> Markup:
    """Escape a sentence and write what stands in its backticks as `code` elements; the Jinja filter `code`."""
    if isinstance(sentence, Markup):  # it is HTML already
        return sentence
    parts = _CODE.split(str(sentence))
    written = (Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts))
    return Markup().join(written)
