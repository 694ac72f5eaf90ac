"""The desk's policy files, and a ticket's team and deadlines under them."""
