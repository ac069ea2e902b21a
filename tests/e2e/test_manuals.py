"""The man pages say what the real program does."""

import re
import unittest

from harness import ROOT, Scratch, run_whytls

MANUAL = (ROOT / "docs/man/whytls.1").read_text(encoding="utf-8")
MANUAL_CONFIG = (ROOT / "docs/man/whytls.toml.5").read_text(encoding="utf-8")


def plain(roff):
    """The text of a man page without its markup."""
    text = re.sub(r"\\f[PBIR]", "", roff)
    return text.replace(r"\(dq", '"').replace(r"\-", "-")


class Manuals(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.remove)

    def test_every_command_and_option_is_in_the_manual(self):
        text = plain(MANUAL)
        for command in ((), ("run",), ("config", "check"), ("config", "show"), ("ca", "show"), ("ca", "export"),
                        ("explain",), ("codes",), ("page",), ("ledger", "list"), ("ledger", "show"),
                        ("ledger", "conflicts"), ("ledger", "expiring"), ("ledger", "accept"), ("ledger", "forget"),
                        ("ledger", "export")):
            shown = run_whytls(self.scratch, *command, "--help").stdout
            for option in set(re.findall(r"--[a-z][a-z0-9-]*", shown.split("Example")[0])):
                self.assertIn(option, text, command)
            self.assertIn(" ".join(command), text)

    def test_every_key_of_the_configuration_is_in_the_manual_with_its_default(self):
        shown = run_whytls(self.scratch, "config", "show").stdout
        manual = plain(MANUAL_CONFIG)
        sections = re.compile(r"^(?:log|admin|limits|timeouts|authority|ledger|page|listener\[0\]|policy\.browser)\.")
        checked = 0
        for key, value in re.findall(r"(?m)^(\S+) += (.*?) +# default$", shown):
            name = sections.sub("", key).split(".")[-1]
            self.assertTrue(re.search(rf"\b{name}\b", manual), key)
            if re.match(r"(timeouts|limits|log|admin)\.", key) and not value.startswith("("):
                bare = value.strip('"')
                default = rf'\b{name}(\|{bare}\|| " = "?{re.escape(bare)}")'
                self.assertTrue(re.search(default, manual), f"{key} = {value}")
                checked += 1
        self.assertGreater(checked, 20)

    def test_the_example_of_the_manual_is_a_valid_configuration(self):
        example = plain(MANUAL_CONFIG).split(".SH EXAMPLE\n.nf\n")[1].split("\n.fi")[0]
        path = self.scratch.write("example.toml", example)
        done = run_whytls(self.scratch, "config", "check", path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
