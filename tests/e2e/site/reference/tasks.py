"""What workers do."""

from celery import shared_task


@shared_task
def sign(message):
    """Leaves an entry in the guest book."""
    from guestbook.models import Entry

    Entry.objects.create(name="Celery", message=message)
