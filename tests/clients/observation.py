"""What a client did with a server, in the words of the client."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Observation:
    outcome: str         # "connects", "asks" (it refuses, the user may go on) or "refuses"
    code: str = ""       # the client's own code or exit status as it prints it; empty: it shows none
    message: str = ""    # its own words for a person, verbatim, lines joined by a space
    raw: str = ""        # all it said, for reading when something is unclear
