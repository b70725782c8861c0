"""A radix prefix cache in blocks of tokens, least recently used first out. Knows no clock, no slots, no network.

Tokens are characters / 4 and are told apart by where they stand: a block is the one that ends at this token of this
message after these messages, so that no text is tokenised. A request costs the messages that are new to the cache.
"""

import heapq

from longplay.records import Prefix

CHARS_PER_TOKEN = 4


def tokens(prefix: Prefix) -> int:
    """Tokens of all messages of a prefix."""
    return prefix.chars // CHARS_PER_TOKEN


class Segment:
    """The whole blocks that end within one message of a prefix; the first `held` of them are in the cache."""

    __slots__ = ("children", "digest", "first", "held", "parent", "pins", "size", "used")

    def __init__(self, parent: "Segment | None", digest: bytes, first: int, size: int) -> None:
        self.parent = parent
        self.digest = digest
        self.first = first  # blocks of the messages before
        self.size = size
        self.held = 0
        self.children = 0
        self.pins = 0  # running requests that end here, and children that are pinned
        self.used = 0


class RadixCache:
    """Blocks of prefixes and the room that running requests have reserved. `capacity`: blocks; None = endless.

    What is in use (pinned) stays; of the rest the ends that were not used for the longest time go first, so that a
    block is never held without those before it.
    """

    def __init__(self, capacity: int | None, block: int = 16) -> None:
        self.capacity = capacity
        self.block = block
        self.blocks = 0  # held
        self.reserved = 0  # for what running requests are still computing
        self.evicted = 0
        self._pinned = 0
        self._segments: dict[bytes, Segment] = {}
        self.root = Segment(None, b"", 0, 0)
        self._leaves: list[tuple[int, int, Segment]] = []
        self._uses = 0
        self._pushes = 0

    def held(self, prefix: Prefix) -> int:
        """Whole blocks at the beginning of a prefix that are in the cache."""
        segment = self._deepest(prefix)
        return segment.first + segment.held

    def pin(self, prefix: Prefix) -> Segment:
        """Keep what is held of a prefix until it is unpinned."""
        return self._pin(self._deepest(prefix))

    def repin(self, pinned: Segment, prefix: Prefix) -> Segment:
        """Keep what is held of a longer prefix instead."""
        longer = self.pin(prefix)
        self.unpin(pinned)
        return longer

    def unpin(self, segment: Segment) -> None:
        """Let what was pinned go when its room is wanted; it counts as used now."""
        self._uses += 1
        segment.used = self._uses
        node: Segment | None = segment
        while node is not None:
            node.pins -= 1
            if node.pins:
                return
            self._pinned -= node.held
            self._offer(node)
            node = node.parent

    def reserve(self, blocks: int) -> bool:
        """Set room aside, giving up what is not in use. False, with nothing given up, where that would not do."""
        if self.capacity is not None:
            if self._pinned + self.reserved + blocks > self.capacity:
                return False
            self._evict(self.blocks + self.reserved + blocks - self.capacity)
        self.reserved += blocks
        return True

    def release(self, blocks: int) -> None:
        """Give back room that was set aside."""
        self.reserved -= blocks

    def insert(self, prefix: Prefix) -> int:
        """Hold every whole block of a prefix, the new ones in room that was set aside; returns how many are new."""
        new: list[Prefix] = []
        node, segment = prefix, self._segments.get(prefix.digest)
        while segment is None and node.parent is not None:
            new.append(node)
            node = node.parent
            segment = self._segments.get(node.digest)
        segment = segment or self.root
        added = self._fill(segment)
        for longer in reversed(new):
            before = segment.first + segment.size
            child = Segment(segment, longer.digest, before, tokens(longer) // self.block - before)
            child.used = self._uses
            segment.children += 1
            self._segments[longer.digest] = segment = child
            added += self._fill(child)
        self.blocks += added
        self.reserved -= added
        self._offer(segment)
        return added

    def _fill(self, segment: Segment) -> int:
        added = segment.size - segment.held
        segment.held = segment.size
        if segment.pins:
            self._pinned += added
        return added

    def _deepest(self, prefix: Prefix) -> Segment:
        node = prefix
        while node.parent is not None:
            segment = self._segments.get(node.digest)
            if segment is not None:
                return segment
            node = node.parent
        return self.root

    def _pin(self, segment: Segment) -> Segment:
        self._uses += 1
        segment.used = self._uses
        node: Segment | None = segment
        while node is not None:
            node.pins += 1
            if node.pins > 1:  # those before it are pinned already
                break
            self._pinned += node.held
            node = node.parent
        return segment

    def _offer(self, segment: Segment) -> None:
        """Note a segment that may be given up: nothing follows it and nothing uses it."""
        wanted = self.capacity is not None and segment.parent is not None
        if wanted and not segment.children and not segment.pins:
            self._pushes += 1
            heapq.heappush(self._leaves, (segment.used, self._pushes, segment))

    def _evict(self, blocks: int) -> None:
        while blocks > 0:
            used, _, segment = heapq.heappop(self._leaves)
            known = self._segments.get(segment.digest) is segment and segment.used == used
            if not known or segment.children or segment.pins:
                continue  # noted before it was used again or given up
            gone = min(blocks, segment.held)
            segment.held -= gone
            self.blocks -= gone
            self.evicted += gone
            blocks -= gone
            if segment.held:
                self._offer(segment)
            else:
                self._drop(segment)

    def _drop(self, segment: Segment) -> None:
        del self._segments[segment.digest]
        parent = segment.parent
        if parent is not None:
            parent.children -= 1
            parent.used = max(parent.used, segment.used)  # whoever used the end used what stands before it
            self._offer(parent)


class Trie:
    """Everything that was ever asked or said: what a cache without limits would know."""

    def __init__(self, block: int = 16) -> None:
        self.block = block
        self._seen: set[bytes] = set()

    def known(self, prefix: Prefix) -> int:
        """Whole blocks at the beginning of a prefix that were there before."""
        node = prefix
        while node.parent is not None and node.digest not in self._seen:
            node = node.parent
        return tokens(node) // self.block

    def add(self, prefix: Prefix) -> None:
        """From now on every whole block of this prefix is known."""
        node = prefix
        while node.parent is not None and node.digest not in self._seen:
            self._seen.add(node.digest)
            node = node.parent
