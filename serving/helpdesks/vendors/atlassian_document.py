"""The document format of Atlassian (ADF): comments and descriptions of Jira Cloud as plain text, and back."""

from typing import Any

from serving.helpdesks.port.payloads import dig, items, plain, text

_LONGEST, _DEEPEST = 100_000, 60
_INLINE = {"text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "mediaInline", "placeholder"}
_ATTRIBUTE = {"mention": "text", "status": "text", "inlineCard": "url", "blockCard": "url", "embedCard": "url"}


def read(document: Any) -> str:  # noqa: ANN401 (JSON)
    """Return the words of a document, a paragraph a line; of a plain text its words."""
    if isinstance(document, str):
        return plain(document)
    lines: list[str] = []
    _collect(document, lines, "", 0)
    return "\n".join(line for each in lines if (line := each.rstrip()).strip())[:_LONGEST].strip()


def write(words: str) -> dict[str, Any]:
    """Return a document of a paragraph a line."""
    lines = [line for line in words.split("\n") if line.strip()]
    content = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in lines]
    return {"type": "doc", "version": 1, "content": content}


def _collect(node: Any, lines: list[str], mark: str, deep: int) -> None:  # noqa: ANN401
    """Add the lines of a block; inline children are one line, blocks have lines of their own."""
    if deep > _DEEPEST:
        return
    children = items(node, "content")
    kind = text(node, "type")
    mark += {"blockquote": "> ", "listItem": "- "}.get(kind, "")
    if kind == "tableRow":
        cells = (" ".join(_cell(each, deep + 1).split()) for each in children)
        lines.append(mark + " | ".join(cells))
        return
    run: list[str] = []
    for child in [*children, None]:
        if text(child, "type") in _INLINE:
            run.append(_inline(child))
            continue
        if run:
            lines.extend(f"{mark}{line}" for line in "".join(run).split("\n"))
            mark, run = mark.replace("- ", "  "), []
        if child is not None:
            _collect(child, lines, mark, deep + 1)
            mark = mark.replace("- ", "  ")
    if not children and kind in _ATTRIBUTE:
        lines.append(mark + text(node, "attrs", _ATTRIBUTE[kind]))


def _cell(node: Any, deep: int) -> str:  # noqa: ANN401
    lines: list[str] = []
    _collect(node, lines, "", deep)
    return " ".join(lines)


def _inline(node: Any) -> str:  # noqa: ANN401
    kind = text(node, "type")
    if kind == "text":
        words = text(node, "text")
        links = [text(mark, "attrs", "href") for mark in items(node, "marks") if text(mark, "type") == "link"]
        return next((f"{words} ({link})" for link in links if link and link != words), words)
    if kind == "hardBreak":
        return "\n"
    if kind == "emoji":
        return text(node, "attrs", "text") or text(node, "attrs", "shortName")
    return text(dig(node, "attrs"), _ATTRIBUTE.get(kind, "text"))
