"""The origin, the proxies that are compared, and their configurations for the same work."""

import collections
import os
import re
import signal
import socket
import ssl
import subprocess
import time

WORKLOADS = {
    "http": "client HTTP/1.1 -> proxy -> upstream TLS 1.3, keep-alive on both legs, 1 KiB",
    "tls": "client TLS 1.3 -> proxy -> upstream TLS 1.3, keep-alive on both legs, 1 KiB",
}
BODY_BYTES = 1024
START_SECONDS = 15
Cpus = collections.namedtuple("Cpus", "proxy load text")


def pinned_cpus(workers):
    """One worker: the proxy gets a processor of its own, load and origin the others."""
    every = sorted(os.sched_getaffinity(0))
    if workers > 1 or len(every) < 2:
        return Cpus(set(every), set(every), "nothing pinned")
    return Cpus({every[0]}, set(every[1:]), "the proxy on a processor of its own")


class Certificates:
    def __init__(self, folder):
        self.name = "origin.test"
        self.front_name = "front.test"
        self.ca, self.other_ca = folder / "ca.pem", folder / "other.pem"
        self.origin_cert, self.origin_key = folder / "origin.pem", folder / "origin.key"
        self.front_cert, self.front_key, self.front_both = (folder / f"front.{e}" for e in ("pem", "key", "both"))


def make_certificates(folder):
    """ECDSA P-256 all over: a CA, a CA that signed nothing, the origin's and the front's certificate."""
    c = Certificates(folder)

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def key(path):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)

    for cert in (c.ca, c.other_ca):
        key(cert.with_suffix(".key"))
        openssl("req", "-x509", "-new", "-key", cert.with_suffix(".key"), "-subj", f"/CN={cert.stem}", "-days", 2,
                "-addext", "keyUsage=critical,keyCertSign", "-out", cert)
    for cert, cert_key, name in ((c.origin_cert, c.origin_key, c.name), (c.front_cert, c.front_key, c.front_name)):
        key(cert_key)
        request, extensions = cert.with_suffix(".csr"), cert.with_suffix(".ext")
        extensions.write_text(f"subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\n", encoding="ascii")
        openssl("req", "-new", "-key", cert_key, "-subj", f"/CN={name}", "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", c.ca, "-CAkey", c.ca.with_suffix(".key"), "-days", 2,
                "-extfile", extensions, "-out", cert)
    c.front_both.write_bytes(c.front_cert.read_bytes() + c.front_key.read_bytes())
    return c


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


NGINX_COMMON = """\
{user}
daemon off;
worker_processes {workers};
worker_rlimit_nofile 8192;
pid {folder}/pid;
error_log {folder}/error.log error;
events {{ worker_connections 4000; multi_accept on; }}
http {{
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  tcp_nodelay on;
  ssl_protocols TLSv1.3;
  ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
  ssl_ecdh_curve X25519;
"""
NGINX_ORIGIN = NGINX_COMMON + """\
  server {{
    listen 127.0.0.1:{port} ssl backlog=1024;
    ssl_certificate {c.origin_cert}; ssl_certificate_key {c.origin_key};
    default_type text/plain;
    location / {{ return 200 "{body}"; }}
  }}
}}
"""
NGINX_PROXY = NGINX_COMMON + """\
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host {c.name};
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $host;
  proxy_buffer_size 8k;
  proxy_ssl_server_name on;
  proxy_ssl_name {c.name};
  proxy_ssl_verify on;
  proxy_ssl_trusted_certificate {c.ca};
  proxy_ssl_protocols TLSv1.3;
  proxy_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 600s; }}
  server {{ listen 127.0.0.1:{http} backlog=1024; location / {{ proxy_pass https://origin; }} }}
  server {{
    listen 127.0.0.1:{tls} ssl backlog=1024;
    ssl_certificate {c.front_cert}; ssl_certificate_key {c.front_key};
    location / {{ proxy_pass https://origin; }}
  }}
  server {{
    listen 127.0.0.1:{wrong};
    location / {{ proxy_ssl_trusted_certificate {c.other_ca}; proxy_pass https://127.0.0.1:{origin}; }}
  }}
}}
"""
HAPROXY = """\
global
  nbthread {workers}
  maxconn 4000
  ssl-default-bind-options ssl-min-ver TLSv1.3
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256
  ssl-default-bind-curves X25519
  ssl-default-server-options ssl-min-ver TLSv1.3
  ssl-default-server-ciphersuites TLS_AES_128_GCM_SHA256
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  http-reuse always
  option forwardfor
listen http
  bind 127.0.0.1:{http} backlog 1024
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header Host {c.name}
  server origin 127.0.0.1:{origin} ssl verify required ca-file {c.ca} sni str({c.name}) verifyhost {c.name} pool-purge-delay 600s
listen tls
  bind 127.0.0.1:{tls} ssl crt {c.front_both} backlog 1024
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header Host {c.name}
  server origin 127.0.0.1:{origin} ssl verify required ca-file {c.ca} sni str({c.name}) verifyhost {c.name} pool-purge-delay 600s
listen wrong
  bind 127.0.0.1:{wrong}
  server origin 127.0.0.1:{origin} ssl verify required ca-file {c.other_ca} sni str({c.name}) verifyhost {c.name}
"""
WHYTLS = """\
workers = {workers}
[log]
access = false
handshakes = false
[admin]
enabled = false
[limits]
max_idle_upstream = 256
[[listener]]
name = "http"
mode = "reverse"
listen = "127.0.0.1:{http}"
upstream = "https://127.0.0.1:{origin}"
policy = "bench"
[[listener]]
name = "tls"
mode = "reverse"
listen = "127.0.0.1:{tls}"
upstream = "https://127.0.0.1:{origin}"
policy = "bench"
tls = {{ certificate = "{c.front_cert}", key = "{c.front_key}", min_version = "TLSv1.3", ciphersuites = "TLS_AES_128_GCM_SHA256", groups = "X25519" }}
[[listener]]
name = "wrong"
mode = "reverse"
listen = "127.0.0.1:{wrong}"
upstream = "https://127.0.0.1:{origin}"
policy = "wrong"
[policy.bench]
extends = "browser"
sni = "{c.name}"
expected_name = "{c.name}"
trust = {{ system = false, ca_files = ["{c.ca}"] }}
tls = {{ min_version = "TLSv1.3", ciphersuites = "TLS_AES_128_GCM_SHA256", groups = "X25519" }}
[policy.wrong]
extends = "bench"
trust = {{ system = false, ca_files = ["{c.other_ca}"] }}
"""


