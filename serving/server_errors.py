"""What only a database on a server can do wrong."""

from serving.errors import StorageFault


class DatabaseUnavailable(StorageFault):
    """The database's server does not answer, or did not say whether it committed: never told as done."""

    retry_after = 5

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The database did not answer ({reason}). If this was a write, it is not confirmed: "
            "send it again with the same Idempotency-Key."
        )
