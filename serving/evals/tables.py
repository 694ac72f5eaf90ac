"""Golden questions for a terminal, for programs, and for the JUnit report of a CI."""

from typing import Final
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table
from rich.text import Text

from serving.evals.schemas import TrialOut

_WIDTH: Final = 140


def to_text(trial: TrialOut) -> str:
    """Write a table, the failing questions first, and a sentence below it."""
    table = Table(*("", "question", "expected", "came", "why it fails"))
    for each in sorted(trial.questions, key=lambda one: bool(one.passed)):
        mark = "passes" if each.passed else "FAILS"
        cells = (mark, each.ask, each.wanted, each.came or "", "" if each.passed else each.why or "")
        table.add_row(*(Text(_plain(cell)) for cell in cells))
    console = Console(width=_WIDTH, force_terminal=False, color_system=None)
    with console.capture() as drawn:
        console.print(table)
    return f"{drawn.get()}{summary(trial)}"


def summary(trial: TrialOut) -> str:
    """Say how many pass, and of what they were asked."""
    asked = f"articles {trial.articles_version[:12]}, model {trial.model[:12]}"
    return f"{trial.passed} of {len(trial.questions)} golden questions pass ({asked})."


def to_junit(trial: TrialOut) -> bytes:
    """Write a test case for each question."""
    suite = ElementTree.Element(
        "testsuite", name="firstline evals", tests=str(len(trial.questions)), failures=str(trial.failed), errors="0"
    )
    for each in trial.questions:
        case = ElementTree.SubElement(suite, "testcase", classname="questions", name=_plain(each.ask))
        if not each.passed:
            said = f"expected: {each.wanted}; came: {each.came}"
            ElementTree.SubElement(case, "failure", message=_plain(said)).text = _plain(each.why or "")
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def _plain(text: str) -> str:
    """Return a text without what a terminal obeys and XML refuses."""
    return "".join(each if each.isprintable() else " " for each in text)
