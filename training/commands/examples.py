"""An example of each command of `firstline-train`, with which its help ends."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = """
doctor --tickets closed.csv
relabel --tickets closed.csv --out queue.jsonl --by ana
fit --tickets closed.csv --articles kb --out candidate
audit --bundle candidate --by ana
finetune --tickets closed.csv --head category --minutes 30 --out tuned
gaps --tickets closed.csv --articles kb
evaluate --bundle candidate --tickets newer.csv
evaluate-answers --articles kb --questions questions.jsonl --tickets closed.csv --until 2026-03-01T00:00:00Z
learn-passages --articles kb --questions questions.jsonl
evaluate-similar --tickets closed.csv --duplicates pairs.tsv
promote --bundle candidate --canary 10%
rollback --because "it misses refunds"
report --bundle candidate --out report.html
migrate-taxonomy --bundle candidate --changes changes.toml --out renamed
encoder --multilingual
data --only banking77_train
import export.csv --preset auto
config --show
runs show last
runs compare 20260301 last
runs remove --keep 20
runs send last --mlflow http://127.0.0.1:5000
export-onnx --bundle candidate --out model.onnx
card --bundle candidate --out README.md
refit --articles kb --out candidate
"""
