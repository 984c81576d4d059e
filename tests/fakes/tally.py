"""Code to be tested that keeps state: in an instance, and in its module, as it should not."""

_seen: list[int] = []


class Tally:
    def __init__(self, count: int = 0, limit: int = 9) -> None:
        self.count, self.limit, self.full = count, limit, False

    def add(self, more: int) -> None:
        if more < 0:
            raise ValueError(more)
        self.count += more
        if self.count > self.limit:
            self.count = self.limit
            self.full = True


def largest(number: int) -> int:
    """Of all numbers that it was ever called with."""
    _seen.append(number)
    if number % 2:
        return max(_seen) + number
    return max(_seen) - number * 3
