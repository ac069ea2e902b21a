"""Upstreams: openssl s_server, nginx, and a small Python server for what those two cannot do."""

import base64
import hashlib
import http.server
import os
import re
import socket
import ssl
import subprocess
import threading

from harness import PATIENCE, require_tool


class OpensslServer:
    """`openssl s_server -www`: answers GET with a page about the handshake."""

    def __init__(self, certificate, *options, port=0):
        require_tool("openssl")
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(certificate.cert), "-key",
             str(certificate.key), "-cert_chain", str(certificate.chain), "-www", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        seen = b""
        self.port = 0
        for line in self.process.stdout:
            seen += line
            # The port is named only where it was not given.
            match = re.match(rb"ACCEPT(?: \S*:(\d+))?", line)
            if match:
                self.port = int(match.group(1) or port)
                break
        if not self.port:
            self.stop()
            raise AssertionError("openssl s_server did not start:\n" + seen.decode(errors="replace"))
        # It must not stop because nobody reads what it prints.
        self.drain = threading.Thread(target=self.process.stdout.read, daemon=True)
        self.drain.start()

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        if hasattr(self, "drain"):
            self.drain.join(PATIENCE)
        self.process.stdout.close()


NGINX_CONFIG = """\
{user}
daemon off;
worker_processes 1;
error_log stderr warn;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  client_max_body_size 0;
  keepalive_requests 1000000;
  sendfile on;
  server {{
    listen 127.0.0.1:{plain};
    listen 127.0.0.1:{tls} ssl;
    ssl_certificate {chain};
    ssl_certificate_key {key};
    {more}
    root {folder}/www;
    add_header X-Connection $connection always;
    location /echo {{ return 200 "$request_method $request_uri|$host|$http_x_forwarded_for|$http_x_forwarded_proto|$http_x_forwarded_host|$http_forwarded|$http_via|$ssl_server_name\\n"; }}
    location /status/204 {{ return 204; }}
    location /upload/ {{ dav_methods PUT; create_full_put_path on; dav_access all:rw; client_body_buffer_size 256k; }}
    location /gzip/ {{ gzip on; gzip_types *; gzip_min_length 1; alias {folder}/www/; }}
  }}
}}
"""


class Nginx:
    """The packaged nginx with a plain and a TLS port. The sockets are made here, on port 0, and inherited."""

    def __init__(self, folder, certificate, more=""):
        require_tool("nginx")
        self.folder = folder / "nginx"
        (self.folder / "www" / "upload").mkdir(parents=True)
        sockets = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in range(2)]
        self.plain_port, self.tls_port = (s.getsockname()[1] for s in sockets)
        config = self.folder / "nginx.conf"
        # Its workers would give up root and then could not write to the test's folder.
        user = "user root;" if os.getuid() == 0 else ""
        config.write_text(NGINX_CONFIG.format(user=user, folder=self.folder, plain=self.plain_port, tls=self.tls_port,
                                              chain=certificate.chain, key=certificate.key, more=more),
                          encoding="ascii")
        for s in sockets:
            s.set_inheritable(True)
        env = dict(os.environ, NGINX="".join(f"{s.fileno()};" for s in sockets))
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(["nginx", "-c", str(config), "-p", str(self.folder), "-e", "stderr"],
                                            env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            pass_fds=[s.fileno() for s in sockets])
        for s in sockets:
            s.close()

    def file(self, name, content):
        path = self.folder / "www" / name
        path.write_bytes(content)
        return path

    def sparse_file(self, name, size):
        path = self.folder / "www" / name
        with open(path, "wb") as file:
            file.truncate(size)
        return path

    def uploaded(self, name):
        return self.folder / "www" / "upload" / name

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


class Handler(http.server.BaseHTTPRequestHandler):
    """GET echoes the request line, or the header as it came; PUT and POST answer the SHA-256 of the body; some paths do more, see below."""

    protocol_version = "HTTP/1.1"
    server_version = "upstream"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **header):
        self.send_response(status)
        for name, value in header.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self):
        """Yields the request body in pieces."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                if size == 0:
                    while self.rfile.readline().strip():
                        pass
                    return
                yield self.rfile.read(size)
                self.rfile.readline()
        left = int(self.headers.get("Content-Length", 0))
        while left > 0:
            data = self.rfile.read(min(left, 1 << 18))
            if not data:
                return
            left -= len(data)
            yield data

    def do_GET(self):
        if self.path == "/websocket":
            self.websocket()
        elif self.path == "/slow":
            self.server.entered.set()
            self.server.release.wait(PATIENCE)
            self.answer(200, b"late but complete")
        elif self.path == "/header":
            self.answer(200, "".join(f"{name.lower()}: {value}\n" for name, value in self.headers.items()).encode())
        elif self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.send_header("Trailer", "X-Sum")
            self.end_headers()
            self.wfile.write(b"5\r\nfirst\r\n6;x=y\r\nsecond\r\n0\r\nX-Sum: 11\r\n\r\n")
        else:
            self.answer(200, f"{self.command} {self.path}".encode())

    do_HEAD = do_DELETE = do_OPTIONS = do_GET

    def do_PUT(self):
        digest = hashlib.sha256()
        for piece in self.body():
            digest.update(piece)
        self.answer(200, digest.hexdigest().encode())

    def do_POST(self):
        if self.path == "/refuse-early":
            # Answers although the body is still on its way, and closes.
            self.answer(413, b"too large for me", Connection="close")
            self.close_connection = True
            return
        self.do_PUT()

    def websocket(self):
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept)
        self.end_headers()
        # Not frames: after a 101 the proxy relays bytes, whatever they are.
        while data := self.connection.recv(65536):
            self.wfile.write(data)
        self.close_connection = True


class QuietServer(http.server.ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that went away is part of some tests


class PythonServer:
    """An HTTP server on port 0, with TLS when a certificate is given."""

    def __init__(self, certificate=None):
        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.server.entered = threading.Event()
        self.server.release = threading.Event()
        self.port = self.server.server_address[1]
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.chain, certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def entered(self):
        return self.server.entered

    @property
    def release(self):
        return self.server.release

    def stop(self):
        self.server.release.set()
        self.server.shutdown()
        self.server.server_close()


class ScriptedServer:
    """Accepts connections and runs script(connection) in a thread for each; records what it reads."""

    def __init__(self, script, certificate=None):
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate.chain, certificate.key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepted = 0
        self.script = script
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(PATIENCE)
        try:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.script(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def stop(self):
        # shutdown() wakes the accept(); close() alone would leave it sleeping.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(PATIENCE)
