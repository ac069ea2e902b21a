"""The measured clients: the real ones visit the gallery of broken servers, and whytls has to agree with them."""

import argparse
import concurrent.futures
import json
import pathlib
import sys
import time

import collect
import compare
import document
import drivers
from gallery import ARTIFACTS, Gallery, POLICIES

# One of each kind that no client waits for.
SHORT = ("healthy", "expired", "wrong-name", "self-signed", "weak-key", "bad-signature", "unknown-issuer",
         "missing-intermediate", "legacy-version", "no-common-cipher", "client-certificate-tls13", "handshake-failure",
         "plain-http", "reset", "refused")
LISTED = 40


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tests/clients/run", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few servers that keep nobody waiting")
    parser.add_argument("--client", action="append", default=[], metavar="NAME", help="only this client (repeatable)")
    parser.add_argument("--server", action="append", default=[], metavar="NAME", help="only this server (repeatable)")
    parser.add_argument("--replay", metavar="FILE", type=pathlib.Path,
                        help="visit nobody, and take what was seen from the clients-raw.json of an earlier run")
    parser.add_argument("--write-docs", action="store_true", help="write docs/clients.md (all clients, all servers)")
    options = parser.parse_args(arguments)
    if options.write_docs and (options.short or options.client or options.server):
        parser.error("--write-docs needs all clients and all servers")
    return options


def chosen_drivers(options):
    """(those to use, why others are not used)"""
    everybody = drivers.load()
    known = [driver.name for driver in everybody]
    unknown = [name for name in options.client if name not in known]
    if unknown:
        sys.exit(f"no such client: {', '.join(unknown)}; there are: {', '.join(known)}")
    asked = [driver for driver in everybody if not options.client or driver.name in options.client]
    absent = {driver.name: drivers.lacks(driver) for driver in asked if drivers.lacks(driver)}
    return [driver for driver in asked if driver.name not in absent], absent


def chosen_servers(options, servers):
    wanted = options.server or (SHORT if options.short else [server.name for server in servers])
    known = {server.name: server for server in servers}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"no such server: {', '.join(unknown)}; there are: {', '.join(known)}")
    return [server for server in servers if server.name in wanted]


def ask_whytls(gallery, servers):
    """The problem documents: by policy, then by server; None where it forwards."""
    wanted = {compare.TWINS.get(server.name, server.name) for server in servers} | {server.name for server in servers}
    asked = [server for server in gallery.servers if server.name in wanted]
    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as workers:
        return {policy: dict(zip([server.name for server in asked],
                                 workers.map(lambda server, by=policy: gallery.record(server, by), asked)))
                for policy in POLICIES}


def explain_all(gallery, rows):
    """What `whytls explain` makes of each message."""
    messages = list({row.message for row in rows if row.message})
    with concurrent.futures.ThreadPoolExecutor() as workers:
        return dict(zip(messages, workers.map(gallery.explain, messages)))


def visit(options, used, servers, gallery):
    """The rows of this run, or of an earlier one as far as it is about the same."""
    if options.replay is not None:
        seen = [collect.Row(**row) for row in json.loads(options.replay.read_text(encoding="utf-8"))]
        names, clients = {server.name for server in servers}, {driver.name for driver in used}
        return [row for row in seen if row.server in names and row.client in clients]
    print(f"{len(used)} clients visit {len(servers)} servers", flush=True)
    rows = collect.collect(used, servers, gallery.ca_file, lambda line: print(line, flush=True))
    save(rows)
    return rows


def save(rows):
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for name, content in (("clients.json", [row.published() for row in rows]),
                          ("clients-raw.json", [{**row.published(), "raw": row.raw, "seconds": row.seconds}
                                                for row in rows])):
        (ARTIFACTS / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show_summary(rows):
    """One line for each client."""
    print(f"\n{'client':<16}{'version':<24}{'connects':>9}{'asks':>6}{'refuses':>9}{'says nothing':>14}{'seconds':>9}")
    for client in dict.fromkeys(row.client for row in rows):
        own = [row for row in rows if row.client == client]
        count = {outcome: sum(row.outcome == outcome for row in own) for outcome in ("connects", "asks", "refuses")}
        mute = sum(row.outcome != "connects" and not row.message for row in own)
        print(f"{client:<16}{own[0].version:<24}{count['connects']:>9}{count['asks']:>6}{count['refuses']:>9}{mute:>14}"
              f"{sum(row.seconds for row in own):>9.0f}")


def show_verdict(verdict):
    """Prints one step; True when it has no failure."""
    if verdict.skipped:
        print(f"\n{verdict.title}: NOT COMPARED, {verdict.skipped}")
        return True
    counts = ", ".join(f"{number} {what}" for what, number in sorted(verdict.counts.items()))
    print(f"\n{verdict.title}: {counts or 'nothing to compare'}")
    for line in verdict.notes:
        print(f"  {line}")
    for line in verdict.failures[:LISTED]:
        print(f"  FAILED {line}")
    if len(verdict.failures) > LISTED:
        print(f"  ... and {len(verdict.failures) - LISTED} more; all are in {ARTIFACTS / 'clients-failures.txt'}")
    return not verdict.failures


def show_unused(verdicts):
    """Rows of expectations.toml that nothing needed; only a whole run can tell."""
    unused = [line for verdict in verdicts if not verdict.skipped for line in verdict.unused]
    for line in unused:
        print(f"FAILED expectations.toml: nothing needs {line}")
    return unused


def main(arguments):
    options = parse(arguments)
    begun = time.monotonic()
    used, absent = chosen_drivers(options)
    for name, why in absent.items():
        print(f"{name} is left out: {why}")
    if not used or (absent and options.write_docs):
        sys.exit("no client is installed" if not used else "--write-docs needs all clients")
    try:
        with Gallery() as gallery:
            servers = chosen_servers(options, gallery.servers)
            rows = visit(options, used, servers, gallery)
            records = ask_whytls(gallery, servers)
            verdicts = [compare.compare_cells(rows, records),
                        compare.compare_explanations(rows, records, explain_all(gallery, rows)),
                        compare.compare_firefox(rows, records)]
    finally:
        for driver in used:
            if hasattr(driver, "close"):
                driver.close()
    show_summary(rows)
    # A list, not a generator: every step is shown.
    fine = all([show_verdict(verdict) for verdict in verdicts])
    if not (options.short or options.client or options.server or absent):
        fine = not show_unused(verdicts) and fine
    for name, lines in (("failures", lambda verdict: verdict.failures), ("details", lambda verdict: verdict.details)):
        (ARTIFACTS / f"clients-{name}.txt").write_text(
            "".join(f"{verdict.title}: {line}\n" for verdict in verdicts for line in lines(verdict)), encoding="utf-8")
    if options.write_docs:
        document.write(rows, servers, records, verdicts[-1])
    print(f"\nobservations: {ARTIFACTS / 'clients.json'}; took {time.monotonic() - begun:.0f} s")
    return 0 if fine else 1
