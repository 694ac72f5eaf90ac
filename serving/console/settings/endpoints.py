"""`/settings` of the console."""

from litestar import Response, get
from litestar.di import NamedDependency

from serving.console.controller import ConsoleController
from serving.console.page import Page


class SettingPages(ConsoleController):
    """Settings."""

    path = "/settings"

    @get(sync_to_thread=True)
    def show(self, page: NamedDependency[Page]) -> Response[str]:
        """Show the page."""
        return page.show("settings/page.html")
