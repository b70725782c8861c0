"""How many requests have gone out, tries included, and how many still may. Knows no server and no study."""

from typing import Protocol, runtime_checkable


class Tries:
    """All tries of a run, or of one kind of role, whichever server they went to. `sent`: how many; `refused`: one was
    not sent, because there were `most` already. `within`: others among which each of these counts, and may be refused.
    """

    def __init__(self, most: int | None = None, within: "Tries | None" = None) -> None:
        self.most = most
        self.within = within
        self.sent = 0
        self.refused = False

    def begin(self) -> bool:
        """Count one more, or say that it may not be sent."""
        if self.most is not None and self.sent >= self.most:
            self.refused = True
            return False
        if self.within is not None and not self.within.begin():
            return False
        self.sent += 1
        return True


@runtime_checkable
class Trying(Protocol):
    """An endpoint that tries again by itself."""

    def count_tries(self, tries: Tries) -> None:
        """Count every try there, and send none that it refuses."""
        ...
