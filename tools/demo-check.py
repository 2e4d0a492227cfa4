"""Asks the demo site what a browser would ask, and prints each answer with its status."""

import http.cookiejar
import re
import sys
import urllib.parse
import urllib.request
import uuid

site = sys.argv[1]
browser = urllib.request.build_opener(
    urllib.request.ProxyHandler({}),
    urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
)
failed = []


def ask(what, path, data=None, headers=None, expect=200):
    """One request; its status, headers and text."""
    url = urllib.parse.urljoin(site, path)
    request = urllib.request.Request(url, data, headers or {})
    try:
        answer = browser.open(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    body = answer.read()
    method = request.get_method()
    print(f"  {answer.status}  {method:4} {urllib.parse.urlsplit(url).path:45} {what} ({len(body)} bytes)")
    if answer.status != expect:
        failed.append(f"{method} {path}: {answer.status} instead of {expect}")
    return answer.headers, body.decode("utf-8", "replace")


def hold(truth, what):
    """Keeps what does not hold."""
    if not truth:
        failed.append(what)


headers, page = ask("the page", "/")
hold(headers.get("Server", "").startswith("nginx"), "the page did not come through nginx")
hold("ruwsgi" in page and "Django" in page, "the page does not name ruwsgi and Django")

token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
name = f"demo {uuid.uuid4().hex[:8]}"
fields = {"csrfmiddlewaretoken": token and token.group(1) or "", "name": name, "message": "It works."}
_, after = ask("a form with its CSRF token", "/", urllib.parse.urlencode(fields).encode(), {"Referer": site})
hold(name in after, "the entry of the form is not on the page")

fields["csrfmiddlewaretoken"] = "wrong"
ask("the form with a wrong token", "/", urllib.parse.urlencode(fields).encode(), {"Referer": site}, expect=403)

style = re.search(r'href="(/static/[^"]+\.css)"', page)
headers, _ = ask("a static file from nginx", style and style.group(1) or "/static/missing.css")
hold("immutable" in headers.get("Cache-Control", ""), "the static file may not be cached for good")

ask("the health view", "/-/health/")
ask("a page that is not there", "/nothing-here/", expect=404)

for what in failed:
    print(f"demo: {what}", file=sys.stderr)
print("demo: failed" if failed else "demo: ok")
sys.exit(bool(failed))
