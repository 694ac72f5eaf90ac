"""Jobs that wait, run or were given up: looking at them, and reviving or dropping the dead."""
