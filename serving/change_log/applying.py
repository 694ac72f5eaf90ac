"""Compare policy files with those in force, and put them in their place with who did it and why."""

import tempfile
from importlib import resources
from pathlib import Path

from serving.change_log.differences import diff
from serving.change_log.policy_changes import note, texts
from serving.changes.edit import Edit
from serving.errors import ServingError
from serving.policy.policies import EDITIONS, EVERY_FILE, Policies, load
from serving.settings import Settings
from triage import contact_costs
from triage.capacity import terms_file
from triage.durable_files import write_file
from triage.errors import PolicyRefused
from triage.surges import terms as surge_terms


class NowhereToApply(ServingError):
    """No folder of policies is set, so nothing would read what is applied."""

    def __init__(self) -> None:
        super().__init__("Set FIRSTLINE_POLICIES to the folder that the service reads its policies from.")


def compared(new: Path, settings: Settings) -> str:
    """Check the files of a folder, and return how they differ from those in force; "" where they do not.

    Raises `PolicyRefused` or `PoliciesMissing`: they cannot be used, or not beside those that stay.
    """
    _, after = _checked(new, settings)
    before = _in_force(settings.policies)
    found = ((name, diff("policy", before.get(name), text)) for name, text in after.items())
    return "\n".join(f"{name}\n{shown}" for name, shown in found if shown)


def apply(new: Path, settings: Settings, edit: Edit) -> list[str]:
    """Copy the files of a folder over those in force, each whole; return the names of those that differed.

    Raises what `compared` does, and `NowhereToApply`.
    """
    if settings.policies is None:
        raise NowhereToApply
    before, after = _checked(new, settings)
    changed = {name: text for name, text in after.items() if before.get(name) != text}
    _write(settings.policies, changed)
    if changed:
        note(settings.policies, changed, edit)
    return list(changed)


def _in_force(folder: Path | None) -> dict[str, str]:
    """Return the files that decide now: those of a folder, else those that come with Firstline."""
    own = texts(folder)
    names = {name: name for name in EVERY_FILE} | {"sla.toml": "default.toml"}
    if any(name.startswith(f"{EDITIONS}/") for name in own):
        del names["sla.toml"]
    shipped = resources.files("triage").joinpath("policies")
    return {name: shipped.joinpath(file).read_text("utf-8") for name, file in names.items()} | own


def _checked(new: Path, settings: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files in force and the new ones by name, once the service would start with both together."""
    before, after = texts(settings.policies), texts(new)
    _load(new, otherwise=load(settings.policies if before else None))  # an empty folder is where the first files go
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), before | after)
        try:
            _load(Path(folder))
        except PolicyRefused as problem:
            where = problem.where.replace(folder, str(settings.policies))
            raise PolicyRefused(f"beside the files that stay, {where}", problem.problem) from None
    return before, after


def _load(folder: Path, otherwise: Policies | None = None) -> None:
    """Read a folder as the service does when it starts."""
    contact_costs.of_folder(folder)
    surge_terms.of_folder(folder)
    terms_file.of_folder(folder, load(folder, otherwise=otherwise).sla.calendars)


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_file(folder / name, text.encode())
