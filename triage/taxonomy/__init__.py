"""Labels, and how they change: renamed, merged, split or retired, without losing models or clients."""
