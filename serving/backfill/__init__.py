"""Tag an export of any size: streamed, on all cores, and resumed where it stopped."""
