"""docs/clients.md: the observations as tables, without what changes from run to run."""

import re

from compare import ANYTHING, expectations
from gallery import ROOT

FILE = ROOT / "docs" / "clients.md"
LONGEST = 300
HEAD = """\
# What real clients do with broken servers

<!-- Written by `tests/clients/run --write-docs`. Do not edit: the next run replaces it. -->

Measured, not remembered: each client visits each server of the gallery (`deploy/quickstart --gallery`) and trusts its root;
tests/clients/README.md says how. This is what the page and the JSON document of whytls say under "other clients", and what
`whytls explain` is tested with.
"""
LEGEND = """\
A code means that the client refuses, `asks` that its user may go on all the same. "refuses" stands where a client
refuses without a code, "waits" where it says nothing at all and waits. Its words are below, by server.
"""
# What is different in each run, and where a message stops being news.
CHANGING = (
    (r"/tmp/\S*?/", f"{ANYTHING}/"),
    (r"(?m)^[0-9A-F]{12,16}(?=:error:)", ANYTHING),
    (r"\b[0-9A-F]{12,16}(?=:error:)", ANYTHING),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?", ANYTHING),
    (r"\w{3} \w{3} +\d+ \d\d:\d\d:\d\d UTC \d{4}", ANYTHING),
    (r"(?<=localhost:)\d{4,5}|(?<=127\.0\.0\.1:)\d{4,5}|(?<=\|:)\d{4,5}|(?<=port )\d{4,5}|(?<=port: )\d{4,5}", ANYTHING),
    (r"(?<=after )\d+(?= (ms|milliseconds))", ANYTHING),
)
# Where a program was when it failed, and the log of what went well.
SCENERY = re.compile(r"^(\s+at |\s+File |\t|    |Traceback |During handling|The above exception|--\S|Resolving |Loaded CA |"
                     r"HTTP request sent, awaiting response\.\.\. $|\}$|Connecting to .* connected\.$|\s*$)")


def headline(message):
    """A message on one line, without stack traces and without what differs in each run."""
    if "Traceback (most recent call last)" in message:
        message = message.rstrip().rpartition("\n")[2]
    elif message.startswith("curl: "):
        message = message.partition("\n")[0]
    for pattern, instead in CHANGING:
        message = re.sub(pattern, instead, message)
    lines = [line.strip() for line in message.splitlines() if not SCENERY.search(line)]
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in " / ".join(lines))
    return text if len(text) <= LONGEST else text[:LONGEST] + ANYTHING


def quoted(text):
    """As a code span: everything in it is shown as it is, whatever markup a peer or a program puts there."""
    fence = "``" if "`" in text else "`"
    return f"{fence} {text} {fence}" if fence == "``" else f"`{text}`"


def cell(row):
    if row.outcome == "connects":
        return "connects"
    if not row.code:
        return row.outcome if row.message else "waits"
    code = f"`{row.code.rpartition('.')[2]}`"
    return f"asks, {code}" if row.outcome == "asks" else code


def table(header, lines):
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in rows) + "\n"


def verdict_of(record):
    return f"`{record['code']}`" if record else "forwards"


def by_server(rows, servers):
    return {server.name: [row for row in rows if row.server == server.name] for server in servers}


def words(rows, servers, problems):
    made = []
    for server in servers:
        problem = problems[server.name]
        said = f"`{problem['slug']}`, `{problem['code']}`" if problem else "forwards"
        lines = [f"- {row.client}: {quoted(headline(row.message))}" for row in by_server(rows, servers)[server.name]
                 if row.message]
        made.append(f"### {server.name}\n\n{server.what[0].upper()}{server.what[1:]}. whytls: {said}.\n\n"
                    + ("\n".join(lines) if lines else "Nobody says anything."))
    return "\n\n".join(made) + "\n"


def text(rows, servers, records, firefox):
    """The whole document. firefox: the verdict of that comparison."""
    problems = records["gallery"]
    clients = list(dict.fromkeys(row.client for row in rows))
    versions = table(["client", "version"], [[client, next(row.version for row in rows if row.client == client)]
                                             for client in clients])
    grouped = by_server(rows, servers)
    matrix = table(["server", "whytls", *clients],
                   [[f"[{server.name}](#{server.name})", verdict_of(problems[server.name]),
                     *[cell(row) for row in grouped[server.name]]] for server in servers])
    untested, unseen = ("".join(f"- {row['server']} ({', '.join(row['clients'])}): {row['why']}.\n"
                                for row in expectations()[kind]) for kind in ("untested", "unseen"))
    differences = "".join(f"- {note}.\n" for note in firefox.notes) or "None.\n"
    return "\n".join([HEAD, versions, "## By server\n", LEGEND, matrix, "These cells say nothing about the client:\n",
                      untested, "In these whytls differs, and knows no better:\n", unseen, "## Where Firefox shows another code than whytls\n", differences, "## Their words\n",
                      f"`{ANYTHING}` stands for what differs in each run, and for the rest of what is very long.\n",
                      words(rows, servers, problems)])


def write(rows, servers, records, firefox):
    FILE.write_text(text(rows, servers, records, firefox), encoding="utf-8")
