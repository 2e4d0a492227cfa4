"""A Django site in one file: a view that reads twenty rows of SQLite and renders a template.

The time inside the application is counted, so that what a server adds can be told: /spent shows it. Run as a program,
this file makes the database.
"""

import json
import os
import time

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.shortcuts import render
from django.urls import path

PAGE = """<!doctype html><html lang="en"><head><title>{{ title }}</title></head><body><h1>{{ title }}</h1>
<table>{% for book in books %}<tr class="{% cycle 'odd' 'even' %}"><td>{{ book.title }}</td><td>{{ book.author|upper }}</td>
<td>{{ book.price|floatformat:2 }}</td></tr>{% endfor %}</table></body></html>"""

settings.configure(
    SECRET_KEY="for benchmarks only: " + "x" * 50,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="shop",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCH_DATABASE"]}},
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [
            ("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", {"shop.html": PAGE})]),
        ]},
    }],
)
django.setup()


class Book(models.Model):
    title = models.CharField(max_length=80)
    author = models.CharField(max_length=80)
    price = models.FloatField()

    class Meta:
        app_label = "shop"


def index(request):
    return render(request, "shop.html", {"title": "Books", "books": Book.objects.order_by("title")[:20]})


urlpatterns = [path("", index)]


class Counted:
    """An application, and how often and how long (CPU of the calling thread) it was in use."""

    def __init__(self, application):
        self.application = application
        self.calls = self.nanoseconds = 0

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/spent":
            body = json.dumps({"calls": self.calls, "nanoseconds": self.nanoseconds}).encode()
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]
        started = time.thread_time_ns()
        response = self.application(environ, start_response)
        # All that Django does for a request is within: the body, and the closing of the database.
        body = b"".join(response)
        response.close()
        self.calls += 1
        self.nanoseconds += time.thread_time_ns() - started
        return [body]


application = Counted(get_wsgi_application())

if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Book)
    Book.objects.bulk_create(
        Book(title="Title %03d" % number, author="Author %d" % (number % 7), price=number * 1.5) for number in range(500)
    )
