"""The starter's paths and these."""

from django.contrib import admin
from django.urls import include, path

from reference import views

urlpatterns = [
    path("", include("mysite.urls")),
    path("admin/", admin.site.urls),
    path("-/ready/", views.ready),
    path("proof/release", views.release),
    path("proof/write", views.write),
    path("proof/slow", views.slow),
    path("proof/orphan", views.orphan),
    path("proof/task", views.task),
    path("proof/workers", views.workers),
]
