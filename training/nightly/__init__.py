"""The refit of every night: snapshot, doctor, fit, gates and shadow as one chain that goes on where it was killed."""
