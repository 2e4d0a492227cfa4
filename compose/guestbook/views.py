"""The page, and the answer to health checks."""

import os
import platform

import django
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from .forms import EntryForm
from .models import Entry

HEALTH = "/-/health/"


def health_middleware(get_response):
    """Answers health checks from this process alone: no database, no session, no look at the Host header."""

    def middleware(request):
        if request.path_info == HEALTH:
            headers = {"Cache-Control": "no-store", "Content-Length": "3"}
            return HttpResponse("ok\n", content_type="text/plain", headers=headers)
        return get_response(request)

    return middleware


def home(request):
    """The guest book; a POST adds an entry."""
    form = EntryForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Thank you. Your entry is in the book.")
        return redirect("home")
    context = {
        "form": form,
        "entries": Entry.objects.all()[:20],
        "stations": stations(request),
        "facts": facts(request),
    }
    return render(request, "guestbook/home.html", context, status=400 if form.errors else 200)


def stations(request):
    """What this request went through, as far as the application can see it."""
    environ = request.META
    through_nginx = "HTTP_X_REQUEST_ID" in environ
    server, version = server_name(environ)
    agent = environ.get("HTTP_USER_AGENT", "").split(" ")[0].replace("/", " ")
    # Behind proxy_pass the peer is nginx; the client's own address is in a header that nginx replaces.
    address = environ.get("HTTP_X_REAL_IP") if settings.TRUST_PROXY else None
    return [
        {"name": "client", "detail": address or environ.get("REMOTE_ADDR") or "unknown", "note": agent[:32]},
        {
            "name": "nginx",
            "detail": environ.get("HTTP_VIA", "").partition("nginx/")[2],
            "note": f"request {environ.get('HTTP_X_REQUEST_ID', '')[:8]}" if through_nginx else "not in the way",
            "missing": not through_nginx,
        },
        {"name": server, "detail": version, "note": f"worker pid {os.getpid()}"},
        {"name": "Django", "detail": django.get_version(), "note": f"Python {platform.python_version()}"},
    ]


def server_name(environ):
    """The server under us: both have a module `uwsgi` that is only there inside of them."""
    try:
        import uwsgi
    except ImportError:
        return environ.get("SERVER_SOFTWARE", "WSGI server").partition("/")[0], ""
    if hasattr(uwsgi, "ruwsgi_version"):
        return "ruwsgi", uwsgi.ruwsgi_version.decode()
    return "uWSGI", uwsgi.version.decode()


def facts(request):
    environ = request.META
    return {
        "scheme": request.scheme,
        "host": request.get_host(),
        "protocol": environ.get("SERVER_PROTOCOL", ""),
        "processes": "several" if environ.get("wsgi.multiprocess") else "one",
        "threads": "several" if environ.get("wsgi.multithread") else "one",
        "machine": platform.node(),
    }
