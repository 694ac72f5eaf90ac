"""Start the service as the command line does, with a thread that writes what the process allocates.

    python -m tests.benchmarks.soak.service memory.jsonl 10 0 serve --port 8000

The third number is how many frames tracemalloc keeps; 0: it is off, because it doubles the work.
"""

from __future__ import annotations

import sys
from pathlib import Path

from serving.cli import main
from tests.benchmarks.soak.memory import watch

if __name__ == "__main__":
    into, every, frames = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    sys.argv[1:4] = []
    watch(into, every, frames=frames)
    main()
