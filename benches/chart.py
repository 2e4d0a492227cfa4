"""Draws docs/benchmarks.svg: requests per second of each server in relation to ruwsgi, for the rows that matter most."""

from html import escape

from figures import Figures
from rows import PATHS, WORKLOADS, rows

# Title, then rows.
WIDTH, LEFT, BAR, GAP, HEAD = 900, 170, 18, 5, 44
SCALE = 380
# Bars end here: what is more is only written.
MOST = 1.6
COLOURS = {"ruwsgi": "#1f6f54", "hyper": "#b9b9b9", "application alone": "#b9b9b9", "nginx": "#b9b9b9"}
CHOSEN = ("hello:keepalive:1x1", "hello:close:1x1", "hello:gateway:1x1", "hello:nginx-uwsgi:1x1", "django:keepalive:1x1", "json:keepalive:1x1")


def draw(data):
    """The picture."""
    figures = Figures(data)
    parts, top = [], 20
    for row in rows():
        if row.name not in CHOSEN or (row.name, "ruwsgi") not in figures.samples:
            continue
        names = [name for name in row.servers if name != "application alone" and figures.ratio(row.name, name, "rps")]
        names.sort(key=lambda name: -figures.median(row.name, name, "rps"))
        title = f"{WORKLOADS[row.workload].title}; {PATHS[row.path].replace('`', '')}"
        parts.append(text(10, top + 16, title, "bold"))
        top += 28
        for name in names:
            parts += bar(figures, row.name, name, top)
            top += BAR + GAP
        top += HEAD - 28
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" '
    head += 'font-family="sans-serif" font-size="13">'
    label = "<title>Requests per second in relation to ruwsgi in the same round</title>"
    return "\n".join([head, label, f'<rect width="{WIDTH}" height="{top}" fill="white"/>', *parts, "</svg>", ""])


def bar(figures, row, name, top):
    """A server's bar: its median, with a line from the least to the most."""
    middle, least, most = figures.ratio(row, name, "rps")
    length = [LEFT + min(value, MOST) * SCALE for value in (middle, least, most)]
    colour = COLOURS.get(name, "#7aa6c2")
    yield text(LEFT - 8, top + 14, name, anchor="end")
    yield f'<rect x="{LEFT}" y="{top}" width="{length[0] - LEFT:.1f}" height="{BAR}" fill="{colour}"/>'
    if least != most:
        y = top + BAR / 2
        yield f'<line x1="{length[1]:.1f}" x2="{length[2]:.1f}" y1="{y}" y2="{y}" stroke="#222"/>'
    figure = f"{figures.median(row, name, 'rps'):,.0f}/s"
    told = figure if name == "ruwsgi" else f"{figure} · {middle:.2f}"
    yield text(max(length[0], length[2]) + 6, top + 14, told)


def text(x, y, words, weight="normal", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-weight="{weight}" text-anchor="{anchor}" fill="#222">{escape(words)}</text>'
