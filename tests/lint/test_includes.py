"""The include check finds what it is there to find."""

import pathlib
import tempfile
import unittest

import includes


class IncludeRules(unittest.TestCase):
    def faults(self, room, line):
        return [reason for _, _, reason in includes.faults_of(room, None, line)]

    def test_openssl_outside_of_tls_is_found(self):
        self.assertEqual(self.faults("proxy", "#include <openssl/ssl.h>"), ["OpenSSL belongs to tls"])
        self.assertEqual(self.faults("tls", "#include <openssl/ssl.h>"), [])

    def test_libuv_and_llhttp_outside_of_proxy_are_found(self):
        self.assertTrue(self.faults("config", "#include <uv.h>"))
        self.assertTrue(self.faults("policy", "#  include <uv/errno.h>"))
        self.assertTrue(self.faults("tls", '#include "llhttp.h"'))
        self.assertEqual(self.faults("proxy", "#include <uv.h>"), [])

    def test_toml11_outside_of_config_is_found(self):
        self.assertTrue(self.faults("proxy", "#include <toml.hpp>"))
        self.assertTrue(self.faults("policy", "#include <toml11/toml.hpp>"))
        self.assertEqual(self.faults("config", "#include <toml.hpp>"), [])

    def test_an_arrow_against_the_direction_is_found(self):
        self.assertTrue(self.faults("tls", '#include "policy/failure.h"'))
        self.assertTrue(self.faults("policy", '#include "config/settings.h"'))
        self.assertTrue(self.faults("config", '#include "proxy/server.h"'))
        self.assertEqual(self.faults("proxy", '#include "tls/stream.h"'), [])

    def test_sockets_in_policy_are_found(self):
        self.assertTrue(self.faults("policy", "#include <sys/socket.h>"))

    def test_sqlite_outside_of_the_ledger_is_found(self):
        self.assertEqual(self.faults("policy", "#include <sqlite3.h>"), ["SQLite belongs to policy/ledger"])
        self.assertTrue(self.faults("proxy", "#include <sqlite3.h>"))
        ledger = pathlib.Path("policy/ledger/a.cpp")
        self.assertEqual(list(includes.faults_of("policy", ledger, "#include <sqlite3.h>")), [])
        self.assertTrue(list(includes.faults_of("tls", pathlib.Path("tls/ledger/a.cpp"), "#include <sqlite3.h>")))

    def test_judgement_and_ledger_do_not_see_each_other(self):
        self.assertTrue(self.faults("policy", '#include "policy/ledger/ledger.h"'))
        self.assertEqual(self.faults("proxy", '#include "policy/ledger/ledger.h"'), [])
        ledger = pathlib.Path("policy/ledger/a.cpp")
        self.assertTrue(list(includes.faults_of("policy", ledger, '#include "policy/verdict.h"')))
        self.assertEqual(list(includes.faults_of("policy", ledger, '#include "policy/ledger/types.h"')), [])

    def test_relative_paths_and_test_headers_are_found(self):
        self.assertTrue(self.faults("tls", '#include "../policy/failure.h"'))
        self.assertTrue(self.faults("proxy", '#include "tests/support/peer.h"'))

    def test_a_fault_in_a_tree_is_reported_with_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "policy").mkdir()
            (root / "policy" / "a.cpp").write_text("// one\n#include <openssl/x509.h>\n", encoding="utf-8")
            messages, count = includes.check(root)
        self.assertEqual(count, 1)
        self.assertEqual(messages, ["policy/a.cpp:2: openssl/x509.h: OpenSSL belongs to tls"])


if __name__ == "__main__":
    unittest.main()
