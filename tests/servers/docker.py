"""Docker, if there is one: does it answer, has it the image, what did a killed run leave behind."""

from __future__ import annotations

import functools
import gc
import os
import socket
import warnings
from contextlib import suppress
from pathlib import Path

from tests.servers.runner import LABEL, owner

# testcontainers reads these when it is imported. Its reaper is an image of its own, and it takes the bridge's address
# where tests run in a container; the ports here are bound to 127.0.0.1.
for _name, _value in {
    "TESTCONTAINERS_RYUK_DISABLED": "true",
    "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
    "TC_HOST": "127.0.0.1",
}.items():
    os.environ.setdefault(_name, _value)

PING_S, PULL_S = 5, 120


@functools.cache
def missing(image: str) -> str | None:
    """Return why *image* cannot be run, None if it can. Pulls it if Docker does not have it."""
    import docker
    from docker.errors import DockerException, ImageNotFound

    reason = _daemon()
    if reason:
        return reason
    client = docker.from_env(timeout=PULL_S)
    try:
        client.images.get(image)
    except ImageNotFound:
        try:
            client.images.pull(image)
        except (DockerException, OSError) as error:
            return f"Docker has no image {image} and cannot pull it ({type(error).__name__})"
    finally:
        client.close()
    return None


@functools.cache
def _daemon() -> str | None:
    """Return why Docker cannot be used, None if it can; removes containers of runs that were killed."""
    import docker
    from docker.errors import APIError, DockerException

    with warnings.catch_warnings():
        # Where there is no daemon the client leaves its socket open, which some test long after would be blamed for.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            client = docker.from_env(timeout=PING_S)
            client.ping()
        except (DockerException, OSError):
            client = None
        gc.collect()
    if client is None:
        return "no Docker daemon answers"
    # Other processes of this run end containers meanwhile, and remove what was left behind as this one does.
    for container in client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True):
        host, _, pid = container.labels[LABEL].partition("/")
        if host == socket.gethostname() and not Path(f"/proc/{pid}").exists() and owner(int(pid)) != owner(os.getpid()):
            with suppress(APIError):
                container.remove(force=True, v=True)
    client.close()
    return None
