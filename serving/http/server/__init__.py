"""Between the socket and the app: limits of connections and headers, bodies that nobody reads, overload."""
