"""How many tokens a text may have, before any server has counted. Knows no tokenizer."""

CHARS_PER_TOKEN = 4


def estimate_tokens(chars: int) -> int:
    """Tokens in a text of `chars` characters, as a rule of thumb for English (four to one, rounded up).

    An estimate, and to be shown as one: other languages and tokenizers differ by a factor of two or more.
    """
    return -(-chars // CHARS_PER_TOKEN)
