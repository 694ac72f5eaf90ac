"""HTTP calls to other systems: addresses are checked, time and size are bounded."""
