"""The words with which servers end a reply -> how it ended. What is not listed is no ending. Data; knows no format."""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from longplay.specs import ModelSpec

# `window`: the model wrote until no more tokens fitted. `tools`: it ended its turn with a call of a tool.
Ending = Literal["stop", "length", "filter", "window", "tools"]

_WORDS: dict[Ending, str] = {
    "stop": """
        stop stopped eos eos_token eos_found end_turn end_of_turn end_of_text end_of_sequence end_token stop_sequence
        stop_sequences stop_sequence_reached stop_sequence_found stop_criteria_met stop_token stop_token_id stop_str
        stop_string stop_string_found stop_word stop_words eos_token_id eos_reached eos_token_found
        endoftext eot eot_id eot_token im_end natural_stop natural_end end_of_message
        complete completed complete_turn finish finished done
    """,
    "length": """
        length max_tokens max_token max_length max_new_tokens max_output_tokens max_completion_tokens max_tokens_reached
        max_tokens_exceeded output_length output_limit token_limit token_limit_reached
        max_predicted_tokens_reached max_output_tokens_reached max_length_reached max_length_exceeded length_limit
        length_exceeded length_reached output_token_limit max_generated_tokens max_gen_tokens max_tokens_to_sample
        max_new_tokens_reached truncated limit limit_reached
    """,
    "filter": """
        content_filter content_filtered content_filtering content_filter_error content_policy content_policy_violation
        content_blocked content_moderation moderation filter filtered sensitive safety prohibited_content blocklist
        recitation spii guardrail_intervened guardrail_intervention guardrail guardrails refusal blocked error_toxic
        toxic model_armor jailbreak policy_violation risk data_inspection_failed
    """,
    "window": """
        model_length model_context_window_exceeded context_window context_window_exceeded context_length
        context_length_exceeded context_limit exceed_context max_context max_context_length max_model_len
        max_model_length max_seq_len max_sequence_length context_length_reached context_full context_window_full
        context_overflow context_limit_reached error_limit
    """,
    "tools": "tool_calls tool_call tool_use function_call function_calls",
}
_ENDINGS: dict[str, Ending] = {word: ending for ending, words in _WORDS.items() for word in words.split()}
# Words of a filter that are not listed: a part of them says that the text was held back.
_HELD_BACK = re.compile(
    r"(?:^|_)(?:safety|unsafe|moderat\w+|prohibited|blocked|blocklist|block_list|censor\w*|flagged|guardrails?"
    r"|sensitive|toxic\w*|harmful|inappropriate|jailbreak|profanity|pii|(?:content|safety|risk)_?(?:filter\w*|risk|control)"
    r"|policy_?violat\w+|violat\w+)(?:_|$)"
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NAME = re.compile(r"^finish_reason[_.]+")
_MAX_CHARS = 200


class Asked(msgspec.Struct, frozen=True):
    """What a reply is held against. `max_tokens`: the most that it may have, None = not known; `prompt`: tokens of the
    prompt, as far as they are known. `endings`: further words that the study admits; "" = a reply that names none.
    `likeliest`: whether log probabilities of the first token were asked for."""

    max_tokens: int | None = None
    prompt: float | None = None
    endings: Mapping[str, Ending] = {}
    likeliest: bool = False


NOTHING_ASKED = Asked()


def admitted(spec: ModelSpec) -> dict[str, Ending]:
    """The endings that a study admits for one model beside those that are known."""
    unnamed: dict[str, Ending] = {"": "stop"} if spec.finish == "unnamed" else {}
    return {**{_plain(word): ending for word, ending in spec.endings.items()}, **unnamed}


def word_of(said: object) -> str:
    """A server's word for how a reply ended, as it is kept: "" for none and for what is no text."""
    return said[:_MAX_CHARS] if isinstance(said, str) else ""


def read_ending(word: str, more: Mapping[str, Ending]) -> Ending | None:
    """What a word means; None where nobody knows it. `more`: the words that the study admits."""
    if not more:
        found = _ENDINGS.get(word)
        if found is not None or not word:
            return found
    plain = _plain(word)
    known = more.get(plain) or _ENDINGS.get(plain) or _ENDINGS.get(plain.partition(":")[0].rstrip("_"))
    return known or ("filter" if _HELD_BACK.search(plain.replace(":", "_")) else None)


def _plain(word: str) -> str:
    """A word as the table has it: `MaxTokens`, `max-tokens` and `FINISH_REASON_MAX_TOKENS` are `max_tokens`."""
    parts = _HUMP.sub("_", word.strip("<|>/ ")).lower().replace("-", " ").replace("_", " ").split()
    return _NAME.sub("", "_".join(parts))
