"""Errors of capacity planning."""

from triage.errors import FirstlineError


class TooFewTickets(FirstlineError):
    """Demand cannot be counted from the tickets of so few weeks."""

    def __init__(self, weeks: int, needed: int) -> None:
        self.weeks = weeks
        super().__init__(
            f"demand is counted from tickets of at least {needed} whole weeks, and there are {weeks}; "
            "give tickets_a_month in capacity.toml, or --tickets-a-month"
        )


class NobodyTakes(FirstlineError):
    """No pool takes some tickets."""

    def __init__(self, channel: str, type_: str, language: str) -> None:
        self.channel, self.type, self.language = channel, type_, language
        super().__init__(
            f"no pool takes tickets of channel {channel}, type {type_} and language {language}; "
            "add a pool without channels, types and languages as the last one"
        )


class TooManyAgents(FirstlineError):
    """More agents would be needed at once than are counted."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"more than {most:,} agents would be needed at once; check tickets and handling times")
