"""The numbers that a fetch is bound to."""

from typing import Annotated

from pydantic import Field

from native4k import params

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


@params.params
class Params:
    """Limits on what a source may hand us, and on what we ask of it."""

    max_bytes: Count
    user_agent: Annotated[str, Field(pattern=r"^[\x20-\x7e]*(?:@|://)[\x20-\x7e]*$")]
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
    robots: bool
    allow_loopback: bool
