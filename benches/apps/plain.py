"""The application of all workloads but Django's: a path for each, and as little as possible beside it."""

import json
import time

ROWS = [
    {"id": number, "title": "Title %d" % number, "author": "Author %d" % (number % 7), "price": number * 1.5}
    for number in range(135)
]
HELLO = b"Hello, world!\n"
MEGABYTE = b"x" * (1 << 20)
PIECE = b"y" * 1024


def answer(start_response, body, kind="text/plain"):
    start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def hello(environ, start_response):
    return answer(start_response, HELLO)


def ten_kilobytes(environ, start_response):
    return answer(start_response, json.dumps(ROWS).encode(), "application/json")


def download(environ, start_response):
    return answer(start_response, MEGABYTE, "application/octet-stream")


def upload(environ, start_response):
    read, size = environ["wsgi.input"].read, 0
    left = int(environ["CONTENT_LENGTH"])
    while left and (piece := read(min(left, 65536))):
        size += len(piece)
        left -= len(piece)
    return answer(start_response, b"%d" % size)


def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return (PIECE for _ in range(64))


def work(environ, start_response):
    """Some 100 microseconds of nothing but Python."""
    total = 0
    for number in range(2000):
        total += number * number
    return answer(start_response, b"%d" % total)


def sleep(environ, start_response):
    time.sleep(0.02)
    return answer(start_response, HELLO)


def slow(environ, start_response):
    time.sleep(0.5)
    return answer(start_response, HELLO)


PATHS = {
    "/": hello,
    "/json": ten_kilobytes,
    "/download": download,
    "/upload": upload,
    "/stream": stream,
    "/work": work,
    "/sleep": sleep,
    "/slow": slow,
}


def application(environ, start_response):
    return PATHS[environ["PATH_INFO"]](environ, start_response)
