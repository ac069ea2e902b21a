"""Every text of the advice by situation (policy/situations.toml) can be shown; that the other languages say the same is
seen to by the build (embed_advice_words)."""

import pathlib
import re
import tomllib
import unittest

POLICY = pathlib.Path(__file__).resolve().parents[2] / "policy"
PLACEHOLDERS = {"host", "port", "sni"}


def read(name):
    with open(POLICY / name, "rb") as file:
        return tomllib.load(file)


def texts(row):
    """(key, text) of every text of a row, in the order of the English keys."""
    for key in ("title", "name", "signs", "notes", "steps", "settle"):
        value = row.get(key, [])
        for text in [value] if isinstance(value, str) else value:
            yield key, text


class Situations(unittest.TestCase):
    def setUp(self):
        self.english = read("situations.toml")

    def test_every_text_can_be_shown(self):
        rows = self.english["situation"] + self.english["family"] + self.english["steps"]
        self.assertGreater(len(rows), 100)
        seen = set()
        for row in rows:
            for key, text in texts(row):
                with self.subTest(text=text):
                    self.assertTrue(text.isascii() and text.isprintable())
                    self.assertEqual(text.count("`") % 2, 0)
                    self.assertLessEqual(set(re.findall(r"\{(\w+)\}", text)), PLACEHOLDERS)
                    if key in ("title", "signs"):
                        self.assertNotIn(text, seen)
                    seen.add(text)


if __name__ == "__main__":
    unittest.main()
