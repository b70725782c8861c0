"""A response's bytes, up to a limit. Knows no format."""

import aiohttp


async def read_bounded(content: aiohttp.StreamReader, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes, and whether that is all of it. What is longer is not read to its end: its connection must
    not be used again."""
    if content.is_eof():  # all of it came with its head
        body = content.read_nowait()
        return body[:most], len(body) <= most
    chunks, size = list[bytes](), 0
    async for chunk in content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            return b"".join(chunks)[:most], False
    return b"".join(chunks), True
