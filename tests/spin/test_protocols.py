# SPDX-License-Identifier: MIT
"""The protocols between driver and device, modelled and searched through whole by spin: the models hold,
and each of their mutants fails, in the way that it must. What they model is in their first lines."""
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
LIMIT = 60  # seconds for one step; each takes well under one where nothing else runs

STUCK = "invalid end state"
# Of errors of one kind the search reports its first: the model has an assertion with this in it.
WRONG_TAG = "assertion violated ((tag!=0)"
WRONG_BUFFER = "assertion violated ((buffer[0]"
WRONG_STATUS = "assertion violated ((status=="

NOTIFICATION = {
    "NO_DRIVER_PUBLISH_BARRIER": STUCK,
    "NO_DRIVER_WISH_BARRIER": STUCK,
    "NO_DEVICE_USED_BARRIER": STUCK,
    "NO_DEVICE_WISH_BARRIER": STUCK,
    "NO_DRIVER_RECHECK": STUCK,
    "NO_DEVICE_RECHECK": STUCK,
}
# By model and what it is built with: what breaks it, and how
MUTANTS = {
    ("event_idx",): NOTIFICATION,
    ("event_idx", "FLAGS_ONLY"): NOTIFICATION,
    ("packed_events",): NOTIFICATION | {"NO_LAPS": STUCK},
    ("chunk_doorbell",): {
        "WAIT_FOR_STATUS": "assertion violated",
        "DONE_TAG_FIRST": "assertion violated",
        "NO_DRAIN": STUCK,
    },
    ("reset",): {
        "IDLE_AT_ONCE": WRONG_BUFFER,
        "NO_GENERATION": WRONG_STATUS,
        "DROP_ONE": WRONG_TAG,
        "DROP_NONE": WRONG_TAG,
    },
}


@pytest.fixture(autouse=True)
def spin_is_there():
    missing = [tool for tool in ("spin", "gcc") if not shutil.which(tool)]
    if missing and os.environ.get("CI_STRICT"):
        pytest.fail(f"not installed: {', '.join(missing)}; CI_STRICT is set")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


def search(directory, model, *defines, only=""):
    """What the search reports, which goes through everything or up to the first error. only: -A, no
    assertions; -E, no invalid end states."""
    flags = [f"-D{define}" for define in defines]
    subprocess.run(["spin", "-a", *flags, HERE / f"{model}.pml"], cwd=directory, check=True, timeout=LIMIT)
    subprocess.run(["gcc", "-O0", "-w", "-o", "pan", "pan.c"], cwd=directory, check=True, timeout=LIMIT)
    done = subprocess.run(["./pan", "-m100000", *only.split()], cwd=directory, check=False,
                          capture_output=True, text=True, timeout=LIMIT)
    assert "errors: " in done.stdout, done.stdout + done.stderr
    assert "max search depth too small" not in done.stdout
    return done.stdout


# What a model says of itself that it does no harm
HARMLESS = [("packed_events", "FLAGS_FIRST")]


@pytest.mark.parametrize("model", [*MUTANTS, *HARMLESS], ids=" ".join)
def test_the_model_holds(tmp_path, model):
    report = search(tmp_path, *model)
    assert "errors: 0" in report, report


@pytest.mark.parametrize("model, mutant, error",
                         [pytest.param(m, x, e, id=" ".join((*m, x)))
                          for m, mutants in MUTANTS.items() for x, e in mutants.items()])
def test_the_mutant_fails(tmp_path, model, mutant, error):
    assert mutant in (HERE / f"{model[0]}.pml").read_text(encoding="utf-8")
    report = search(tmp_path, *model, mutant, only="-A" if error == STUCK else "-E")
    assert error in report, report
