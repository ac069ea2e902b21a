"""Load from wrk, and what a process tree used, from /proc."""

import os
import re
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")
UNITS_US = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 6e7}


def _stat(pid):
    """The fields of /proc/PID/stat after the name, or None when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def process_tree(root):
    """The process and all that descend from it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _stat(name)
            if fields:
                children.setdefault(int(fields[1]), []).append(int(name))
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue.extend(children.get(pid, []))
    return found


def cpu_seconds(root):
    """User and system time of a process tree, with that of children that ended."""
    ticks = 0
    for pid in process_tree(root):
        fields = _stat(pid)
        if fields:
            ticks += sum(int(fields[i]) for i in (11, 12, 13, 14))
    return ticks / TICK


class Busy:
    """How much of the machine was used by processes that are not part of the comparison."""

    def __init__(self, roots):
        self.roots = roots
        self.begun = time.monotonic()
        self.machine = self._machine()
        self.ours = self._ours()
        self.value = 0.0

    @staticmethod
    def _machine():
        with open("/proc/stat", encoding="ascii") as file:
            fields = [int(x) for x in file.readline().split()[1:9]]
        # user nice system irq softirq steal; idle and iowait are not work
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) / TICK

    def _ours(self):
        own = os.times()
        return (sum(cpu_seconds(root) for root in self.roots) + own.user + own.system + own.children_user +
                own.children_system)

    def sample(self):
        elapsed = (time.monotonic() - self.begun) * (os.cpu_count() or 1)
        foreign = (self._machine() - self.machine) - (self._ours() - self.ours)
        self.value = max(0.0, foreign / elapsed)

    def share(self):
        return self.value


class Load:
    """What wrk is asked to do."""

    def __init__(self, url, connections, host, cpus):
        self.url = url
        self.connections = connections
        self.host = host
        self.cpus = cpus


def _microseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * UNITS_US[unit]


def wrk(load, seconds):
    """Runs wrk once. Requests that failed, or were not answered with 2xx, are errors and not requests."""
    threads = min(load.connections, max(1, len(load.cpus)))
    done = subprocess.run(
        ["wrk", f"-t{threads}", f"-c{load.connections}", f"-d{seconds}s", "--latency", "-H", f"Host: {load.host}",
         load.url], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 60, check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, load.cpus))
    text = done.stdout
    total, spent = re.search(r"(\d+) requests in ([\d.]+)(?=s|m)", text).groups()
    errors = sum(int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors += int(refused.group(1)) if refused else 0
    latency = {p: _microseconds(v) for p, v in re.findall(r"^\s+(50|99)%\s+(\S+)$", text, re.M)}
    requests = int(total) - (int(refused.group(1)) if refused else 0)
    return {"requests": requests, "rate": requests / float(spent), "errors": errors,
            "p50_us": latency.get("50", 0.0), "p99_us": latency.get("99", 0.0)}
