"""One request and its response: retries, interim answers, answers without a body, trailers, uploads that wait."""

import select
import threading

from certificates import CertificateMaker
from harness import PATIENCE, SANITIZED, Client, EndToEnd, reverse_config, trust_only, wait_until
from upstreams import Nginx, PythonServer, ScriptedServer

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SLOW_UPLOADS = 24
# What waits for the upstream: kHighWaterBytes (128 KiB), a read more (64 KiB), and room for a buffer that doubles.
PER_SLOW_UPLOAD_KIB = 512
PIECE = bytes(65536)
# More than what the buffers of the kernel hold on both legs together.
NEVER_TAKEN = 256 << 20


def read_head(connection):
    """The head of the next request, and what came with it; fails like a socket when there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError("closed")
        data += piece
    return data


class Exchange(EndToEnd):
    def scripted(self, script):
        server = ScriptedServer(script)
        self.addCleanup(server.stop)
        self.proxy = self.start(reverse_config(upstream=f"http://127.0.0.1:{server.port}"))
        return server, self.proxy.port("front")


class Retries(Exchange):
    def second_request_is_lost(self, request):
        """Asks twice. The upstream answers the first request of its first connection and no other: it reads each
        and closes. Returns the second answer and the number of requests that arrived by connection."""
        arrived = []

        def script(connection):
            mine = len(arrived)
            arrived.append(0)
            while True:
                read_head(connection)
                arrived[mine] += 1
                if sum(arrived) > 1:
                    return
                connection.sendall(OK)

        server, port = self.scripted(script)
        with Client(port) as client:
            client.send(GET)
            self.assertEqual(client.response()[::2], (200, b"ok"))
            client.send(request)
            status, _, body = client.response()
        self.assertEqual(server.accepted, len(arrived))
        return status, body, arrived

    def test_a_get_on_a_pooled_connection_that_died_is_answered_on_a_new_one(self):
        arrived = []

        def script(connection):
            read_head(connection)
            arrived.append(connection)
            connection.sendall(OK)
            if connection is arrived[0]:
                # Reads the next one, and closes without an answer.
                arrived.append(read_head(connection))

        server, port = self.scripted(script)
        with Client(port) as client:
            for _ in range(2):
                client.send(GET)
                self.assertEqual(client.response()[::2], (200, b"ok"))
        self.assertEqual((server.accepted, len(arrived)), (2, 3))

    def test_a_post_on_a_pooled_connection_that_died_is_not_sent_again(self):
        status, body, arrived = self.second_request_is_lost(POST)
        self.assertEqual((status, arrived), (502, [2]))
        self.assertIn(b"http_closed_before_response", body)

    def test_a_get_on_a_pooled_connection_that_died_is_sent_again_once_and_no_more(self):
        status, body, arrived = self.second_request_is_lost(GET)
        self.assertEqual((status, arrived), (502, [2, 1]))
        self.assertIn(b"http_closed_before_response", body)

    def test_a_get_that_is_lost_on_a_new_connection_is_not_sent_again(self):
        server, port = self.scripted(read_head)
        with Client(port) as client:
            client.send(GET)
            status, _, body = client.response()
        self.assertEqual((status, server.accepted), (502, 1))
        self.assertIn(b"http_closed_before_response", body)


class InterimAnswers(Exchange):
    def test_early_hints_reach_the_client_before_the_answer(self):
        seen = threading.Event()

        def script(connection):
            read_head(connection)
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
            if seen.wait(PATIENCE):
                connection.sendall(OK)

        _, port = self.scripted(script)
        with Client(port) as client:
            client.send(GET)
            status, header, _ = client.response()
            seen.set()
            self.assertEqual((status, dict(header).get("link")), (103, "</style.css>; rel=preload"))
            self.assertEqual(client.response()[::2], (200, b"ok"))

    def test_the_upstreams_100_reaches_the_client_and_the_body_waits_for_it(self):
        allow = threading.Event()
        got = []

        def script(connection):
            got.append(read_head(connection))
            allow.wait(PATIENCE)
            connection.sendall(b"HTTP/1.1 100 Continue\r\nX-From: upstream\r\n\r\n")
            got.append(connection.recv(65536))
            connection.sendall(OK)

        _, port = self.scripted(script)
        with Client(port) as client:
            client.send(POST.replace(b"\r\n\r\nbody", b"\r\nExpect: 100-continue\r\n\r\n"))
            wait_until(lambda: got, "the head at the upstream")
            self.assertIn(b"expect: 100-continue", got[0].lower())
            allow.set()
            status, header, _ = client.response()
            self.assertEqual((status, dict(header).get("x-from")), (100, "upstream"))
            client.send(b"body")
            self.assertEqual(client.response()[::2], (200, b"ok"))
        self.assertEqual(got[1], b"body")


class AnswersWithoutABody(Exchange):
    def test_204_and_304_of_nginx_have_no_body_and_the_connection_goes_on(self):
        maker = CertificateMaker(self.scratch.path)
        nginx = Nginx(self.scratch.path, maker.leaf())
        self.addCleanup(nginx.stop)
        nginx.file("page", b"the page")
        proxy = self.start(reverse_config(upstream=f"https://localhost:{nginx.tls_port}",
                                          policy=trust_only(maker.root.cert)))
        with Client(proxy.port("front")) as client:
            client.send(b"GET /status/204 HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(client.response()[0], 204)
            client.send(b"GET /page HTTP/1.1\r\nHost: x\r\n\r\n")
            status, header, body = client.response()
            self.assertEqual((status, body), (200, b"the page"))
            client.send(f"GET /page HTTP/1.1\r\nHost: x\r\nIf-None-Match: {dict(header)['etag']}\r\n\r\n".encode())
            self.assertEqual(client.response()[0], 304)
            client.send(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
            status, _, body = client.response()
            self.assertEqual((status, body[:9]), (200, b"GET /echo"))

    def test_the_length_in_a_304_or_an_answer_to_head_is_no_body(self):
        answers = [b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4711\r\n\r\n",
                   b"HTTP/1.1 200 OK\r\nContent-Length: 4711\r\n\r\n", OK]

        def script(connection):
            for answer in answers:
                read_head(connection)
                connection.sendall(answer)

        server, port = self.scripted(script)
        with Client(port) as client:
            client.send(GET)
            self.assertEqual(client.response()[0], 304)
            client.send(GET.replace(b"GET", b"HEAD"))
            status, header, _ = client.response(to_head=True)
            self.assertEqual((status, dict(header).get("content-length")), (200, "4711"))
            client.send(GET)
            self.assertEqual(client.response()[::2], (200, b"ok"))
        self.assertEqual(server.accepted, 1, "the upstream connection goes on as well")

    def test_a_failure_page_for_head_has_its_header_and_no_body(self):
        gone = PythonServer()
        gone.stop()
        proxy = self.start(reverse_config(upstream=f"http://127.0.0.1:{gone.port}"))
        accept = b"\r\nAccept: text/html\r\n\r\n"
        with Client(proxy.port("front")) as client:
            client.send(GET.replace(b"GET", b"HEAD").replace(b"\r\n\r\n", accept))
            status, header, _ = client.response(to_head=True)
            fields = dict(header)
            self.assertEqual(status, 502)
            self.assertTrue(fields["content-type"].startswith("text/html"), fields)
            self.assertIn("proxy-status", fields)
            # Whatever came as a body would now be read as the head of this answer.
            client.send(GET.replace(b"\r\n\r\n", accept))
            status, _, body = client.response()
        self.assertEqual(status, 502)
        self.assertIn(b"tcp_refused", body)


class Uploads(Exchange):
    def test_trailers_of_a_request_reach_a_chunked_upstream(self):
        got = bytearray()

        def script(connection):
            got.extend(read_head(connection))
            while not got.endswith(b"\r\n\r\n") or b"\r\n0\r\n" not in got:
                got.extend(connection.recv(65536))
            connection.sendall(OK)

        _, port = self.scripted(script)
        with Client(port) as client:
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                        b"5\r\nfirst\r\n6\r\nsecond\r\n0\r\nX-Sum: 11\r\n\r\n")
            self.assertEqual(client.response()[::2], (200, b"ok"))
        head, _, body = bytes(got).partition(b"\r\n\r\n")
        self.assertIn(b"transfer-encoding: chunked", head.lower())
        self.assertIn(b"trailer: x-sum", head.lower())
        self.assertTrue(body.lower().endswith(b"\r\n0\r\nx-sum: 11\r\n\r\n"), body)

    def test_uploads_that_the_upstream_does_not_read_cost_little_memory_each(self):
        stop = threading.Event()
        arrived = []

        def script(connection):
            head = read_head(connection)
            if head.startswith(b"GET"):
                connection.sendall(OK)
            else:
                arrived.append(connection)
                stop.wait(PATIENCE * 4)

        _, port = self.scripted(script)
        with Client(port) as client:
            client.send(GET)
            client.response()
        before = self.proxy.rss_kib()
        clients = [Client(port) for _ in range(SLOW_UPLOADS)]
        sent = {client.socket: 0 for client in clients}
        try:
            for client in clients:
                client.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (2 * NEVER_TAKEN))
                client.socket.setblocking(False)
            wait_until(lambda: len(arrived) == SLOW_UPLOADS, "all uploads at the upstream")
            # Until nobody takes a byte any more from anybody: each upload stands still, all the way back to us.
            while writable := select.select([], list(sent), [], 1)[1]:
                for sender in writable:
                    sent[sender] += sender.send(PIECE)
                    self.assertLess(sent[sender], NEVER_TAKEN, "the proxy takes what its upstream does not")
            growth = self.proxy.rss_kib() - before
        finally:
            for client in clients:
                client.close()
            # The proxy reads nothing of a client that its upstream has no room for, so it learns of the end from here.
            stop.set()
        if not SANITIZED:
            self.assertLess(growth / SLOW_UPLOADS, PER_SLOW_UPLOAD_KIB)
        with Client(port) as client:
            client.send(GET)
            self.assertEqual(client.response()[::2], (200, b"ok"))
