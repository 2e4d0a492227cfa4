"""Which view answers which path."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import path

from guestbook import views

urlpatterns = [
    path("", views.home, name="home"),
    # static() adds nothing unless DEBUG is on: nginx serves uploads.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
