"""Read policy files: TOML, YAML with the same tables, or a folder of editions."""

from pathlib import Path

import yaml

from triage.errors import PolicyRefused
from triage.reading.bounded_tables import out_of_bounds, text_of
from triage.sla import policy as sla_policy
from triage.sla.policy import Policy


def read(path: Path) -> Policy:
    """Read a policy of service levels.

    Raises `PolicyRefused`: it contradicts itself, or is no file of this kind.
    """
    if path.suffix not in {".yaml", ".yml"}:
        return sla_policy.read(path)
    try:
        table = yaml.safe_load(text_of(path))
    except (yaml.YAMLError, ValueError) as problem:  # PyYAML raises other ones for 2026-99-99 and the like
        raise PolicyRefused("policy", f"it is no YAML: {problem}") from None
    except RecursionError:
        raise PolicyRefused("policy", "it is nested too deeply") from None
    if fault := out_of_bounds(table):
        raise PolicyRefused("policy", fault)
    if not isinstance(table, dict):
        raise PolicyRefused("policy", "it holds no tables")
    return sla_policy.from_table(table)


def of_folder(folder: Path | None) -> Policy:
    """Read the policy of a desk's folder: `sla.toml`, else the editions in `sla/`, else what comes with Firstline."""
    if folder is None:
        return sla_policy.default()
    single, several = folder / "sla.toml", folder / "sla"
    if single.is_file() and several.is_dir():
        raise PolicyRefused(
            str(folder), "it has sla.toml and a folder sla; move the file into the folder as an edition"
        )
    if single.is_file():
        return sla_policy.read(single)
    return sla_policy.read(several) if several.is_dir() else sla_policy.default()
