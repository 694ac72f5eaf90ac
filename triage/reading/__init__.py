"""Reading what people hand in, within bounds."""
