from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase, override_settings

from .models import Entry

PLAIN = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@override_settings(STORAGES=PLAIN, SECURE_SSL_REDIRECT=False)
class GuestbookTests(TestCase):
    def test_the_page_shows_the_way_of_the_request(self):
        answer = self.client.get("/", headers={"x-request-id": "0123456789abcdef"})
        self.assertContains(answer, "request 01234567")

    def test_an_entry_is_stored_with_its_attachment(self):
        file = SimpleUploadedFile("note.txt", b"hello")
        answer = self.client.post("/", {"name": "Ada", "message": "Hi", "attachment": file}, follow=True)
        self.assertContains(answer, "Thank you")
        self.assertEqual(Entry.objects.get().attachment.read(), b"hello")

    def test_an_empty_entry_is_refused(self):
        answer = self.client.post("/", {"name": "", "message": ""})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(Entry.objects.count(), 0)

    def test_a_form_without_its_token_is_refused(self):
        answer = Client(enforce_csrf_checks=True).post("/", {"name": "Eve", "message": "Hi"})
        self.assertEqual(answer.status_code, 403)

    def test_health_needs_neither_database_nor_a_known_host(self):
        with self.assertNumQueries(0):
            answer = self.client.get("/-/health/", headers={"host": "10.0.0.7"})
        self.assertEqual(answer.content, b"ok\n")
