"""Measure the classifier probe against scikit-learn on real vectors.

    python benchmarks/classifier_probe.py                   # both searches beside GridSearchCV
    python benchmarks/classifier_probe.py --task pos        # halving alone, time and memory
    python benchmarks/classifier_probe.py --seeds 5         # and how often halving agrees

The vectors are those of the last layer of ``minilm``; the corpora are found through
TUNESCOPE_DATA. scikit-learn trains an evenly drawn part of the settings (``--subset``, each
pair of hidden layers once and each L2 weight twice by default; 128 for all of them), and its
time is scaled to all. Both sides use float32, all cores, the same folds, and train the chosen
setting five times at the end. ``--out`` keeps the numbers as JSON.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier

from tunescope.encoders import Encoder
from tunescope.probes import ClassifierProbe, Protocol, paired_comparison
from tunescope.probes.engine.engine import Engine
from tunescope.probes.engine.networks import Part, Training
from tunescope.probes.protocol import Setting
from tunescope.tasks import load_task

CORES = cpu_count()


def vectors(task_name: str) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Vectors, labels and sentences of the last layer, by split."""
    task = load_task(task_name)
    encoded = Encoder("minilm").encode(task, layers=[-1])
    return {
        split: (
            np.array(encoded[split].layer(-1), dtype=np.float32),
            np.asarray(encoded[split].labels).astype(str),
            np.asarray(task.splits[split].text_index),
        )
        for split in ("train", "test")
    }


