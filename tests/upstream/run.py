# SPDX-License-Identifier: MIT
"""make test-upstream-kvm: boots the bed, has it run bed_tests, and reports each as it comes back.
usage: run.py BUILD_DIRECTORY [SHARE]
With SHARE nothing is booted: the tests and their inputs are put there, to be run at the bed's prompt.
exit status: 1 after a failure; 130 and 143 when a signal ended it, with the counts so far."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from bed_tests import TESTS, Outcome, Skip, make_inputs

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 600  # seconds of wall clock for the whole machine, which a busy host may make slow
STALL = 170  # and for one test, which gets 150 s inside
EX_TEMPFAIL = 75
# sbin is where a user's path need not lead
TOOLS = {"qemu-system-x86_64": "qemu-system-x86", "modprobe": "kmod", "xz": "xz-utils",
         "zstd": "zstd"}
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


class BedFailed(Exception):
    """The machine ended, or stands still, without what was waited for."""


class NotRun(Exception):
    """The machine had failed before."""


class Stopped(BaseException):
    """SIGINT or SIGTERM: no test's failure, so no Exception."""


class Report:
    """One line a test, and the counts."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def test(self, name, outcome_of):
        try:
            outcome_of()
            self.passed += 1
            print(f"PASS upstream: {name}", flush=True)
        except Skip as reason:
            self.skipped += 1
            print(f"SKIP upstream: {name}: {reason}", flush=True)
        except NotRun:
            self.failed += 1
            print(f"FAIL upstream: {name}: not run", flush=True)
        except Exception as reason:  # whatever a check stumbles over is that test's failure
            self.failed += 1
            print(f"FAIL upstream: {name}: {type(reason).__name__}", flush=True)
            print("  " + str(reason).rstrip().replace("\n", "\n  "), flush=True)

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed else 0


def skip_all(reason):
    def outcome_of():
        raise Skip(reason)
    report = Report()
    for name, _, _ in TESTS:
        report.test(name, outcome_of)
    return report.close()


def fetch(build):
    """None, or why there is nothing to boot; what fetch says besides is printed."""
    for tool, package in TOOLS.items():
        if not shutil.which(tool, path=PATH) and not shutil.which(tool):
            return f"{tool} is missing (package {package})"
    done = subprocess.run([HERE / "fetch", build], stderr=subprocess.PIPE, text=True, timeout=1200,
                          check=False)
    if done.returncode == EX_TEMPFAIL:
        *lines, reason = done.stderr.splitlines() or ["fetch gives no reason"]
        print("\n".join(["test-upstream-kvm: nothing to boot:", *lines]))
        return reason
    if done.returncode:
        sys.exit(f"fetch failed: {done.stderr}")
    return None


def directory_name(index, name):
    return f"{index:03}-" + re.sub(r"[^A-Za-z0-9]+", "-", name)


def fill_share(share, build):
    """What is neither tests nor inputs is kept."""
    for name in ("tests", "inputs"):
        shutil.rmtree(share / name, ignore_errors=True)
        (share / name).mkdir(parents=True)
    make_inputs(share / "inputs", build)
    for index, (name, script, _) in enumerate(TESTS):
        (share / "tests" / directory_name(index, name)).write_text(script + "\n")


def wait_for(path, machine, end):
    """True when the test's status is there; false when the machine is gone or late without it."""
    end = min(end, time.monotonic() + STALL)
    while not path.exists():
        if machine.poll() is not None or time.monotonic() > end:
            return path.exists()  # it may have come between the two questions
        time.sleep(0.05)
    return True


def why_failed(share):
    """As `init` says, if it came that far."""
    broken = share / "results" / "broken"
    return broken.read_text() if broken.exists() else "did not come back from the bed"


def check_all(report, share, machine, end):
    failed = False
    for index, (name, _, check) in enumerate(TESTS):
        directory = share / "results" / directory_name(index, name)

        def outcome_of():
            nonlocal failed
            if failed:
                raise NotRun
            if not wait_for(directory / "status", machine, end):
                failed = True
                kill(machine)  # what stands still once does not go on
                raise BedFailed(why_failed(share))
            check(Outcome(directory, share / "inputs"))
        report.test(name, outcome_of)


def kill(machine):
    """Its whole process group: `boot`, and QEMU or whatever else it waits for."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(machine.pid, number)
        except ProcessLookupError:
            break
        time.sleep(0.3)
    machine.wait()


def stop(machine):
    """It powers itself off after the last test."""
    try:
        machine.wait(timeout=15)
    except subprocess.TimeoutExpired:
        kill(machine)


def tail(path, lines=12):
    return "\n".join("  " + line for line in path.read_text(errors="replace").splitlines()[-lines:])


def raise_stopped(number, _):
    raise Stopped(128 + number)


def boot_and_check(report, build, share):
    shutil.rmtree(share / "results", ignore_errors=True)
    (share / "results").mkdir()
    end = time.monotonic() + LIMIT
    with open(build / "upstream" / "console.log", "wb") as log:
        # A group of its own: nothing of it stays when this program ends early.
        machine = subprocess.Popen([HERE / "boot", build, share, "tests"], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, start_new_session=True)
        try:
            check_all(report, share, machine, end)
            stop(machine)
        finally:
            kill(machine)
    if report.failed:
        print("the end of the bed's console:\n" + tail(pathlib.Path(log.name)))
        print(f"the bed's console is in {log.name}, what the tests left in {share}/results")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    if len(sys.argv) > 2:
        fill_share(pathlib.Path(sys.argv[2]), build)
        return 0
    report = Report()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, raise_stopped)
    start = time.monotonic()
    try:
        reason = fetch(build)
        if reason:
            return skip_all(reason)
        upstream = build / "upstream"
        fill_share(upstream / "share", build)
        start = time.monotonic()
        boot_and_check(report, build, upstream / "share")
    except Stopped as stopped:
        report.close()
        return stopped.args[0]
    version = (upstream / "fetched").read_text().strip()
    print(f"test-upstream-kvm: Linux {version}, {time.monotonic() - start:.0f} s")
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
