"""What was to be reached, and whether it was: computed from the data of a run, never said by hand.

Ratios are those of the medians of one run.
"""

from figures import Figures, of

HELLO, CLOSE, GATEWAY = "hello:keepalive:1x1", "hello:close:1x1", "hello:gateway:1x1"
NGINX, DJANGO = "hello:nginx-uwsgi:1x1", "django:keepalive:1x1"
UNKNOWN = "not measured"
PEERS = ("uwsgi", "gunicorn", "granian", "bjoern", "fastwsgi", "waitress")


def all(data):
    """Each target: where, what is wanted, what was measured, and whether it was reached (`None`: not measured)."""
    figures = Figures(data)
    yield from keepalive(figures)
    yield ratio(figures, "direct HTTP, a connection per request", "1.1 × uWSGI `http-socket`", CLOSE, ("uwsgi",), 1.1, "rps")
    gateway = "`--http` gateway"
    yield ratio(figures, gateway, "4 × uWSGI `--http`, requests/s", GATEWAY, ("uwsgi",), 4.0, "rps")
    yield ratio(figures, gateway, "≤ 0.35 × its server CPU per request", GATEWAY, ("uwsgi",), 0.35, "cpu_us")
    yield ratio(figures, "nginx → `uwsgi_pass`", "not slower than uWSGI", NGINX, ("uwsgi",), 1.0, "rps")
    yield ratio(figures, "nginx → `uwsgi_pass`", "≤ 0.8 × its server CPU per request", NGINX, ("uwsgi",), 0.8, "cpu_us")
    yield from threads(figures)
    yield ratio(figures, "Django view", "not slower than any peer", DJANGO, PEERS, 1.0, "rps")
    yield overhead(figures)
    yield from memory(figures)
    yield from start(data)
    yield from mixed(data)
    yield from growth(figures)


def ratio(figures, where, wanted, row, peers, limit, figure):
    """ruwsgi against the best of some peers: at least so much in requests/s, at most in CPU."""
    own = figures.median(row, "ruwsgi", figure)
    known = {peer: value for peer in peers if (value := figures.median(row, peer, figure))}
    if not own or not known:
        return where, wanted, UNKNOWN, None
    more = figure == "rps"
    best = (max if more else min)(known, key=known.get)
    reached = own / known[best]
    against = f" ({best})" if len(peers) > 1 else ""
    return where, wanted, f"{reached:.2f} ×{against}", reached >= limit if more else reached <= limit


def keepalive(figures):
    where = "direct HTTP, keep-alive"
    for peers, limit, name in (
        (("bjoern", "fastwsgi"), 1.0, "the best of bjoern and fastwsgi"),
        (("granian",), 1.4, "granian"),
        (("hyper",), 0.8, "hyper without Python"),
    ):
        yield ratio(figures, where, f"{limit} × {name}, requests/s", HELLO, peers, limit, "rps")
        # As much work in 1 / limit of the time.
        cpu = 1 / limit
        yield ratio(figures, where, f"≤ {cpu:.2f} × the CPU per request of {name}", HELLO, peers, cpu, "cpu_us")


def threads(figures):
    for workload, limit, wanted in (
        ("work", 1.0, "not slower than 1 thread, pure Python (3 % for noise)"),
        ("sleep", 4.0, "4 × 1 thread, an application that sleeps (3 % for noise)"),
    ):
        one, four = (figures.median(f"{workload}:keepalive:1x{n}", "ruwsgi", "rps") for n in (1, 4))
        if not one or not four:
            yield "4 threads", wanted, UNKNOWN, None
            continue
        yield "4 threads", wanted, f"{four / one:.2f} ×", four / one >= limit * 0.97


def overhead(figures):
    whole, inside = (figures.median(DJANGO, "ruwsgi", figure) for figure in ("cpu_us", "inside_us"))
    wanted = "≤ 60 µs of CPU outside the application"
    if not whole or not inside:
        return "Django view", wanted, UNKNOWN, None
    return "Django view", wanted, f"{whole - inside:.0f} µs", whole - inside <= 60


def memory(figures):
    where = "memory, master + 4 workers with Django"
    yield ratio(figures, where, "≤ 0.9 × uWSGI's", "memory", ("uwsgi",), 0.9, "pss_kb")
    frozen, own = (figures.median("memory", name, "pss_kb") for name in ("ruwsgi-gc-freeze", "ruwsgi"))
    if frozen and own:
        yield where, "with `gc-freeze` (stated only)", f"{frozen / own:.2f} × ruwsgi without", None


def start(data):
    for workload in ("hello", "django"):
        own, peer = (of(data["start"], "ms", workload=workload, server=name) for name in ("ruwsgi", "uwsgi"))
        where, wanted = f"start to the first answer, {workload}", "≤ uWSGI's"
        if own is None or peer is None:
            yield where, wanted, UNKNOWN, None
        else:
            yield where, wanted, f"{own:.0f} ms, uWSGI {peer:.0f} ms", own <= peer


def mixed(data):
    # uWSGI behind nginx has no gateway: the goal is its `--http` in both cases.
    peer = of(data["mixed"], "p99_ms", path="gateway", server="uwsgi")
    for path, name in (("gateway", "gateway"), ("nginx-uwsgi", "behind nginx")):
        own = of(data["mixed"], "p99_ms", path=path, server="ruwsgi")
        where, wanted = f"mixed load, {name}", "p99 of the fast ones ≤ uWSGI `--http`'s"
        if own is None or peer is None:
            yield where, wanted, UNKNOWN, None
        else:
            yield where, wanted, f"{own:.0f} ms, uWSGI {peer:.0f} ms", own <= peer


def growth(figures):
    counts = (10, 100, 1000, 5000)
    where = "growth on the gateway, 10 to 5,000 connections"
    speed = [figures.median(f"growth:{count}", "ruwsgi", "rps") for count in counts]
    wanted = "requests/s fall by less than 20 %"
    if None in speed:
        yield where, wanted, UNKNOWN, None
        return
    fall = 1 - min(speed[1:]) / speed[0]
    yield where, wanted, f"{fall * 100:.0f} %", fall < 0.2
    size = [figures.median(f"growth:{count}", "ruwsgi", "pss_kb") for count in counts]
    wanted = "memory linear"
    if None in size:
        yield where, wanted, UNKNOWN, None
        return
    first = (size[2] - size[1]) / (counts[2] - counts[1])
    last = (size[3] - size[2]) / (counts[3] - counts[2])
    told = f"{first:.1f} KB per connection up to 1,000, {last:.1f} KB up to 5,000"
    # Linear: a further connection costs no more than the earlier ones did, and half as much again for the noise.
    yield where, wanted, told, last <= max(first, 1.0) * 1.5
