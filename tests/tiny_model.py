"""Writes a tiny llama model that a real engine loads: random weights, made-up words. Knows no engine and no longplay.

Next to random weights, each token has odds: the first coordinate of every token's embedding is large, so that it still
stands behind the last layer, where a token's output weight turns it into a constant. So replies are words, end by
themselves now and then, and hold a judge's result line often enough to be read, sometimes.
"""

from math import log
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

LAYERS, WIDTH, HEADS, HIDDEN = 2, 64, 2, 128
CONTEXT = 65_536
END = "<|im_end|>"
CONTROL = ("<|im_start|>", END)
CHOICES = ("1", "2", "3", "4", "5", "full", "partial", "none", "A", "B", "tie")
RESULTS = tuple(f"\nResult: {choice}\n" for choice in CHOICES)
WORDS = """
the a of to and in is it you that was for on are with as his they be at one have this from or had by hot but some what
there we can out other were all your when up use word how said an each she which do their time if will way sea ship
captain storm harbour gold letter night morning road horse king queen friend enemy secret story song
"""
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LEADING = 4.0  # the first coordinate of every embedding; all others are about 0.3


def write_tiny_model(path: Path, seed: int = 0, end: float = 8.0) -> None:
    """A GGUF file of about 0.4 MB. Any text is tokenized as known words and single bytes.

    `end`: the odds that a reply ends, beside those of a word.
    """
    pieces = [*(f" {word}" for word in WORDS.split()), *RESULTS]
    tokens = [*_bytes_as_characters(), "he", *CONTROL, *pieces]
    types = [gguf.TokenType.NORMAL] * 257 + [gguf.TokenType.CONTROL] * 2 + [gguf.TokenType.USER_DEFINED] * len(pieces)
    # log odds beside those of a word; bytes next to never, so that every reply is valid UTF-8
    odds = [-30.0] * 258 + [log(end)] + [0.0] * len(pieces)
    writer = gguf.GGUFWriter(path, "llama")
    _facts(writer)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(["h e"])
    writer.add_eos_token_id(tokens.index(END))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in _weights(np.random.default_rng(seed), np.array(odds, np.float32)).items():
        writer.add_tensor(f"{name}.weight", tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _bytes_as_characters() -> list[str]:
    """The 256 tokens of a byte-level vocabulary: bytes that are no printable characters are moved to where some are."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    moved = iter(range(256, 512))
    return [chr(byte if byte in printable else next(moved)) for byte in range(256)]


def _facts(writer: gguf.GGUFWriter) -> None:
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)


def _weights(rng: np.random.Generator, odds: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    def normal(rows: int, columns: int, deviation: float) -> NDArray[np.float32]:
        return rng.normal(0.0, deviation, (rows, columns)).astype(np.float32)

    ones = np.ones(WIDTH, np.float32)
    embeddings, output = normal(len(odds), WIDTH, 0.3), normal(len(odds), WIDTH, 0.3)
    embeddings[:, 0] = LEADING
    output[:, 0] = odds / np.sqrt(WIDTH)  # behind the last norm the first coordinate is about sqrt(WIDTH)
    weights = {"token_embd": embeddings, "output": output, "output_norm": ones}
    for layer in range(LAYERS):
        block = {name: normal(WIDTH, WIDTH, 0.05) for name in ("attn_q", "attn_k", "attn_v", "attn_output")}
        block |= {"ffn_gate": normal(HIDDEN, WIDTH, 0.05), "ffn_up": normal(HIDDEN, WIDTH, 0.05)}
        block |= {"ffn_down": normal(WIDTH, HIDDEN, 0.05), "attn_norm": ones, "ffn_norm": ones}
        weights |= {f"blk.{layer}.{name}": tensor for name, tensor in block.items()}
    return weights
