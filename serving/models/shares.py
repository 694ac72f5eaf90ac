"""Shares of tickets with their intervals, as comparisons of models show them."""

from msgspec import Struct

from triage.intervals import Interval, wilson


class ShareOut(Struct, kw_only=True):
    """k of n tickets, with the Wilson interval of the share."""

    k: int
    n: int
    share: float
    low: float
    high: float

    @property
    def in_words(self) -> str:
        """The share, its interval, and the tickets."""
        return f"{self.share:.1%} ({self.low:.1%} to {self.high:.1%}), {self.k} of {self.n}"


def share(k: int, n: int) -> ShareOut:
    """Return the share of k in n."""
    interval: Interval = wilson(k, n)
    return ShareOut(k=k, n=n, share=round(interval.value, 4), low=round(interval.low, 4), high=round(interval.high, 4))
