"""A whole study: its runs side by side, those done before left out, and their summary."""

import json
import os
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path

from netrazor.files import write_atomically
from netrazor.reproduction.randomize.launcher import launcher
from netrazor.reproduction.randomize.study import Study
from netrazor.reproduction.randomize.study_records import RunRecord, read_record, record_path
from netrazor.reproduction.randomize.study_run import Task
from netrazor.reproduction.randomize.summarizing import summarize
from netrazor.reproduction.randomize.summary import Summary
from netrazor.runtime import Reporter, Silent
from netrazor.train import FitConfig

SUMMARY = "summary.json"


def randomize(
    study: Study,
    out: str | os.PathLike[str],
    *,
    processes: int = 1,
    cluster: str | None = None,
    data: Path | None = None,
    command: str = "",
    reporter: Reporter | None = None,
) -> Summary:
    """Do every run of ``study`` that has no record in ``out`` yet, then write and return the summary.

    Args:
        study: what to do.
        out: directory for a record of each run and ``summary.json``; a stopped study goes on from there.
        processes: runs at one time.
        cluster: a name that submitit knows; None: this machine.
        data: data directory, instead of the default one.
        command: to be told in the summary.
        reporter: told of each run's end.

    Raises:
        ConfigurationError: ``out`` holds another study's records, or submitit is missing.
        NetrazorError: whatever stopped a run; those that ended keep their records.
    """
    reporter, folder = reporter or Silent(), Path(out)
    tasks = [Task(study, level, seed, folder, data) for seed in study.seeds for level in study.levels]
    todo = [task for task in tasks if _record(task) is None]
    with (
        launcher(processes, cluster, folder / "logs") as executor,
        reporter.stage("runs", len(tasks), len(tasks) - len(todo)) as tick,
    ):
        jobs = [executor.submit(task) for task in todo]
        for job in jobs:
            job.result()
            tick()
    summary = summarize(
        [record for task in tasks if (record := _record(task)) is not None],
        json.loads(json.dumps(asdict(study))),  # tuples as the lists that are read back
        study.kept,
        command=command,
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        date=datetime.now(timezone.utc).isoformat(timespec="minutes"),
    )
    write_atomically(folder / SUMMARY, summary.model_dump_json(indent=1) + "\n")
    return summary


def study_scaled(study: Study, scale: float) -> Study:
    """The study with the steps of every stage multiplied by ``scale``."""

    def shorter(fit: FitConfig) -> FitConfig:
        return replace(fit, steps=max(1, round(fit.steps * scale)))

    return replace(
        study,
        train=shorter(study.train),
        tune=shorter(study.tune),
        quantize=replace(study.quantize, fit=shorter(study.quantize.fit)),
    )


def _record(task: Task) -> RunRecord | None:
    return read_record(record_path(task.folder, task.level, task.seed), task.study.digest)
