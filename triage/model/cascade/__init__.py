"""The cascade: what the words of a ticket decide alone, so that only the rest of the tickets pays for the encoder."""
