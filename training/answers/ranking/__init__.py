"""Learn how a desk's articles are ranked, each ticket seeing only what was known when it came in."""
