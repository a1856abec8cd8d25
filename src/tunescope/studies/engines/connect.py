"""Workers for a study: processes of this machine, or those of a running Dask scheduler."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Nanny, Scheduler, SpecCluster

from tunescope.errors import InputError, TunescopeError
from tunescope.geometry.threads import processors
from tunescope.studies.study import Engine

log = logging.getLogger(__name__)

GPU = "GPU"
"""What workers call the resource that they announce: ``dask worker --resources GPU=1``."""
CONNECT = 30
"""Seconds in which a scheduler has to answer."""
QUIET = {
    # vectors are read from mapped files, which the system takes back itself when memory is short
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    # a training takes and lets go of much memory each update; to hand it back costs it a tenth
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.admin.tick.limit": "1h",
    "distributed.logging.distributed": "error",
}


@contextmanager
def connected(engine: Engine) -> Iterator[Client]:
    """Give a client of the workers that an engine names, and let go of them at the end.

    Raises
    ------
    InputError
        If the scheduler does not answer, or this machine has too few GPUs.
    """
    with dask.config.set(QUIET):
        if engine.cluster is not None:
            with connect(engine.cluster) as client:
                yield client
            return
        spec = local_workers(engine)
        scheduler = {"cls": Scheduler, "options": {"dashboard": False, "host": "127.0.0.1"}}
        with (
            SpecCluster(workers=spec, scheduler=scheduler, silence_logs=logging.ERROR) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            client.wait_for_workers(len(spec), timeout=120)
            yield client


def connect(cluster: str) -> Client:
    """Connect to a running scheduler, by its address or by the file that it wrote."""
    file = Path(cluster)
    if "://" not in cluster and not file.is_file():
        raise InputError(
            f"cluster={cluster!r}: expected the scheduler's address, such as tcp://host:8786, or "
            "the file that it wrote (dask scheduler --scheduler-file FILE.json)"
        )
    where = {"address": cluster} if "://" in cluster else {"scheduler_file": str(file)}
    try:
        return Client(**where, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = " ".join(str(error).split())[:120]
        raise InputError(f"cluster={cluster!r}: no scheduler answers there ({what})") from None


def local_workers(engine: Engine) -> dict[int, dict[str, Any]]:
    """Describe the processes of this machine, each with its share of threads, memory and GPUs."""
    count = engine.workers or 1
    devices = visible_devices() if engine.gpus_per_worker else []
    needed = count * engine.gpus_per_worker
    if needed > len(devices):
        raise InputError(
            f"engine: {count} workers with {engine.gpus_per_worker} GPUs each need {needed}; "
            f"this machine shows {len(devices)}"
        )
    share = engine.threads or threads_each(count)
    spec = {}
    for number in range(count):
        first = number * engine.gpus_per_worker
        own = devices[first : first + engine.gpus_per_worker]
        spec[number] = {
            "cls": Nanny,
            "options": {
                "nthreads": 1,
                "resources": {GPU: len(own)} if own else {},
                "env": {"OMP_NUM_THREADS": str(share), "CUDA_VISIBLE_DEVICES": ",".join(own)},
                "host": "127.0.0.1",
                "memory_limit": engine.memory or 1 / count,
                "silence_logs": logging.ERROR,
            },
        }
    return spec


def threads_each(count: int) -> int:
    """Share this machine's processors out."""
    return max(1, processors() // count)


def visible_devices() -> list[str]:
    """Name the GPUs that this process may use."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is not None:
        return [name.strip() for name in told.split(",") if name.strip()]
    import torch

    return [str(number) for number in range(torch.cuda.device_count())]


def check_resources(client: Client, device: str, *, gpu: bool, local: bool) -> None:
    """Refuse a study whose steps fit no worker, before anything is computed; warn of idle GPUs.

    Raises
    ------
    TunescopeError
        If there is no worker.
    InputError
        If a GPU is asked for and no worker announces one.
    """
    workers = client.scheduler_info(n_workers=-1)["workers"]
    if not workers:
        raise TunescopeError("cluster: the scheduler has no worker; start one, then try again")
    has_gpu = any(worker["resources"].get(GPU) for worker in workers.values())
    if gpu and local and device == "auto" and not has_gpu and (devices := visible_devices()):
        log.warning(
            "engine: the workers compute on the CPU, though this machine shows %d GPU(s); "
            "--gpus-per-worker 1 (engine.gpus_per_worker) gives each worker one",
            len(devices),
        )
    if gpu and device.startswith("cuda") and not has_gpu:
        names = ", ".join(sorted(str(worker["name"]) for worker in workers.values())[:5])
        raise InputError(
            f"device={device!r}: fine-tuning and encoding need a GPU, and no worker announces one "
            f"({names}); give local workers --gpus-per-worker 1, start others with --resources "
            "GPU=1, or take device=cpu"
        )
