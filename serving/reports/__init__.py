"""Reports on the desk's own questions and tickets."""
