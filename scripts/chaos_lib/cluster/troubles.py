"""When which part of a cluster was in trouble by our doing: only then clients may notice something."""

import math
import threading
import time


class Troubles:
    """Shared by all threads of a run. Parts are known by their names."""

    def __init__(self):
        self._lock = threading.Lock()
        # [begin, end] of each trouble by part; an end of None is still to come.
        self._spans = {}

    def begin(self, part):
        """Two troubles at once are one, and end together."""
        with self._lock:
            spans = self._spans.setdefault(part, [])
            if not spans or spans[-1][1] is not None:
                spans.append([time.monotonic(), None])

    def end(self, part, grace=0):
        """`grace`: how many seconds the others may need to notice."""
        with self._lock:
            if self.is_open(part):
                self._spans[part][-1][1] = time.monotonic() + grace

    def is_open(self, part):
        return part in self._spans and self._spans[part][-1][1] is None

    def met(self, parts, since, until=math.inf):
        """Whether one of these parts was in trouble at any time between these (as `time.monotonic`)."""
        with self._lock:
            return any(begin < until and (end is None or end > since)
                       for part in parts for begin, end in self._spans.get(part, ()))
