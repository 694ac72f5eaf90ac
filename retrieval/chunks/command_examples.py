"""Show an example at the end of the help of each command, for both programs."""

from __future__ import annotations

from typing import Any


def illustrate(program: Any, name: str, examples: str) -> None:  # noqa: ANN401 - a group of click, which is not imported here
    """End the help of each command with its line of the examples, which begins with the command's words."""
    for line in examples.strip().splitlines():
        command = program
        for word in line.split():
            if word not in getattr(command, "commands", {}):
                break
            command = command.commands[word]
        command.epilog = f"Example: {name} {line}"
