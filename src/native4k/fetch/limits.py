"""The numbers that a fetch is bound to."""

from typing import Annotated

from pydantic import AfterValidator, Field

from native4k import params

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


def told(agent: str) -> str:
    """A User-Agent that says whom to write to."""
    if not (agent.isascii() and agent.isprintable() and ("@" in agent or "://" in agent)):
        raise ValueError("name a page or an e-mail address of those who ask, in printable ASCII")
    return agent


@params.params
class Params:
    """Limits on what a source may hand us, and on what we ask of it."""

    max_bytes: Count
    user_agent: Annotated[str, AfterValidator(told)]
    concurrency: Count
    per_host: Count
    per_host_rate: Seconds
    connect_seconds: Seconds
    read_seconds: Seconds
    total_seconds: Seconds
    slowest_rate: Annotated[int, Field(ge=0)]
    max_header_bytes: Count
    max_redirects: Annotated[int, Field(ge=0)]
    probe_bytes: Annotated[int, Field(ge=64)]
    attempts: Count
    backoff_base: Seconds
    backoff_cap: Seconds
    max_retry_after: Annotated[float, Field(ge=0)]
    host_failures: Count
    max_transient: Annotated[float, Field(ge=0, le=1)]
    robots: bool
    allow_loopback: bool
