"""What claims that were there say for themselves now; accepted false alarms end a year after they were accepted."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F, OuterRef, Subquery


def fill(apps, schema_editor):
    Claim, Answer = apps.get_model("notices", "Claim"), apps.get_model("notices", "Answer")
    answer = Answer.objects.filter(pk=OuterRef("answer_id"))
    Claim.objects.update(note=Subquery(answer.values("note")[:1]), asked_by=Subquery(answer.values("by")[:1]))
    Claim.objects.filter(ruling="refused").update(ended_at=F("ruled_at"))
    Claim.objects.filter(ruling="accepted", what="false-positive").update(until=F("ruled_at") + timedelta(days=365))


class Migration(migrations.Migration):
    dependencies = [("notices", "0008_claims_with_an_end")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
