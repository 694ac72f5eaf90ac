"""Make the tables, a queue, the custom fields of docs/helpdesks/django_helpdesk.md, and tokens of bot and agent."""

import django
from django.core.management import call_command

django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)

from django.contrib.auth import get_user_model  # noqa: E402 (only after setup)
from helpdesk.models import CustomField, Queue  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

Queue.objects.create(title="Support", slug="support", allow_public_submission=True)
for number, name in enumerate(("firstline_id", "category", "product_area", "first_reply_by", "firstline_tags")):
    CustomField.objects.create(
        name=name, label=name, data_type="varchar", max_length=200, required=False, ordering=number
    )
for name in ("firstline", "kim"):
    user = get_user_model().objects.create_superuser(name, f"{name}@desk.test", "only-in-tests")
    print(Token.objects.create(user=user).key)
