"""What to say before a run of dialogues that do not fit into the windows that servers say they have."""

from longplay.experiment.experiment import Experiment
from longplay.experiment.window_fit import misfits
from longplay.inference.endpoint import Windowed
from longplay.pipeline.slots import Servers


async def window_warnings(experiment: Experiment, servers: Servers) -> list[str]:
    """A line for each model whose dialogues do not fit. Asks its servers, where they tell."""
    return [f"WARNING: {misfit}" for misfit in misfits(experiment, await _windows(servers))]


async def _windows(servers: Servers) -> dict[str, int]:
    """The least window of each model's servers, where one is known."""
    found: dict[str, int] = {}
    for role, endpoints in servers.items():
        for endpoint in endpoints if role.kind == "model" else ():
            known = await endpoint.window() if isinstance(endpoint, Windowed) else endpoint.spec.context_window
            if known is not None:
                found[role.name] = min(known, found.get(role.name, known))
    return found
