"""Holidays from the `holidays` package, only for writing them into a policy file."""

from collections.abc import Sequence
from datetime import date
from importlib import import_module, metadata

from triage.errors import CalendarRefused


def official(country: str, part: str | None, years: Sequence[int]) -> dict[date, str]:
    """List the public holidays of a country, or of a part of it, for some years.

    Raises `CalendarRefused`: the package is not installed, or has no such country or part.
    """
    try:
        package = import_module("holidays")
    except ImportError:
        problem = "the package is not installed: run pip install 'firstline[calendars]', or give --ical"
        raise CalendarRefused("holidays", problem) from None
    try:
        found = package.country_holidays(country, subdiv=part, years=years)
    except NotImplementedError as problem:
        raise CalendarRefused(f"holidays of {country}", str(problem)) from None
    return {day: name for day, name in found.items() if day.year in years}


def release() -> str:
    """Name the release that the dates come from, so that a later one can be compared."""
    return f"holidays {metadata.version('holidays')}"
