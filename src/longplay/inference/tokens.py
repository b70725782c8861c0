"""How many tokens a text or a prefix has: as a server counted, else an estimate. Knows no tokenizer."""

CHARS_PER_TOKEN = 4
TURN_TOKENS = 16  # about what a chat template puts around a question


def estimate_tokens(chars: int) -> int:
    """Tokens in a text of `chars` characters, as a rule of thumb for English (four to one, rounded up).

    An estimate, and to be shown as one: other languages and tokenizers differ by a factor of two or more.
    """
    return -(-chars // CHARS_PER_TOKEN)


def question_tokens(chars: int) -> int:
    """Tokens of a question of `chars` characters and of what a template puts around it, estimated."""
    return estimate_tokens(chars) + TURN_TOKENS


def less_tail(counted: float, tail: float) -> float:
    """Tokens of a prefix: of a prompt that a server counted all but those of the messages after the prefix."""
    return max(0.0, counted - tail)


def prefix_tokens(chars: int, counted: int | None = None, tail: int = 0) -> int:
    """Tokens of a prefix of `chars` characters; the one place that says so.

    `counted`: of a prompt that holds it, as a server counted them, None where none did: then an estimate. `tail`:
    tokens that stand in that prompt after the prefix, or less than none where the prefix is longer, such as by a reply.
    """
    return estimate_tokens(chars) if counted is None else int(less_tail(counted, tail))
