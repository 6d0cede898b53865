# SPDX-License-Identifier: MIT
"""make test-upstream-kvm: boots the bed, has it run bed_tests, and reports each as it comes back.
usage: run.py BUILD_DIRECTORY"""
import pathlib
import re
import shutil
import subprocess
import sys
import time

from bed_tests import TESTS, Outcome, Skip, make_inputs

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 280  # seconds of wall clock for the whole machine
STALL = 100  # and for one test, which gets 60 s inside
EX_TEMPFAIL = 75
# sbin is where a user's path need not lead
TOOLS = {"qemu-system-x86_64": "qemu-system-x86", "modprobe": "kmod"}
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


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
        except Exception as reason:  # whatever a check stumbles over is that test's failure
            self.failed += 1
            print(f"FAIL upstream: {name}: {type(reason).__name__}", flush=True)
            print("  " + str(reason).rstrip().replace("\n", "\n  "), flush=True)

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed else 0


def skip_all(reason):
    print(f"test-upstream-kvm: SKIP: {reason}")
    report = Report()
    report.skipped = len(TESTS)
    return report.close()


def fetch(build):
    """None, or why there is nothing to boot."""
    for tool, package in TOOLS.items():
        if not shutil.which(tool, path=PATH) and not shutil.which(tool):
            return f"{tool} is missing (package {package})"
    done = subprocess.run([HERE / "fetch", build], stderr=subprocess.PIPE, text=True, timeout=1200,
                          check=False)
    if done.returncode == EX_TEMPFAIL:
        return done.stderr.splitlines()[-1]
    if done.returncode:
        sys.exit(f"fetch failed: {done.stderr}")
    return None


def directory_name(index, name):
    return f"{index:02}-" + re.sub(r"[^A-Za-z0-9]+", "-", name)


def fill_share(share, build):
    for name in ("tests", "inputs", "results"):
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
            return path.exists()
        time.sleep(0.05)
    return True


def check_all(report, share, machine, end):
    for index, (name, _, check) in enumerate(TESTS):
        directory = share / "results" / directory_name(index, name)

        def outcome_of():
            if not wait_for(directory / "status", machine, end):
                machine.kill()  # what stands still once does not go on
                raise TimeoutError("did not come back from the bed")
            check(Outcome(directory, share / "inputs"))
        report.test(name, outcome_of)


def stop(machine):
    """It powers itself off after the last test."""
    try:
        machine.wait(timeout=15)
    except subprocess.TimeoutExpired:
        machine.kill()
        machine.wait()


def tail(path, lines=12):
    return "\n".join("  " + line for line in path.read_text(errors="replace").splitlines()[-lines:])


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    reason = fetch(build)
    if reason:
        return skip_all(reason)
    upstream = build / "upstream"
    share = upstream / "share"
    fill_share(share, build)
    start = time.monotonic()
    report = Report()
    with open(upstream / "console.log", "wb") as log:
        machine = subprocess.Popen([HERE / "boot", build, share, "tests"], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
        try:
            check_all(report, share, machine, start + LIMIT)
            stop(machine)
        finally:
            machine.kill()
    if report.failed:
        print("the end of the bed's console:\n" + tail(upstream / "console.log"))
        print(f"the bed's console is in {log.name}, what the tests left in {share}/results")
    version = (upstream / "fetched").read_text().strip()
    print(f"test-upstream-kvm: Linux {version}, {time.monotonic() - start:.0f} s")
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
