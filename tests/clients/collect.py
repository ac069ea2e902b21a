"""Lets every client visit every server."""

import concurrent.futures
import dataclasses
import os
import time

# These keep a client waiting, so they are visited first: others get on meanwhile.
SLOW = ("silent", "slow-answer", "no-secure-renegotiation", "old-version-chosen")
# With any other server a visit is over at once, unless the machine has too much to do: then it is made once more.
SUSPICIOUS = 3.5


@dataclasses.dataclass(frozen=True)
class Row:
    """What one client did with one server."""

    client: str
    version: str
    server: str
    outcome: str
    code: str
    message: str
    raw: str
    seconds: float

    def published(self):
        return {key: getattr(self, key) for key in ("client", "version", "server", "outcome", "code", "message")}


def collect(drivers, servers, ca_file, progress=print):
    """The rows, ordered by client as given, then by server as given.

    Drivers that say `parallel` share some workers; each other one (a browser keeps its profile from visit to visit) has a
    thread of its own and makes its visits in order.
    """
    begun = time.monotonic()
    versions = {driver.name: driver.version() for driver in drivers}
    shared = [driver for driver in drivers if getattr(driver, "parallel", False)]
    alone = [driver for driver in drivers if driver not in shared]
    done = {}

    def timed_visit(driver, server):
        start = time.monotonic()
        seen = driver.visit(server.host, server.port, str(ca_file))
        return seen, round(time.monotonic() - start, 2)

    def visit(driver, server):
        seen, seconds = timed_visit(driver, server)
        if seconds > SUSPICIOUS and server.name not in SLOW and driver in shared:
            seen, seconds = timed_visit(driver, server)
        done[driver.name, server.name] = Row(driver.name, versions[driver.name] or "", server.name, seen.outcome, seen.code,
                                             seen.message, seen.raw, seconds)
        if sum(name == driver.name for name, _ in list(done)) == len(servers):
            progress(f"  {driver.name}: {len(servers)} servers, {time.monotonic() - begun:.0f} s since the start")

    def visit_all(driver):
        for server in servers:
            visit(driver, server)

    slow_first = sorted(servers, key=lambda server: server.name not in SLOW)
    with (concurrent.futures.ThreadPoolExecutor(max_workers=max(len(alone), 1)) as threads,
          concurrent.futures.ThreadPoolExecutor(max_workers=3 * (os.cpu_count() or 1)) as workers):
        futures = [threads.submit(visit_all, driver) for driver in alone]
        for prepared in [workers.submit(driver.prepare, str(ca_file)) for driver in shared]:
            prepared.result()
        futures += [workers.submit(visit, driver, server) for server in slow_first for driver in shared]
        try:
            for future in concurrent.futures.as_completed(futures):
                future.result()
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    return [done[driver.name, server.name] for driver in drivers for server in servers]
