"""Files of the console as they are sent."""
