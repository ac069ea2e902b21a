"""The failure pages as browsers, assistive technology and the HTML standard take them."""

import json
import re
import unittest

from harness import ARTIFACTS, ROOT, SANITIZED, require_tool
from page_visits import NARROW, WIDE, Pages, validate

# The whole of a page with up to three certificates, as it goes over the wire.
MOST_BYTES = 60 * 1024
# These are looked at in each other language as well, in one way, for all pages are made of the same parts.
TRANSLATED = ("expired", "hostile-text", "five-faults", "missing-intermediate", "plain-http", "refused", "no-answer",
              "client-certificate-tls13", "old-device", "no-common-cipher")
# English first: it is what the others fall back on.
LANGUAGES = sorted((words.stem for words in (ROOT / "policy" / "words").glob("*.toml")),
                   key=lambda name: (name != "en", name))
BRIEFLY = (("dark", NARROW),)
ALL_WAYS = tuple((scheme, size) for scheme in ("light", "dark") for size in (NARROW, WIDE))

# What no text on a page may hold: control characters, and those that turn the direction of what follows.
DANGEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

BAD_PAGE = """<!doctype html><html><head><title>t</title></head><body tabindex="3"><h1>a</h1><h4>b</h4>
<p style="color: #aaa; background: #fff">faint</p><img src="http://127.0.0.1:1/x" onerror="alert(1)">
<script>alert(2)</script>
<div style="width: 3000px">wide</div></body></html>"""


