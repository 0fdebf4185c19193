from typing import Any

from django.db import migrations


def carry(apps: Any, schema_editor: Any) -> None:
    """Carry facts to the table of the organizations, where every selection reads them."""
    old, new = apps.get_model("surveys", "Fact"), apps.get_model("constituency", "Fact")
    made = (
        new(organization_id=row.organization_id, label=row.label, survey=row.survey_id, by=row.by, at=row.at)
        for row in old.objects.order_by("pk").iterator(chunk_size=2000)
    )
    new.objects.bulk_create(made, batch_size=2000)


class Migration(migrations.Migration):

    dependencies = [
        ("constituency", "0007_fact"),
        ("surveys", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(carry, migrations.RunPython.noop, elidable=True),
        migrations.DeleteModel(name="Fact"),
    ]
