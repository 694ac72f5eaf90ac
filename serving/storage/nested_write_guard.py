"""Refuse a write inside a write on the same thread, which would wait for itself."""

import threading

from serving.storage.errors import NestedWrite


class Writing(threading.local):
    """A `with` statement around a write, with a flag per thread."""

    here = False

    def __enter__(self) -> None:
        """Enter.

        Raises `NestedWrite`: this thread writes already.
        """
        if self.here:
            raise NestedWrite
        self.here = True

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self.here = False
