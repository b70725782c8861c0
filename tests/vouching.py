"""A person's word for a server of a test: kept where the test keeps approvals, so that child processes find it too."""

from longplay.inference import check_approved
from longplay.specs import ModelSpec


def vouch(url: str, variable: str) -> None:
    """Let the server at `url` be sent the key in `variable`."""
    check_approved([ModelSpec("openai/m", base_url=url, api_key_env=variable)], lambda pairs: pairs)
