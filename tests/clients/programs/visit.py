"""usage: python3 visit.py URL CA_FILE SECONDS     Gets the URL; NAME.localhost is 127.0.0.1."""

import socket
import ssl
import sys
import urllib.request

look_up = socket.getaddrinfo


def look_up_localhost(host, *arguments, **options):
    return look_up("127.0.0.1" if host.endswith(".localhost") else host, *arguments, **options)


socket.getaddrinfo = look_up_localhost
context = ssl.create_default_context(cafile=sys.argv[2])
with urllib.request.urlopen(sys.argv[1], timeout=float(sys.argv[3]), context=context) as response:
    sys.stdout.buffer.write(response.read())
