"""Who does the steps of a study: this process, several of this machine, or a Dask cluster."""

from __future__ import annotations

from tunescope.errors import InputError
from tunescope.extras import needed_for
from tunescope.progress import Progress
from tunescope.studies.engines import here
from tunescope.studies.engines.threads import limit_threads
from tunescope.studies.steps import Graph
from tunescope.studies.study import Engine
from tunescope.studies.work import Workshop

__all__ = ["check_engine", "execute"]


def check_engine(engine: Engine) -> None:
    """Refuse an engine that cannot work here, before anything is computed.

    Raises
    ------
    InputError
        If two engines are asked for at once, or something of workers that are not asked for, or
        `dask.distributed` is not installed.
    """
    if engine.workers is not None and engine.cluster is not None:
        raise InputError(
            "engine: both workers and cluster are given; a cluster has its own workers, "
            "take out one of them"
        )
    if engine.gpus_per_worker and engine.workers is None:
        raise InputError("engine: gpus_per_worker needs workers, the processes that share the GPUs")
    if engine.memory is not None and engine.workers is None:
        raise InputError("engine: memory needs workers, the processes of this machine that have it")
    if engine.step_limit is not None and not engine.is_several:
        raise InputError("engine: step_limit needs workers or a cluster, whose steps it limits")
    if engine.is_several:
        with needed_for("engine: a study in several processes"):
            import distributed  # noqa: F401


def execute(graph: Graph, shop: Workshop, progress: Progress, engine: Engine) -> None:
    """Do every step that is due.

    Parameters
    ----------
    graph : the steps.
    shop : what the steps work with.
    progress : who hears how far it is.
    engine : who does them.
    """
    check_engine(engine)
    if not graph.due():
        return
    if engine.is_several:
        from tunescope.studies.engines import cluster

        cluster.execute(graph, shop, progress, engine)
    else:
        if engine.threads is not None:
            limit_threads(engine.threads)
        here.execute(graph, shop, progress)
