"""Findings learn from the notices that went out when their owner was told, by when to fix, and when they answered."""

from django.db import migrations
from django.db.models import Min, OuterRef, Subquery


def _remember(apps, schema_editor):
    Finding = apps.get_model("findings", "Finding")
    NoticeFinding = apps.get_model("notices", "NoticeFinding")
    lines = NoticeFinding.objects.filter(finding=OuterRef("pk"), notice__sent_at__isnull=False).order_by(
        "notice__sent_at"
    )
    answers = (
        NoticeFinding.objects.filter(finding=OuterRef("pk"))
        .order_by()
        .values("finding")
        .annotate(first=Min("notice__answers__at"))
    )
    told = Finding.objects.filter(
        pk__in=NoticeFinding.objects.filter(notice__sent_at__isnull=False).values("finding_id")
    )
    told.update(
        warned_at=Subquery(lines.values("notice__sent_at")[:1]),
        due_at=Subquery(lines.values("notice__due_at")[:1]),
        answered_at=Subquery(answers.values("first")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [("findings", "0002_standing"), ("notices", "0001_initial")]
    operations = [migrations.RunPython(_remember, migrations.RunPython.noop)]
