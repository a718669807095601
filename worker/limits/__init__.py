"""Every limit that an API sets: accounted for, paced, and read from its answers."""
