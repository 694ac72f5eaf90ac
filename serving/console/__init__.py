"""The console: pages of the service for agents and admins, rendered on the server.

Every room is one entry of the menu. Pages show what the slices' use cases return, and their forms call the same use
cases as the API: the console can do nothing that the API or a command cannot.
"""