class Process:
    """A program on some processors, ended by its process id."""

    def start(self, command, folder, cpus):
        self.log = folder / "output"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=dict(os.environ, XDG_DATA_HOME=str(folder)),
                                            preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        self.pid = self.process.pid

    def wait_for_port(self, port):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        text = self.log.read_text(errors="replace")
        self.stop()
        raise SystemExit(f"{self.process.args[0]} did not start:\n{text[-3000:]}")

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def nginx_user():
    # As root its workers would become nobody, who cannot read the keys.
    return "user root;" if os.getuid() == 0 else ""


class Origin(Process):
    def __init__(self, folder, certificates, cpus):
        self.folder = folder / "origin"
        self.folder.mkdir()
        self.port = free_port()
        config = self.folder / "nginx.conf"
        config.write_text(NGINX_ORIGIN.format(user=nginx_user(), workers=1, folder=self.folder, port=self.port,
                                              c=certificates, body="x" * BODY_BYTES), encoding="ascii")
        self.start(["nginx", "-c", config, "-p", self.folder, "-e", "stderr"], self.folder, cpus)
        self.wait_for_port(self.port)


class Peer(Process):
    def __init__(self, name, folder, certificates, origin, workers, cpus, whytls):
        self.name = name
        self.program = str(whytls) if name == "whytls" else name
        self.folder = folder / name
        self.folder.mkdir()
        self.ports = {role: free_port() for role in ("http", "tls", "wrong")}
        template = {"nginx": NGINX_PROXY, "haproxy": HAPROXY, "whytls": WHYTLS}[name]
        config = self.folder / "config"
        config.write_text(template.format(user=nginx_user(), workers=workers, folder=self.folder, origin=origin,
                                          c=certificates, **self.ports), encoding="ascii")
        command = {"nginx": ["nginx", "-c", config, "-p", self.folder, "-e", "stderr"],
                   "haproxy": ["haproxy", "-db", "-f", config],
                   "whytls": [self.program, "run", "-c", config]}[name]
        self.start(command, self.folder, cpus)
        for port in self.ports.values():
            self.wait_for_port(port)

    def url(self, workload):
        return f"{'https' if workload == 'tls' else 'http'}://127.0.0.1:{self.ports[workload]}/"

    def version(self):
        flag = "-v" if self.name in ("nginx", "haproxy") else "--version"
        done = subprocess.run([self.program, flag], capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).strip().splitlines()[0]

    def check(self, certificates):
        """Nobody may be fast by leaving out work: the right answer, TLS 1.3, and a wrong CA refused."""
        for role in ("http", "tls"):
            status, size = self.fetch(role, certificates)
            if (status, size) != (200, BODY_BYTES):
                raise SystemExit(f"{self.name}, {role}: status {status}, {size} bytes; its output:\n"
                                 f"{self.log.read_text(errors='replace')[-3000:]}")
        status, _ = self.fetch("wrong", certificates)
        if status < 500:
            raise SystemExit(f"{self.name} does not verify the upstream: status {status} with a wrong CA")

    def fetch(self, role, certificates):
        with socket.create_connection(("127.0.0.1", self.ports[role]), 10) as plain:
            connection = plain
            if role == "tls":
                context = ssl.create_default_context(cafile=str(certificates.ca))
                connection = context.wrap_socket(plain, server_hostname=certificates.front_name)
                if connection.cipher()[:2] != ("TLS_AES_128_GCM_SHA256", "TLSv1.3"):
                    raise SystemExit(f"{self.name} negotiated {connection.cipher()}")
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {certificates.name}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while data := connection.recv(65536):
                answer += data
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(re.match(rb"HTTP/1.1 (\d+)", head).group(1)), len(body)
