"""What the starter does not have: the admin, PostgreSQL, Celery, and views that a test can look through."""

from .celery import app as celery_app

__all__ = ["celery_app"]
