"""Find unusual bursts of tickets: counts against their season, words and areas against the desk's usual ones.

`scan.find` is the entry. A burst is counted in people who write, not in tickets; a wave of spam is taken out before.
"""
