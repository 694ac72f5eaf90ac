"""What a text costs each encoder that is built: `python -m tests.benchmarks.encoders [FOLDER ...]`.

Each row is a process of its own: memory is what it holds beyond Python and its libraries after its first texts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil

from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder

FOLDERS = ("var/encoder/int8", "var/multilingual/int8")
LENGTHS = (12, 128)  # tokens
RUNS = {12: 60, 128: 30}
WORDS = "the export stops after an hour and the report that we send to finance stays empty".split()  # noqa: SIM905
HEAD = "| encoder | ms of CPU, 12 tokens | 128 tokens | memory MB | files MB | load s |\n|---|---|---|---|---|---|"


def measured(folders: list[Path]) -> dict[str, float]:
    """Load some encoders, run each text through all of them, and return what one text costs."""
    before, begin = _memory(), time.perf_counter()
    loaded = [encoders.load(folder) for folder in folders]
    took = time.perf_counter() - begin
    found = {f"ms_{length}": sum(_milliseconds(each, length) for each in loaded) for length in LENGTHS}
    files = sum(path.stat().st_size for folder in folders for path in folder.iterdir())
    return found | {"memory": (_memory() - before) / 1e6, "files": files / 1e6, "load": took}


def _milliseconds(encoder: Encoder, tokens: int) -> float:
    """Return the least processor time of a run: on a busy machine all else is noise."""
    text = _text(encoder, tokens)
    spans = []
    for _ in range(RUNS[tokens]):
        begin = time.process_time()
        encoder.read([text])
        spans.append(time.process_time() - begin)
    return 1e3 * min(spans)


def _text(encoder: Encoder, tokens: int) -> str:
    words = [WORDS[number % len(WORDS)] for number in range(tokens)]
    prefix = encoder.facts.query_prefix
    while len(encoder._tokenizer.ids(prefix + " ".join(words))) > tokens:
        words.pop()
    return " ".join(words)


def _memory() -> int:
    return int(psutil.Process().memory_info().rss)


def main(arguments: list[str]) -> None:
    """Print a table: each encoder that is built, and both together."""
    if arguments[:1] == ["--child"]:
        print(json.dumps(measured([Path(folder) for folder in arguments[1:]])))
        return
    built = [folder for folder in arguments or FOLDERS if (Path(folder) / "encoder.json").is_file()]
    print(HEAD)
    for folders in [[folder] for folder in built] + ([built] if len(built) > 1 else []):
        command = [sys.executable, "-m", "tests.benchmarks.encoders", "--child", *folders]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        cells = (f"{row[key]:.{digits}f}" for key, digits in (("ms_12", 1), ("ms_128", 1), ("memory", 0)))
        name = " and ".join(str(json.loads((Path(each) / "encoder.json").read_text())["name"]) for each in folders)
        print(f"| {name} | {' | '.join(cells)} | {row['files']:.0f} | {row['load']:.1f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
