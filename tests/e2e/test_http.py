"""HTTP/1.1 as it arrives on the wire: order, framing, early answers, smuggling."""

import threading

from harness import PATIENCE, Client, EndToEnd, reverse_config, wait_until
from upstreams import PythonServer, ScriptedServer

KEEP = b"Host: x\r\n"


class HttpOnTheWire(EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = PythonServer()
        self.addCleanup(self.server.stop)
        self.proxy = self.start(reverse_config(upstream=f"http://127.0.0.1:{self.server.port}"))
        self.port = self.proxy.port("front")

    def scripted(self, script):
        server = ScriptedServer(script)
        self.addCleanup(server.stop)
        return server, self.start(reverse_config(upstream=f"http://127.0.0.1:{server.port}")).port("front")

    def test_pipelined_requests_are_answered_in_order(self):
        with Client(self.port) as client:
            client.send(b"".join(b"GET /%d HTTP/1.1\r\n%s\r\n" % (i, KEEP) for i in range(50)))
            answers = [client.response()[2] for _ in range(50)]
        self.assertEqual(answers, [b"GET /%d" % i for i in range(50)])

    def test_a_request_that_comes_byte_by_byte_is_answered(self):
        with Client(self.port) as client:
            for byte in b"PUT /h HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n":
                client.send(bytes([byte]))
            status, _, body = client.response()
        self.assertEqual(status, 200)
        self.assertEqual(body, b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")

    def test_chunks_and_trailers_reach_the_client(self):
        with Client(self.port) as client:
            client.send(b"GET /chunked HTTP/1.1\r\n" + KEEP + b"TE: trailers\r\nConnection: close, TE\r\n\r\n")
            raw = client.read_to_end()
        self.assertIn(b"transfer-encoding: chunked", raw.lower())
        head, _, body = raw.partition(b"\r\n\r\n")
        self.assertIn(b"first", body)
        self.assertIn(b"second", body)
        self.assertTrue(body.lower().endswith(b"0\r\nx-sum: 11\r\n\r\n"), body)

    def test_an_answer_to_head_has_no_body_and_keeps_the_connection(self):
        with Client(self.port) as client:
            client.send(b"HEAD /a HTTP/1.1\r\n" + KEEP + b"\r\n")
            self.assertEqual(client.response(to_head=True)[0], 200)
            client.send(b"GET /b HTTP/1.1\r\n" + KEEP + b"\r\n")
            self.assertEqual(client.response()[2], b"GET /b")

    def test_expect_100_continue_is_answered_before_the_body(self):
        with Client(self.port) as client:
            client.send(b"PUT /h HTTP/1.1\r\n" + KEEP + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(client.response()[0], 100)
            client.send(b"abc")
            self.assertEqual(client.response()[0], 200)

    def test_an_early_answer_during_an_upload_reaches_the_client(self):
        with Client(self.port) as client:
            client.send(b"POST /refuse-early HTTP/1.1\r\n" + KEEP + b"Content-Length: 100000000\r\n\r\n")
            stop = threading.Event()

            def upload():
                try:
                    while not stop.is_set():
                        client.send(b"x" * 65536)
                except OSError:
                    pass

            thread = threading.Thread(target=upload, daemon=True)
            thread.start()
            try:
                status, _, body = client.response()
            finally:
                stop.set()
                client.socket.shutdown(2)
                thread.join(PATIENCE)
        self.assertEqual((status, body), (413, b"too large for me"))

    def refused(self, port, request):
        """Sends a faulty request; returns the status and the one line that says why. Nothing may follow on such a
        connection: what does cannot be told apart from the faulty request."""
        with Client(port) as client:
            client.send(request)
            status, _, body = client.response()
            self.assertTrue(client.at_end(), "the connection is still open")
        return status, body

    def test_requests_that_could_be_read_in_two_ways_are_refused_and_never_forwarded(self):
        invalid, ambiguous, host = (b"client_request_invalid", b"client_framing_ambiguous", b"client_host_invalid")
        coding, too_large = (b"client_transfer_coding_unknown", b"client_head_too_large")
        heads = {
            "both lengths": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                             b"0\r\n\r\n", 400, ambiguous),
            "two lengths": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 400,
                            ambiguous),
            "signed length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd", 400, invalid),
            "chunked twice": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400,
                              ambiguous),
            "folded line": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400, invalid),
            "CR in a value": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400, invalid),
            "CR as the end of a field": (b"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400, invalid),
            "CR as the end of the request line": (b"GET / HTTP/1.1\rHost: x\r\n\r\n", 400, invalid),
            "NUL": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 400, invalid),
            "control byte in a value": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x07c\r\n\r\n", 400, invalid),
            "DEL in a value": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x7fc\r\n\r\n", 400, invalid),
            "control byte in a name": (b"GET / HTTP/1.1\r\nHost: x\r\nA\x07: b\r\n\r\n", 400, invalid),
            "control byte in the target": (b"GET /\x07 HTTP/1.1\r\nHost: x\r\n\r\n", 400, invalid),
            "space before colon": (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd", 400, invalid),
            "no host": (b"GET / HTTP/1.1\r\nA: b\r\n\r\n", 400, host),
            "two hosts": (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, host),
            "unknown coding": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
                               coding),
            "long target": (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, b"client_uri_too_long"),
            "long field": (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 70000 + b"\r\n\r\n", 431, too_large),
            "many fields": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 300 + b"\r\n", 431, too_large),
        }
        server, port = self.scripted(lambda connection: connection.recv(65536))
        for name, (request, expected, code) in heads.items():
            with self.subTest(name):
                status, body = self.refused(port, request)
                self.assertEqual(status, expected, body)
                self.assertIn(b" " + code + b": ", body)
                self.assertEqual(server.accepted, 0, "reached the upstream")

    def test_a_body_with_a_fault_in_its_chunks_is_refused_and_not_forwarded_from_the_fault_on(self):
        faults = {
            "no number": b"zz\r\n",
            "negative size": b"-1\r\n",
            "0x": b"0x3\r\nabc\r\n",
            "size beyond 64 bits": b"fffffffffffffffff\r\nabc\r\n",
            "size that ends with LF": b"3\nabc\r\n",
            "bare CR in an extension": b"3;a\rb\r\nabc\r\n",
            "data longer than its size": b"3\r\nabcd\r\n",
            "control byte in a trailer": b"3\r\nabc\r\n0\r\nA: b\x07\r\n",
        }
        arrived = []

        def script(connection):
            whole = b""
            while piece := connection.recv(65536):
                whole += piece
            arrived.append(whole)

        _, port = self.scripted(script)
        for name, chunks in faults.items():
            with self.subTest(name):
                before = len(arrived)
                status, body = self.refused(port, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                            chunks + b"0\r\n\r\n")
                self.assertEqual(status, 400, body)
                self.assertIn(b" client_request_invalid: ", body)
                # The head is on its way when the fault is seen. The upstream must not take the request for complete.
                wait_until(lambda: len(arrived) > before, "the end of the upstream connection")
                self.assertIn(arrived[-1].partition(b"\r\n\r\n")[2], (b"", b"3\r\nabc\r\n"))

    def test_an_answer_that_is_not_http_is_named(self):
        def script(connection):
            connection.recv(65536)
            connection.sendall(b"220 mail.example ESMTP\r\n")

        _, port = self.scripted(script)
        with Client(port) as client:
            client.send(b"GET / HTTP/1.1\r\n" + KEEP + b"\r\n")
            status, _, body = client.response()
        self.assertEqual(status, 502)
        self.assertIn(b"http_response_invalid", body)

    def test_bytes_after_an_answer_are_never_taken_for_the_next_one(self):
        first = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        poison = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"

        def script(connection):
            while connection.recv(65536):
                connection.sendall(first + poison)

        server, port = self.scripted(script)
        with Client(port) as client:
            for _ in range(5):
                client.send(b"GET / HTTP/1.1\r\n" + KEEP + b"\r\n")
                self.assertEqual(client.response()[::2], (200, b"ok"))
        self.assertEqual(server.accepted, 5, "each of these connections is spoiled by its first answer")

    def test_a_client_that_goes_away_lets_go_of_the_upstream(self):
        gone = threading.Event()

        def script(connection):
            connection.recv(65536)
            if connection.recv(65536) == b"":
                gone.set()

        server, port = self.scripted(script)
        with Client(port) as client:
            client.send(b"GET / HTTP/1.1\r\n" + KEEP + b"\r\n")
            wait_until(lambda: server.accepted == 1, "the request at the upstream")
        self.assertTrue(gone.wait(PATIENCE), "the upstream connection stayed open")
