from django import forms

from .models import Entry


class EntryForm(forms.ModelForm):
    class Meta:
        model = Entry
        fields = ["name", "message", "attachment"]
        widgets = {
            "name": forms.TextInput(attrs={"placeholder": "Ada", "autocomplete": "name"}),
            "message": forms.Textarea(attrs={"rows": 3, "placeholder": "Hello from the other end of the socket."}),
        }

    def clean_attachment(self):
        attachment = self.cleaned_data.get("attachment")
        if attachment and attachment.size > 2 * 1024 * 1024:
            raise forms.ValidationError("At most 2 MB, please.")
        return attachment
