"""What a test looks through."""

import pathlib
import platform
import subprocess
import time

from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from guestbook.models import Entry

from .tasks import sign

RELEASE = "one"


def ready(request):
    """Ready is who reaches the database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", status=503)
    return HttpResponse("ready\n")


def release(request):
    """Which code answers, and in which container; the database is asked too."""
    return HttpResponse(f"{RELEASE} {platform.node()} {Entry.objects.count()}")


@csrf_exempt
def write(request):
    """Something that must not happen twice."""
    Entry.objects.create(name="load", message=request.body.decode()[:200])
    return HttpResponse("written")


def slow(request):
    """A request that is running when its container is stopped."""
    time.sleep(3)
    return HttpResponse("slow")


def orphan(request):
    """A process whose parent is gone; who is its parent now?"""
    shell = subprocess.run(["sh", "-c", "sleep 0.5 >/dev/null & echo $!"], stdout=subprocess.PIPE, check=True)
    pid = int(shell.stdout)
    parent = pathlib.Path(f"/proc/{pid}/stat").read_text().split()[3]
    return HttpResponse(f"{platform.node()} {pid} {parent}")


def task(request):
    """Hands something to a worker."""
    sign.delay("from a worker")
    return HttpResponse("queued")


def workers(request):
    """What the workers have written."""
    said = Entry.objects.filter(name="Celery").values_list("message", flat=True).distinct()
    return HttpResponse(", ".join(sorted(said)))
