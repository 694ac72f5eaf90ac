"""Several brands in one process: each an app of its own over a home of its own, and what picks one for a request."""
