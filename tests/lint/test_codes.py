"""The explanations of other programs' codes (policy/codes) are complete, unique and point to failures that exist."""

import pathlib
import re
import tomllib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODES = ROOT / "policy" / "codes"
TABLES = ROOT / "tests" / "data" / "codes"

# file of explanations: (table of facts, column of the symbol, column of the number, which symbols)
FAMILIES = {
    "nss_ssl.toml": ("nss_error_codes.tsv", 1, 2, "SSL_ERROR_"),
    "nss_sec.toml": ("nss_error_codes.tsv", 1, 2, "(?!SSL_ERROR_)"),
    "nspr.toml": ("nspr_error_codes.tsv", 0, 1, ""),
    "chrome.toml": ("chrome_cert_errors.tsv", 0, 1, ""),
    "openssl_verify.toml": ("openssl_verify_codes.tsv", 1, 0, ""),
    "tls_alerts.toml": ("tls_alerts.tsv", 1, 0, ""),
}
# file of explanations: column of what the program prints
TEXTS = {"nss_ssl.toml": 3, "nss_sec.toml": 3, "openssl_verify.toml": 2}
KEYS = {"number", "standing", "failures", "text", "same_as", "meaning", "actor", "action"}
STANDINGS = {"met", "rare", "internal", "historical"}
ACTORS = {"visitor", "proxy", "server", "developer", "nobody"}
LENGTHS = {"meaning": (60, 400), "action": (20, 250)}


def explained(name):
    with open(CODES / name, "rb") as file:
        return tomllib.load(file)


def wanted(name):
    table, symbol, number, pattern = FAMILIES[name]
    rows = [line.split("\t") for line in (TABLES / table).read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")]
    return {row[symbol]: int(row[number]) for row in rows if re.match(pattern, row[symbol])}


def slugs():
    text = (ROOT / "policy" / "failures.def").read_text(encoding="utf-8")
    return set(re.findall(r"^WHYTLS_FAILURE\((\w+)", text, re.M))


class Codes(unittest.TestCase):
    def test_every_file_is_a_family(self):
        self.assertEqual({path.name for path in CODES.glob("*.toml")}, set(FAMILIES))

    def test_every_code_of_the_tables_is_explained_and_no_other(self):
        for name in FAMILIES:
            with self.subTest(name):
                numbers = {symbol: row["number"] for symbol, row in explained(name).items()}
                self.assertGreater(len(numbers), 30)
                self.assertEqual(list(numbers.items()), list(wanted(name).items()), "in the order of the table")

    def test_every_row_has_what_it_needs(self):
        known = slugs()
        self.assertGreater(len(known), 100)
        for name in FAMILIES:
            rows = explained(name)
            for symbol, row in rows.items():
                with self.subTest(f"{name}: {symbol}"):
                    self.assertLessEqual(set(row), KEYS)
                    self.assertIn(row["standing"], STANDINGS)
                    self.assertIn(row["actor"], ACTORS)
                    self.assertLessEqual(set(row.get("failures", [])), known)
                    self.assertIn(row.get("same_as", symbol), rows)
                    for key, (shortest, longest) in LENGTHS.items():
                        self.assertTrue(shortest <= len(row[key]) <= longest, f"{key} has {len(row[key])} characters")
                        self.assertTrue(row[key].isascii() and row[key].isprintable(), key)

    def test_the_text_of_a_code_is_the_one_of_the_table(self):
        for name, (table, symbol, _, pattern) in FAMILIES.items():
            if name not in TEXTS:
                continue
            column = TEXTS[name]
            rows = [line.split("\t") for line in (TABLES / table).read_text(encoding="utf-8").splitlines()
                    if line and not line.startswith("#")]
            texts = {row[symbol]: row[column] for row in rows if re.match(pattern, row[symbol]) and row[column:]}
            self.assertEqual({s: row.get("text", "") for s, row in explained(name).items()}, texts)

    def test_no_two_codes_share_a_text_unless_they_are_the_same_fault(self):
        first = {}
        for name in FAMILIES:
            for symbol, row in explained(name).items():
                for key in LENGTHS:
                    other = first.setdefault((key, row[key]), symbol)
                    self.assertTrue(other in (symbol, row.get("same_as")), f"{key} of {symbol} is that of {other}")


if __name__ == "__main__":
    unittest.main()
