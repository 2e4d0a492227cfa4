"""The starter's settings, with the services that ruwsgi.yaml names."""

import os

from mysite.settings import *  # noqa: F403
from mysite.settings import INSTALLED_APPS, MIDDLEWARE, TEMPLATES, secret

INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", *INSTALLED_APPS]
MIDDLEWARE = [*MIDDLEWARE[:5], "django.contrib.auth.middleware.AuthenticationMiddleware", *MIDDLEWARE[5:]]
TEMPLATES[0]["OPTIONS"]["context_processors"].append("django.contrib.auth.context_processors.auth")
ROOT_URLCONF = "reference.urls"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("POSTGRES_DB"),
        "USER": os.environ.get("POSTGRES_USER"),
        "HOST": os.environ.get("POSTGRES_HOST"),
        "PORT": os.environ.get("POSTGRES_PORT"),
        "PASSWORD": secret("POSTGRES_PASSWORD"),
        # Kept over requests, and tried before each: the database may have been away.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 2},
    }
}

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {"tick": {"task": "reference.tasks.sign", "schedule": 5.0, "args": ["from the beat"]}}
