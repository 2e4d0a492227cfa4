"""Calls an application over and over without a server: loop.py MODULE PATH SECONDS prints CPU microseconds per call."""

import importlib
import io
import sys
import time

application = importlib.import_module(sys.argv[1]).application
ENVIRON = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": sys.argv[2],
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "8000",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "localhost:8000",
    "REMOTE_ADDR": "127.0.0.1",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


def start_response(status, headers, exc_info=None):
    assert status == "200 OK", status


def call():
    result = application({**ENVIRON, "wsgi.input": io.BytesIO()}, start_response)
    for _ in result:
        pass
    if hasattr(result, "close"):
        result.close()


for _ in range(200):
    call()
started, calls, end = time.process_time_ns(), 0, time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    for _ in range(50):
        call()
    calls += 50
print((time.process_time_ns() - started) / 1000 / calls)
