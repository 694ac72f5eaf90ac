"""Compare policy files with those in force, and put them in their place with who did it and why."""

from importlib import resources
from pathlib import Path

from serving.change_log.differences import diff
from serving.change_log.policy_changes import note, texts
from serving.changes.records import Edit
from serving.errors import ServingError
from serving.policy.policies import EDITIONS, EVERY_FILE, load
from serving.settings import Settings
from triage.durable_files import write_file


class NowhereToApply(ServingError):
    """No folder of policies is set, so nothing would read what is applied."""

    def __init__(self) -> None:
        super().__init__("Set FIRSTLINE_POLICIES to the folder that the service reads its policies from.")


def compared(new: Path, settings: Settings) -> str:
    """Check the files of a folder, and return how they differ from those in force; "" where they do not.

    Raises `PolicyRefused` or `PoliciesMissing`: they cannot be used.
    """
    load(new, otherwise=load(settings.policies))
    before = _in_force(settings.policies)
    found = ((name, diff("policy", before.get(name), text)) for name, text in texts(new).items())
    return "\n".join(f"{name}\n{shown}" for name, shown in found if shown)


def apply(new: Path, settings: Settings, edit: Edit) -> list[str]:
    """Copy the files of a folder over those in force, each whole; return the names of those that differed.

    Raises what `compared` does, and `NowhereToApply`.
    """
    if settings.policies is None:
        raise NowhereToApply
    load(new, otherwise=load(settings.policies))
    before, after = texts(settings.policies), texts(new)
    changed = [name for name, text in after.items() if before.get(name) != text]
    for name in changed:
        target = settings.policies / name
        target.parent.mkdir(parents=True, exist_ok=True)
        write_file(target, after[name].encode())
    if changed:
        note(settings.policies, edit)
    return changed


def _in_force(folder: Path | None) -> dict[str, str]:
    """Return the files that decide now: those of a folder, else those that come with Firstline."""
    own = texts(folder)
    names = {name: name for name in EVERY_FILE} | {"sla.toml": "default.toml"}
    if any(name.startswith(f"{EDITIONS}/") for name in own):
        del names["sla.toml"]
    shipped = resources.files("triage").joinpath("policies")
    return {name: shipped.joinpath(file).read_text("utf-8") for name, file in names.items()} | own
