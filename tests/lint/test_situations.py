"""Advice by situation (policy/situations.toml) is complete in itself, and its German says the same."""

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


def code(text):
    return re.findall(r"`[^`]*`", text)


class Situations(unittest.TestCase):
    def setUp(self):
        self.english = read("situations.toml")
        self.german = read("situations.de.toml")

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

    def same(self, english, german):
        mine, other = list(texts(english)), list(texts(german))
        self.assertEqual([key for key, _ in mine], [key for key, _ in other])
        for (_, text), (_, translated) in zip(mine, other):
            with self.subTest(text=text):
                self.assertEqual(sorted(re.findall(r"\{\w+\}", text)), sorted(re.findall(r"\{\w+\}", translated)))
                self.assertEqual(code(text), code(translated))

    def test_german_has_the_same_situations_and_families(self):
        for table in ("situation", "family"):
            rows = {row["id"]: row for row in self.english[table]}
            self.assertEqual(list(rows), list(self.german[table]))
            for name, row in rows.items():
                with self.subTest(name):
                    self.same(row, self.german[table][name])

    def test_german_has_the_same_steps_for_the_same_systems(self):
        def key(row):
            return row["topic"], row["system"]

        self.assertEqual([key(row) for row in self.english["steps"]], [key(row) for row in self.german["steps"]])
        for english, german in zip(self.english["steps"], self.german["steps"]):
            self.assertTrue(german["name"])
            self.same({"steps": english["steps"]}, {"steps": german["steps"]})


if __name__ == "__main__":
    unittest.main()
