"""A failure page of the owner's: in force, refused with its place when it is broken, and the old one kept."""

import base64
import hashlib
import re
import signal

from harness import Client, EndToEnd, free_port, reverse_config, run_whytls, wait_until


def hash_of(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


class OwnPage(EndToEnd):
    def setUp(self):
        super().setUp()
        self.directory = self.scratch.path / "page"
        done = run_whytls(self.scratch, "page", "--write", self.directory)
        self.assertEqual(done.returncode, 0, done.stderr)
        # Below the directory of the configuration file; nobody listens upstream, so every answer is a page.
        self.config = reverse_config(upstream=f"http://127.0.0.1:{free_port()}") + '[page]\ndirectory = "page"\n'

    def put(self, name, text):
        (self.directory / name).write_text(text, encoding="utf-8")

    def change(self, name, old, new):
        text = (self.directory / name).read_text(encoding="utf-8")
        self.assertIn(old, text)
        self.put(name, text.replace(old, new, 1))

    def page(self, proxy):
        with Client(proxy.port("front")) as client:
            client.send(b"GET /x HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
            status, header, body = client.response()
        self.assertEqual(status, 502)
        return dict(header), body.decode()

    def reload(self, proxy, event):
        def count():
            return sum(line.get("event") == event for line in proxy.lines)

        before = count()
        proxy.signal(signal.SIGHUP)
        wait_until(lambda: count() > before, f"{event} in:\n{proxy.output()[-4000:]}")

    def test_what_was_written_is_the_page_that_serves_without_it(self):
        (self.directory / "page.css").unlink()  # the built-in one has fewer blanks
        own = self.page(self.start(self.config))[0]
        built_in = self.page(self.start(self.config.replace('[page]\ndirectory = "page"\n', "")))[0]
        self.assertEqual(own["content-security-policy"], built_in["content-security-policy"])

    def test_a_changed_page_is_in_force_with_its_own_security_policy(self):
        self.change("page.html", "<title>", "<title>Example & Co.: {{status}} ")
        self.put("page.css", "body { color: navy }\r\n")
        (self.directory / "page.js").unlink()
        header, body = self.page(self.start(self.config))
        self.assertIn("<title>Example & Co.: 502 ", body)
        style = re.search(r"<style>(.*?)</style>", body, re.S).group(1)
        script = re.search(r"<script>(.*?)</script>", body, re.S).group(1)
        self.assertEqual(style, "body { color: navy }\n")
        self.assertEqual(header["content-security-policy"],
                         f"default-src 'none'; style-src {hash_of(style)}; script-src {hash_of(script)}; "
                         "base-uri 'none'; form-action 'none'; frame-ancestors 'self'")

    def test_a_broken_page_leaves_the_old_one_in_force_until_it_is_repaired(self):
        self.change("page.html", "<title>", "<title>First ")
        proxy = self.start(self.config)
        self.change("page.html", "<title>First ", "<title>Second {{titel}} ")
        self.reload(proxy, "reload_failed")
        line = proxy.find_line(event="reload_failed")
        self.assertEqual(line["level"], "error")
        self.assertEqual(line["file"], str(self.directory / "page.html"))
        broken = (self.directory / "page.html").read_text(encoding="utf-8")
        number = broken[:broken.index("{{titel}}")].count("\n") + 1
        self.assertEqual(line["line"], number)
        self.assertIn(f'page.html:{number}:15: error: the page has no "titel"', line["error.message"])
        self.assertIn('did you mean "title"?', line["error.message"])
        self.assertIn("<title>First ", self.page(proxy)[1])

        self.change("page.html", "{{titel}}", "{{title}}")
        self.put("page.css", "p { color: teal }")
        self.reload(proxy, "reloaded")
        wait_until(lambda: "<title>Second " in self.page(proxy)[1], "the new page on every worker")
        # Each worker takes it over in its own time; a page and its policy always belong together.
        header, body = self.page(proxy)
        style = re.search(r"<style>(.*?)</style>", body, re.S).group(1)
        self.assertIn(hash_of(style), header["content-security-policy"])

    def test_a_broken_page_is_named_by_the_check_and_stops_the_start(self):
        self.put("page.html", "<p>\n{{#code}}\n<p>{{{kicker}}}\n")
        self.put("page.js", "'</script>'")
        config = self.scratch.write("broken.toml", self.config)
        for command in (("config", "check", config), ("run", "-c", config)):
            with self.subTest(command=command):
                done = run_whytls(self.scratch, *command)
                self.assertEqual(done.returncode, 1)
                for place in ("page.html:2:1: error: {{#code}} is never closed",
                              "page.html:3:4: error: {{{kicker}}} is not escaped",
                              'page.js:1:2: error: "</script" ends'):
                    self.assertIn(f"{self.directory}/{place}", done.stderr)

    def test_a_missing_directory_is_named_at_its_key(self):
        config = self.scratch.write("gone.toml", self.config.replace('"page"', '"gone"'))
        done = run_whytls(self.scratch, "config", "check", config)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rf'gone\.toml:\d+:13: error: page\.directory: "{self.scratch.path}/gone" cannot')

    def test_the_other_answers_are_as_they_were(self):
        self.put("page.html", "nothing")
        proxy = self.start(self.config)
        self.assertEqual(self.page(proxy)[1], "nothing")
        with Client(proxy.port("front")) as client:
            client.send(b"GET /x HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8\r\nConnection: close\r\n\r\n")
            self.assertIn(b"tcp_refused", client.response()[2])