class PageQuality(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if SANITIZED:
            raise unittest.SkipTest("the pages are the same without sanitizers")
        cls.pages = Pages()
        cls.addClassCleanup(cls.pages.close)
        cls.browser = cls.pages.browsers[0]
        wanted = [(case, ALL_WAYS, LANGUAGES[0]) for case in cls.pages.cases]
        wanted += [(case, BRIEFLY, language) for language in LANGUAGES[1:] for case in TRANSLATED]
        cls.visits = cls.pages.visit_all(wanted)
        sizes = sorted((len(visit.html), f"{visit.case} {visit.language}") for visit in cls.visits)
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        listing = "".join(f"{size:7} {page}\n" for size, page in sizes)
        (ARTIFACTS / "page-sizes.txt").write_text(listing, encoding="utf-8")
        print(f"{len(sizes)} pages of {sizes[0][0]} ({sizes[0][1]}) to {sizes[-1][0]} ({sizes[-1][1]}) bytes")

    def test_the_pages_of_the_gallery_are_all_there(self):
        self.assertGreaterEqual(len(self.visits), 40)
        self.assertEqual(LANGUAGES[0], "en")
        self.assertLessEqual(set(TRANSLATED), {visit.case for visit in self.visits})
        for visit in self.visits:
            with self.subTest(case=visit.case, language=visit.language):
                self.assertIn(b"whytls", visit.html)

    def test_axe_finds_nothing_in_light_and_dark_narrow_and_wide(self):
        for visit in self.visits:
            with self.subTest(case=visit.case, language=visit.language):
                self.assertTrue(visit.violations)
                self.assertEqual({way: found for way, found in visit.violations.items() if found}, {})

    def test_the_html_checker_finds_no_error(self):
        require_tool("java")
        documents = {f"{visit.case}-{visit.language}": visit.html for visit in self.visits}
        self.assertEqual(validate(documents), [])

    def test_the_page_loads_nothing_and_violates_no_policy(self):
        for visit in self.visits:
            with self.subTest(case=visit.case, language=visit.language):
                self.assertEqual(visit.requests, [f"http://{visit.case}.localhost:{self.pages.page_port}/"])
                # Chromium notes the status of the page itself.
                said = [text for text in visit.messages if not re.search("responded with a status of 50[24]", text)]
                self.assertEqual(said, [])
                self.assertEqual(visit.probe["seen"], [])

    def test_no_page_is_wider_than_its_window(self):
        for visit in self.visits:
            with self.subTest(case=visit.case, language=visit.language):
                self.assertEqual(visit.overflow, {NARROW[0]: 0, WIDE[0]: 0})

    def test_a_page_with_up_to_three_certificates_is_small(self):
        for visit in self.visits:
            with self.subTest(case=visit.case, language=visit.language):
                self.assertLessEqual(visit.html.count(b"PEM of"), 3)
                self.assertLess(len(visit.html), MOST_BYTES)

    def test_the_structure_of_every_page_is_sound(self):
        for visit in self.visits:
            with self.subTest(case=visit.case, language=visit.language):
                probe = visit.probe
                self.assertEqual(probe["lang"], visit.language)
                self.assertEqual(len(probe["ids"]), len(set(probe["ids"])))
                self.assertEqual(probe["positiveTabIndex"], [])
                headings = probe["headings"]
                self.assertEqual((headings[0], headings.count(1)), (1, 1))
                deeper = [pair for pair in zip(headings, headings[1:]) if pair[1] > pair[0] + 1]
                self.assertEqual(deeper, [])

    def test_the_tab_key_follows_the_document_and_reaches_everything(self):
        for case in ("expired", "plain-http"):
            with self.subTest(case=case):
                self.browser.go(case)
                order = self.tab_order()
                self.assertEqual(order, sorted(order))
                # The first stop leads past the header, and can be seen while it has the focus.
                self.browser.go(case)
                self.press_tab()
                self.assertEqual(self.browser.tab.evaluate("document.activeElement.getAttribute('href')"), "#main")
                self.assertGreater(self.browser.tab.evaluate("document.activeElement.getBoundingClientRect().right"), 0)
                expected = next(v for v in self.visits if v.case == case).probe["focusable"]
                self.assertEqual(len(set(order)), expected)

    def press_tab(self):
        for kind in ("rawKeyDown", "keyUp"):
            self.browser.tab.command("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab",
                                     windowsVirtualKeyCode=9)

    def tab_order(self):
        """Where in the document each press of the tab key leads, until the focus leaves the page."""
        tab = self.browser.tab
        order = []
        for _ in range(200):
            self.press_tab()
            place = tab.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)")
            if tab.evaluate("document.activeElement === document.body") or (order and place == order[0]):
                break
            order.append(place)
        return order

    def test_hostile_text_is_shown_and_not_run(self):
        hostile = [visit for visit in self.visits if visit.case == "hostile-text"]
        usual = {shape for visit in self.visits if visit not in hostile for shape in visit.probe["shape"]}
        for visit in hostile:
            with self.subTest(language=visit.language):
                # It is there, as text.
                self.assertIn("<img src=x onerror=alert(1)>", visit.probe["text"])
                self.assertIn(b"&lt;img src=x onerror=alert(1)&gt;", visit.html)
                # Nothing of it became a part of the page.
                self.assertEqual(set(visit.probe["shape"]) - usual, set())
                self.assertRegex(visit.probe["title"], r"^[^<>&]*hostile-text\.localhost:\d+[^<>&]*$")

    def test_no_text_of_a_peer_becomes_markup_or_turns_the_text_around(self):
        for visit in self.visits:
            with self.subTest(case=visit.case, language=visit.language):
                probe = visit.probe
                self.assertEqual((probe["scripts"], probe["styles"], probe["handlers"]), (1, 1, []))
                self.assertEqual([link for link in probe["links"] if not re.fullmatch("#[a-z-]+", link)], [])
                self.assertIsNone(DANGEROUS.search(probe["text"]))
                self.assertIsNone(DANGEROUS.search(visit.html.decode("utf-8")))
                self.assertIsNone(DANGEROUS.search(probe["title"]))

    def test_the_instruments_find_what_is_wrong_with_a_bad_page(self):
        tab = self.browser.tab
        # The gallery's own list has no failure page's policy; it only lends its origin.
        tab.navigate(f"http://healthy.localhost:{self.pages.page_port}/")
        tab.evaluate(f"document.open(); document.write({json.dumps(BAD_PAGE)}); document.close()")
        found = self.browser.look(ALL_WAYS[:1])
        rules = {violation["rule"] for violation in found.violations["light", NARROW[0]]}
        self.assertLessEqual({"color-contrast", "html-has-lang", "image-alt", "heading-order", "tabindex"}, rules)
        self.assertIn("alert", found.probe["seen"])
        self.assertIn("element: IMG", found.probe["seen"])
        self.assertEqual(len(found.probe["handlers"]), 1)
        self.assertGreater(found.overflow[WIDE[0]], 1000)
        require_tool("java")
        self.assertNotEqual(validate({"bad": BAD_PAGE.encode()}), [])
