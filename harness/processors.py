"""How many processors this process may use."""

import os


def processors() -> int:
    """Those that the scheduler gives this process; where it does not say (macOS, Windows), those of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
