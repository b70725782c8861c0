"""What runs inside the engines' own environment: a tiny model as a Hugging Face checkpoint, transformers in process.
Imports nothing of longplay.

python engines_peer.py checkpoint GGUF FOLDER: the same weights, vocabulary and template as a checkpoint.
python engines_peer.py generate FOLDER CHATS MAX_TOKENS: greedy replies to the chats of a JSON file, as a line of JSON.
"""

import json
import sys
from pathlib import Path

import numpy as np

NORMAL, CONTROL, USER_DEFINED = 1, 3, 4  # kinds of tokens in a GGUF file
PARTS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
ENDS = {"token_embd": "model.embed_tokens", "output": "lm_head", "output_norm": "model.norm"}


def checkpoint(path: Path, folder: Path) -> None:
    """Write the model of a GGUF file of llama's architecture as a checkpoint."""
    import torch
    from gguf import GGUFReader
    from transformers import LlamaConfig, LlamaForCausalLM

    reader = GGUFReader(path)

    def fact(name: str) -> int | float | list:
        return reader.fields[name].contents()

    heads, tokens = fact("llama.attention.head_count"), fact("tokenizer.ggml.tokens")
    config = LlamaConfig(
        vocab_size=len(tokens),
        hidden_size=fact("llama.embedding_length"),
        intermediate_size=fact("llama.feed_forward_length"),
        num_hidden_layers=fact("llama.block_count"),
        num_attention_heads=heads,
        num_key_value_heads=fact("llama.attention.head_count_kv"),
        max_position_embeddings=fact("llama.context_length"),
        rms_norm_eps=fact("llama.attention.layer_norm_rms_epsilon"),
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=fact("tokenizer.ggml.eos_token_id"),
    )
    model = LlamaForCausalLM(config)
    weights = {}
    for tensor in reader.tensors:
        name = tensor.name.removesuffix(".weight")
        data = np.array(tensor.data, np.float32)
        if name in ENDS:
            weights[f"{ENDS[name]}.weight"] = torch.from_numpy(data)
            continue
        _, layer, part = name.split(".")
        if part in ("attn_q", "attn_k"):
            data = _rows_of_a_checkpoint(data, heads)
        weights[f"model.layers.{layer}.{PARTS[part]}.weight"] = torch.from_numpy(data)
    model.load_state_dict(weights)
    model.save_pretrained(folder)
    _tokenizer(tokens, fact("tokenizer.ggml.token_type"), fact("tokenizer.ggml.merges"), fact).save_pretrained(folder)


def _rows_of_a_checkpoint(data: np.ndarray, heads: int) -> np.ndarray:
    """A GGUF file has the two halves of each head's rotation in turns, a checkpoint one after the other."""
    rows, columns = data.shape
    return data.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns).copy()


def _tokenizer(tokens: list[str], kinds: list[int], merges: list[str], fact):
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pairs = [tuple(merge.split(" ")) for merge in merges]
    # every token has its number here; those added below are found before any merging
    bpe = models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=pairs)
    tokenizer = Tokenizer(bpe)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    named = list(zip(tokens, kinds, strict=True))
    tokenizer.add_special_tokens(
        [AddedToken(t, special=True, normalized=False) for t, kind in named if kind == CONTROL]
    )
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t, kind in named if kind == USER_DEFINED])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=tokens[fact("tokenizer.ggml.eos_token_id")])
    fast.chat_template = fact("tokenizer.chat_template")
    fast.clean_up_tokenization_spaces = False
    return fast


def generate(folder: Path, chats: Path, max_tokens: int) -> list[dict]:
    """Each chat's number of tokens, how many an earlier chat began with too, and its greedy reply without any cache."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    found, earlier = [], []
    for chat in json.loads(chats.read_text()):
        text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
        shared = max((_shared(tokens, one) for one in earlier), default=0)
        earlier.append(tokens)
        prompt = torch.tensor([tokens])
        with torch.no_grad():
            mask = torch.ones_like(prompt)
            out = model.generate(
                prompt, attention_mask=mask, do_sample=False, max_new_tokens=max_tokens, pad_token_id=0
            )
        reply = tokenizer.decode(out[0, len(tokens) :], skip_special_tokens=True)
        found.append({"tokens": len(tokens), "shared": shared, "text": reply})
    return found


def _shared(one: list[int], other: list[int]) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


if __name__ == "__main__":
    task, *given = sys.argv[1:]
    if task == "checkpoint":
        checkpoint(Path(given[0]), Path(given[1]))
    else:
        print(json.dumps(generate(Path(given[0]), Path(given[1]), int(given[2]))))