def drawn(settings: tuple[Setting, ...], n: int) -> list[Setting]:
    """Settings spread evenly over hidden layers and weights."""
    hidden = list(dict.fromkeys(s.hidden for s in settings))
    weights = sorted({s.weight for s in settings})
    if n >= len(settings):
        return list(settings)
    # 5 and the number of weights, 8, have no common factor, so every weight comes in turn
    return [
        Setting(hidden[k % len(hidden)], weights[(5 * k + k // len(hidden)) % len(weights)])
        for k in range(n)
    ]


def processor_seconds() -> float:
    """Processor time of this process and of its workers that have ended."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def scikit_learn(X, y, settings: list[Setting], n_all: int) -> dict:
    """GridSearchCV over some settings, its time scaled to all, and five restarts of the best."""
    grid = [{"hidden_layer_sizes": [s.hidden], "alpha": [s.weight]} for s in settings]
    search = GridSearchCV(
        MLPClassifier(max_iter=1000, random_state=0),
        grid,
        cv=StratifiedKFold(5),
        n_jobs=CORES,
        refit=False,
    )
    with warnings.catch_warnings(), parallel_config("loky", inner_max_num_threads=1):
        warnings.simplefilter("ignore")
        # workers are started before the clock
        Parallel(CORES)(
            delayed(MLPClassifier(max_iter=2).fit)(X[:64], y[:64]) for _ in range(CORES)
        )
        start = time.perf_counter()
        busy = processor_seconds()
        search.fit(X, y)
        seconds = time.perf_counter() - start
        get_reusable_executor().shutdown(wait=True)
        busy = processor_seconds() - busy
        start = time.perf_counter()
        best = settings[search.best_index_]
        models = Parallel(CORES)(
            delayed(
                MLPClassifier(best.hidden, alpha=best.weight, max_iter=1000, random_state=r).fit
            )(X, y)
            for r in range(1, 6)
        )
        restarts = time.perf_counter() - start
        get_reusable_executor().shutdown(wait=True)
    folds = np.array([search.cv_results_[f"split{k}_test_score"] for k in range(5)]).T
    return {
        "settings": len(settings),
        "seconds_measured": seconds,
        "seconds_scaled": seconds * n_all / len(settings) + restarts,
        "processor_seconds_scaled": busy * n_all / len(settings),
        "best": best.name,
        "folds": folds,
        "models": models,
    }


def ours(X, y, protocol: Protocol, seed: int, device: str) -> tuple[ClassifierProbe, float]:
    """Fit the probe on the clock."""
    start = time.perf_counter()
    probe = ClassifierProbe(protocol, random_state=seed, device=device).fit(X, y)
    return probe, time.perf_counter() - start


def precise_accuracy(X, y, X_test, y_test, setting: Setting, device: str, n: int = 25) -> float:
    """Test accuracy of a setting over many restarts, so that choices can be told apart."""
    classes, codes = np.unique(y, return_inverse=True)
    rows = np.arange(len(X))
    parts = [Part(rows, rows[:0], (99, r)) for r in range(n)]
    members = [Training(setting, r, (98, r), keep=True) for r in range(n)]
    Engine(X, codes, len(classes), parts, Protocol(), device=device).run(members)
    right = [np.mean(classes[m.network.logits(X_test).argmax(axis=1)] == y_test) for m in members]
    return float(np.mean(right))


def agreement(theirs: np.ndarray, probe: ClassifierProbe, settings: list[Setting]) -> dict:
    """Do the networks of both sides reach the same validation accuracy, fold by fold?"""
    table = probe.search_.set_index("setting")
    mine = table.loc[[s.name for s in settings], [f"fold_{k}" for k in range(5)]].to_numpy()
    difference = (mine - theirs).ravel()
    return {
        "mean_difference_points": 100 * float(difference.mean()),
        "standard_error_points": 100 * float(stats.sem(difference)),
        "p_value_t": float(stats.ttest_1samp(difference, 0).pvalue),
        "p_value_ks": float(stats.ks_2samp(mine.ravel(), theirs.ravel()).pvalue),
    }


def side_by_side(data, args) -> dict:
    """Both searches and scikit-learn's on one task."""
    (X, y, _), (X_test, y_test, sentences) = data["train"], data["test"]
    exhaustive = Protocol.zhou2022()
    halving = Protocol.halving()
    settings = drawn(exhaustive.settings, args.subset)
    result: dict = {}

    slow = scikit_learn(X, y, settings, len(exhaustive.settings))
    correct_slow = np.stack([m.predict(X_test) == y_test for m in slow["models"]])
    result["scikit-learn"] = {
        key: value for key, value in slow.items() if key not in ("folds", "models")
    } | {"test_accuracy": float(correct_slow.mean())}
    print(
        f"GridSearchCV(MLPClassifier, n_jobs={CORES}): {slow['seconds_measured']:.0f} s for "
        f"{len(settings)} settings, {slow['seconds_scaled']:.0f} s for all and the restarts; "
        f"best of these {slow['best']}, test accuracy {correct_slow.mean():.4f}",
        flush=True,
    )
    whole = None
    for protocol in (exhaustive, halving):
        busy = processor_seconds()
        probe, seconds = ours(X, y, protocol, 0, args.device)
        busy = processor_seconds() - busy
        row = probe.search_.sort_values("rank").iloc[0]
        correct = probe.correct(X_test, y_test)
        result[protocol.search] = {
            "seconds": seconds,
            "times_faster": slow["seconds_scaled"] / seconds,
            "processor_seconds": busy,
            "times_less_processor_time": slow["processor_seconds_scaled"] / busy,
            "best": probe.best_setting_.name,
            "validation_accuracy": float(row["accuracy"]),
            "test_accuracy": float(correct.mean()),
            "difference_to_scikit_learn": vars(
                paired_comparison(correct_slow, correct, groups=sentences)
            ),
        }
        print(
            f"{protocol.search}: {seconds:.0f} s, {slow['seconds_scaled'] / seconds:.1f} times "
            f"faster ({slow['processor_seconds_scaled'] / busy:.1f} times less processor time); "
            f"best {probe.best_setting_.name}, validation {row['accuracy']:.4f}, "
            f"test accuracy {correct.mean():.4f}",
            flush=True,
        )
        if protocol is exhaustive:
            whole = probe
            result["agreement"] = agreement(slow["folds"], probe, settings)
            print(f"validation accuracies, ours - scikit-learn's: {result['agreement']}")
            chosen = int(slow["folds"].mean(axis=1).argmax())
            mine = probe.search_.set_index("setting").loc[[s.name for s in settings], "accuracy"]
            result["same_subset"] = {"scikit_learn": settings[chosen].name, "ours": mine.idxmax()}
        else:
            result["halving"]["rank_in_exhaustive"] = rank_of(probe, whole)
            print(f"halving's choice in the exhaustive search: {rank_of(probe, whole)}")
    names = {s.name: s for s in exhaustive.settings}
    result["test_accuracy_of_choices_25_restarts"] = {
        who: precise_accuracy(X, y, X_test, y_test, names[name], args.device)
        for who, name in [
            ("scikit-learn", slow["best"]),
            ("exhaustive", result["exhaustive"]["best"]),
            ("halving", result["halving"]["best"]),
        ]
    }
    print(f"choices over 25 restarts: {result['test_accuracy_of_choices_25_restarts']}")
    return result


def rank_of(probe: ClassifierProbe, whole: ClassifierProbe) -> dict:
    """Where a probe's choice stands in another's exhaustive search."""
    table = whole.search_.set_index("setting")
    chosen = table.loc[probe.best_setting_.name]
    return {
        "rank": int(chosen["rank"]),
        "points_below_the_best": 100 * float(table["accuracy"].max() - chosen["accuracy"]),
    }


def halving_agreement(data, args) -> list[dict]:
    """Halving beside exhaustive from several seeds, with the same first networks."""
    X, y, _ = data["train"]
    rows = []
    for seed in range(args.seeds):
        whole, slow = ours(X, y, Protocol.zhou2022(), seed, args.device)
        half, fast = ours(X, y, Protocol.halving(), seed, args.device)
        rows.append({"seed": seed, "times_faster": slow / fast, **rank_of(half, whole)})
        print(rows[-1], flush=True)
    return rows


def alone(data, args) -> dict:
    """Halving on a large task: time and memory."""
    (X, y, _), (X_test, y_test, _) = data["train"], data["test"]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    busy = time.process_time()
    probe, seconds = ours(X, y, Protocol.halving(), 0, args.device)
    result = {
        "examples": len(X),
        "seconds": seconds,
        "processor_seconds": time.process_time() - busy,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "peak_gib_before_the_probe": before,
        "best": probe.best_setting_.name,
        "test_accuracy": probe.score(X_test, y_test),
    }
    print(result)
    return result


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="ps-fxn")
    parser.add_argument("--subset", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    record: dict = {
        "task": args.task,
        "cores": CORES,
        "machine": platform.processor() or platform.machine(),
        "torch": torch.__version__,
        "protocol": Protocol.halving().describe(),
    }
    if torch.cuda.is_available():
        record["cuda"] = torch.cuda.get_device_name()
    torch.set_num_threads(CORES)
    data = vectors(args.task)
    if args.seeds:
        record["halving_agreement"] = halving_agreement(data, args)
    elif args.task == "pos":
        record["halving"] = alone(data, args)
    else:
        record |= side_by_side(data, args)
    if args.out:
        args.out.write_text(json.dumps(record, indent=1, default=float))


if __name__ == "__main__":
    main()
