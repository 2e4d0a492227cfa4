from django.db import models


class Entry(models.Model):
    """What a visitor left."""

    name = models.CharField(max_length=60)
    message = models.CharField(max_length=280)
    attachment = models.FileField(upload_to="attachments/", blank=True)
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-written", "-id"]

    def __str__(self):
        return f"{self.name}: {self.message}"
