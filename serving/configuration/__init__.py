"""What settings are read from: the texts of values, and the files of brands."""
