"""`/settings` of the console leads to what the reader may see."""

from litestar.di import NamedDependency
from litestar.response import Redirect

from serving.console.controller import ConsoleController, reads
from serving.console.page import Page


class SettingPages(ConsoleController):
    """The entry of the menu."""

    path = "/settings"

    @reads(sync_to_thread=False, status_code=303)
    def show(self, page: NamedDependency[Page]) -> Redirect:
        """Lead an admin to the keys, and an agent to the policies."""
        return page.after("/settings/keys" if page.is_admin else "/settings/policies")
