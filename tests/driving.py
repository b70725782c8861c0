"""Drives a rubric by a function from request to reply, without any model."""

from collections.abc import Callable

from longplay.records import Reply, Request, Steps, Verdict


def said(text: str) -> Reply:
    return Reply("ok", text, finish="stop")


def drive(steps: Steps[Verdict], answer: Callable[[Request], Reply]) -> tuple[Verdict, list[Request]]:
    """The verdict, and every request on the way to it."""
    requests: list[Request] = []
    try:
        request = next(steps)
        while True:
            requests.append(request)
            request = steps.send(answer(request))
    except StopIteration as stop:
        return stop.value, requests
