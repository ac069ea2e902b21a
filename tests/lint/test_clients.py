"""The comparisons of tests/clients, on rows made up here: each rule accepts what it should, and refuses the rest."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))

import collect
import compare
import document


def row(client="curl", server="expired", outcome="refuses", code="60", message="curl: (60) certificate has expired"):
    return collect.Row(client, "1", server, outcome, code, message, "", 0.0)


def problem(*views, slug="cert_expired", code="SEC_ERROR_EXPIRED_CERTIFICATE", findings=()):
    return {"slug": slug, "code": code, "findings": [{"slug": one} for one in (slug, *findings)], "clients": list(views)}


def view(client="curl", outcome="refuses", code="60", words="certificate has expired", evidence="measured"):
    return {"client": client, "outcome": outcome, "code": code, "words": words, "evidence": evidence}


def records(record, server="expired"):
    return {"gallery": {server: record}}


def candidates(*ranked):
    return {"candidates": [{"rank": rank, "slug": slug} for rank, slug in ranked], "codes": []}


class Words(unittest.TestCase):
    def test_pieces_have_to_occur_in_their_order(self):
        message = "tls: server sent\n  alert 40 on port 4433"
        for words, expected in (("alert 40", True), ("server sent alert", True), ("tls\u2026port", True),
                                ("port\u2026tls", False), ("alert 41", False), ("", True), ("40\u202640", False)):
            with self.subTest(words=words):
                self.assertEqual(compare.says(words, message), expected)


class Cells(unittest.TestCase):
    def difference(self, seen, *views):
        return compare.compare_cells([seen], records(problem(*views), seen.server)).failures

    def test_a_cell_that_says_the_same_agrees(self):
        self.assertEqual(self.difference(row(), view()), [])
        self.assertEqual(self.difference(row(outcome="connects", code="", message=""),
                                         view(outcome="connects", code="", words="")), [])

    def test_another_outcome_code_or_wording_differs(self):
        for other in (view(outcome="asks"), view(code="35"), view(words="expired yesterday"), view(words=""),
                      view(outcome="unknown", code="", words=""), view(client="wget")):
            with self.subTest(view=other):
                self.assertEqual(len(self.difference(row(), other)), 1)

    def test_words_where_the_client_says_nothing_differ(self):
        self.assertEqual(len(self.difference(row(code="", message=""), view(code=""))), 1)

    def test_a_cell_that_cannot_be_tested_must_not_be_called_measured(self):
        seen = row("Go", "no-secure-renegotiation", code="", message="context deadline exceeded")
        self.assertEqual(self.difference(seen, view("Go", "connects", "", "", "documented")), [])
        self.assertEqual(len(self.difference(seen, view("Go", "connects", "", "", "measured"))), 1)

    def test_an_untested_cell_in_which_something_happens_is_an_error(self):
        seen = row("Go", "no-secure-renegotiation", code="", message="tls: no renegotiation for you")
        self.assertEqual(len(self.difference(seen, view("Go", "connects", "", "", "documented"))), 1)

    def test_a_cell_that_whytls_cannot_know_must_differ(self):
        seen = row("curl", "old-device", message="curl: (60) self-signed certificate")
        self.assertEqual(self.difference(seen, view(code="35", words="legacy sigalg")), [])
        self.assertEqual(len(self.difference(seen, view(words="self-signed"))), 1)

    def test_a_proxy_without_the_table_fails(self):
        bare = problem()
        del bare["clients"]
        self.assertEqual(len(compare.compare_cells([row()], records(bare)).failures), 1)


class Explanations(unittest.TestCase):
    def counts(self, answer, seen=None, record=None):
        seen = seen or row()
        record = record or problem(findings=["cert_weak_key"])
        return compare.compare_explanations([seen], records(record, seen.server), {seen.message: answer}).counts

    def test_where_the_right_failure_stands_is_counted(self):
        for answer, place in ((candidates((1, "cert_expired")), "first"),
                              (candidates((1, "cert_weak_key"), (2, "cert_expired")), "first"),
                              (candidates((1, "cert_expired"), (1, "cert_not_yet_valid")), "first of several"),
                              (candidates((1, "cert_not_yet_valid"), (2, "cert_expired")), "lower"),
                              (candidates((1, "tcp_refused")), "missed"), (candidates(), "missed")):
            with self.subTest(place=place, answer=answer):
                self.assertEqual(self.counts(answer), {place: 1})

    def test_a_whytls_that_cannot_explain_fails(self):
        verdict = compare.compare_explanations([row()], records(problem()), {row().message: None})
        self.assertEqual(len(verdict.failures), 1)

    def test_where_whytls_forwards_the_code_has_to_be_explained(self):
        seen = row("Firefox", "reused-serial-b", code="SEC_ERROR_REUSED_ISSUER_AND_SERIAL", message="Secure Connection Failed")
        known = {"candidates": [], "codes": [{"symbol": "SEC_ERROR_REUSED_ISSUER_AND_SERIAL"}]}
        for answer, place in ((known, "first"), (candidates((1, "cert_expired")), "missed")):
            verdict = compare.compare_explanations([seen], records(None, seen.server), {seen.message: answer})
            self.assertEqual(verdict.counts, {place: 1})


class Firefox(unittest.TestCase):
    def verdict(self, server, theirs, ours):
        return compare.compare_firefox([row("Firefox", server, code=theirs)], records(problem(code=ours), server))

    def test_a_difference_without_a_reason_fails(self):
        self.assertEqual(self.verdict("expired", "A", "A").failures, [])
        self.assertEqual(len(self.verdict("expired", "A", "B").failures), 1)

    def test_a_difference_with_a_reason_is_noted(self):
        verdict = self.verdict("small-dh-group", "SSL_ERROR_NO_CYPHER_OVERLAP", "SSL_ERROR_WEAK_SERVER_EPHEMERAL_DH_KEY")
        self.assertEqual((verdict.failures, len(verdict.notes)), ([], 1))

    def test_a_reason_without_a_difference_fails(self):
        self.assertEqual(len(self.verdict("small-dh-group", "A", "A").failures), 1)


class Document(unittest.TestCase):
    def test_a_headline_has_no_stack_and_nothing_that_changes(self):
        message = 'Error: write EPROTO 80EC28CC:error:0A\n    at TLSSocket.x (node:1)\n  code: "X"\n}'
        self.assertEqual(document.headline(message), 'Error: write EPROTO 80EC28CC:error:0A / code: "X"')
        self.assertEqual(document.headline('Get "https://a.localhost:41761/": EOF'), 'Get "https://a.localhost:\u2026/": EOF')

    def test_markup_of_a_peer_stays_text(self):
        self.assertEqual(document.quoted("a `b` <img>"), "`` a `b` <img> ``")
        self.assertNotIn("\x1b", document.headline("\x1b[31mred"))
