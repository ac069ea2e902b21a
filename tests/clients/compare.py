"""The comparisons: what the clients did against what whytls says they do, and what `explain` makes of their words.

CELL. Outcome and code are the same, and the pieces of whytls's words between the marks for anything occur in the message
in that order, white space folded; no words are right only where the client says nothing.

RIGHT FAILURE. A message of a client about server S is explained rightly by a failure that is
 1. the slug of what whytls answers for S, or the slug of another finding of that record, or
 2. the same of a whytls that accepts more (gallery.POLICIES): a client that accepts more gets further, and
 3. one that expectations.toml adds for S, with a reason.
Where whytls forwards even though the client does not, the client's own code has to be among the codes explained.
"""

import pathlib
import re
import tomllib

EXPECTATIONS = pathlib.Path(__file__).resolve().parent / "expectations.toml"
# The same server under another name; whytls was told to forward to this one.
TWINS = {"old-device-pinned": "old-device"}
ANYTHING = "\u2026"


def expectations():
    with open(EXPECTATIONS, "rb") as file:
        read = tomllib.load(file)
    return {kind: read.get(kind, []) for kind in ("untested", "unseen", "also", "firefox")}


def slugs(record):
    if record is None:
        return set()
    return {record["slug"], *(finding["slug"] for finding in record["findings"])}


def fold(text):
    return " ".join(text.split())


def says(words, message):
    """Whether the pieces of `words` between the marks for anything occur in the message, in that order."""
    message = fold(message)
    at = 0
    for piece in map(fold, words.split(ANYTHING)):
        found = message.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


class Verdict:
    """The outcome of one step."""

    def __init__(self, title):
        self.title = title
        self.counts = {}    # by name
        self.failures = []  # one line each
        self.notes = []    # known differences, with their reasons
        self.details = []  # one line for each thing compared
        self.unused = []   # rows of expectations.toml
        self.skipped = ""

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def fail(self, line):
        self.failures.append(line)


def compare_cells(rows, records):
    """Step 1: the member `clients` of each problem document against what was seen. records: by policy, then server."""
    verdict = Verdict("the client table of whytls")
    problems = {server: record for server, record in records["gallery"].items() if record is not None}
    if not any("clients" in problem for problem in problems.values()):
        verdict.fail("the proxy gives no client table")
        return verdict
    untested, unseen = (_cells_of(kind) for kind in ("untested", "unseen"))
    for row in rows:
        if row.server not in problems:
            continue
        views = {view["client"]: view for view in problems[row.server].get("clients", [])}
        if (row.server, row.client) in untested:
            difference = _untested_difference(row, views.get(row.client))
            verdict.count("differs" if difference else "untested")
        elif (row.server, row.client) in unseen:
            agrees = not _cell_difference(row, views.get(row.client))
            difference = "expectations.toml says that whytls cannot know this, and it does" if agrees else ""
            verdict.count("differs" if difference else "unseen")
        else:
            difference = _cell_difference(row, views.get(row.client))
            verdict.count("differs" if difference else "agrees")
        if difference:
            verdict.fail(f"{row.client} and {row.server}: {difference}")
    return verdict


def _cells_of(kind):
    return {(row["server"], client) for row in expectations()[kind] for client in row["clients"]}


def _cell_difference(row, view):
    if view is None:
        return f"whytls has no cell; the client {row.outcome} {row.code}"
    said = (view["outcome"], view.get("code", ""))
    if said != (row.outcome, row.code):
        return f"whytls says {' '.join(said)}, the client {row.outcome} {row.code}"
    words = view.get("words", "")
    if bool(words) != bool(row.message):
        return f"whytls says {words!r}, the client {fold(row.message)[:160]!r}"
    if not says(words, row.message):
        return f"whytls says {words!r}, which is not in {fold(row.message)[:300]!r}"
    return ""


def _untested_difference(row, view):
    if row.outcome == "connects" or row.message and not re.search("tim(ed|e) ?out|too long|deadline|establish", row.message, re.I):
        return f"expectations.toml says that this cannot be tested, and the client says {fold(row.message)[:160]!r}"
    if view is not None and view["outcome"] != "unknown" and view["evidence"] != "documented":
        return f"it cannot be tested, and whytls calls it {view['evidence']}"
    return ""


def right_failures(server, records, also):
    server = TWINS.get(server, server)
    found = set()
    for by_server in records.values():
        found |= slugs(by_server.get(server))
    return found | {row["slug"] for row in also if row["server"] == server}


def compare_explanations(rows, records, answers):
    """Step 2: every message given to `whytls explain`. answers: what it says by message, None without the command."""
    verdict = Verdict("whytls explain")
    also = expectations()["also"]
    unused = {(row["server"], row["slug"]) for row in also}
    for row in rows:
        if not row.message:
            continue
        answer = answers[row.message]
        if answer is None:
            verdict.fail("this whytls cannot explain")
            return verdict
        right = right_failures(row.server, records, also)
        place = _place(answer, right, row.code)
        unused -= {(TWINS.get(row.server, row.server), one["slug"]) for one in answer.get("candidates", [])}
        verdict.count(place)
        named = ", ".join(f"{one['rank']} {one['slug']}" for one in answer.get("candidates", [])[:6]) or "nothing"
        verdict.details.append(f"{place}: {row.client} and {row.server}: {named}")
        if place in ("lower", "missed"):
            verdict.fail(f"{place}: {row.client} and {row.server}: explain names {named}; right: "
                         f"{', '.join(sorted(right)) or row.code}; the message: {fold(row.message)[:200]}")
    verdict.unused = [f"[[also]] {server} {slug}" for server, slug in sorted(unused)]
    return verdict


def _place(answer, right, code):
    """Where the first right failure stands."""
    if not right:
        known = {one["symbol"] for one in answer.get("codes", [])}
        return "first" if code in known else "missed"
    candidates = answer.get("candidates", [])
    leaders = [one["slug"] for one in candidates if one["rank"] == 1]
    for one in candidates:
        if one["slug"] in right:
            if one["rank"] > 1:
                return "lower"
            return "first" if set(leaders) <= right else "first of several"
    return "missed"


def compare_firefox(rows, records):
    """Step 3: the code that Firefox shows is our primary code; each difference needs a reason.

    Where Firefox shows no code (it connects, it waits, its page has none) there is nothing to be equal to; those are
    counted apart, and need a reason all the same.
    """
    verdict = Verdict("the code of Firefox")
    reasons = {row["server"]: row for row in expectations()["firefox"]}
    seen = {row.server: row for row in rows if row.client == "Firefox"}
    if not seen:
        verdict.skipped = "Firefox was not asked"
        return verdict
    verdict.unused = [f"[[firefox]] {server}" for server in reasons if not records["gallery"].get(server)]
    for server, record in records["gallery"].items():
        if server not in seen or record is None:
            continue
        theirs, ours = seen[server].code, record["code"]
        if theirs == ours:
            verdict.count("the same code")
            if server in reasons:
                verdict.fail(f"{server}: expectations.toml has a reason for a difference, and there is none")
            continue
        verdict.count("another code" if theirs else "no code")
        line = f"{server}: Firefox shows {theirs or 'no code'}, whytls {ours}"
        reason = reasons.get(server)
        if reason is None or reason["code"] != theirs:
            verdict.fail(f"{line}, for no known reason")
        else:
            verdict.notes.append(f"{line}: {re.sub(r'[.]$', '', reason['why'])}")
    return verdict
