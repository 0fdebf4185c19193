"""What was told before this was written down: on findings, in the lines of notices, in the numbers of the year."""

from django.db import migrations

LINES = """
UPDATE notices_noticefinding SET
    type = (SELECT f.type FROM findings_finding f WHERE f.id = finding_id),
    severity_rank = CASE severity WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 ELSE 1 END,
    first_seen = (SELECT f.first_seen FROM findings_finding f WHERE f.id = finding_id),
    last_seen = (SELECT f.last_seen FROM findings_finding f WHERE f.id = finding_id),
    count = (SELECT f.count FROM findings_finding f WHERE f.id = finding_id),
    ports = (SELECT f.ports FROM findings_finding f WHERE f.id = finding_id),
    because = (SELECT f.because FROM findings_finding f WHERE f.id = finding_id)
"""
TOLD = """
UPDATE findings_finding SET
    told_at = (SELECT max(n.created_at) FROM notices_noticefinding l JOIN notices_notice n ON n.id = l.notice_id
               WHERE l.finding_id = findings_finding.id AND n.state IN ('ready', 'sent', 'failed')),
    told_rank = (SELECT max(l.severity_rank) FROM notices_noticefinding l JOIN notices_notice n ON n.id = l.notice_id
                 WHERE l.finding_id = findings_finding.id AND n.state IN ('ready', 'sent', 'failed'))
WHERE EXISTS (SELECT 1 FROM notices_noticefinding l WHERE l.finding_id = findings_finding.id)
"""
NEWS = """
INSERT INTO findings_news (organization_id, kind) SELECT DISTINCT organization_id, kind FROM findings_finding
"""
WAITING = """
UPDATE notices_delivery SET state = 'waiting'
WHERE state = 'ready' AND notice_id IN (SELECT id FROM notices_notice WHERE state = 'waiting')
"""
CLAIMED = "UPDATE notices_delivery SET state = 'ready' WHERE state = 'claimed'"


def fill(apps, schema_editor):
    for statement in (LINES, TOLD, NEWS, WAITING, CLAIMED):
        schema_editor.execute(statement)
    notices, series = apps.get_model("notices", "Notice"), apps.get_model("notices", "Series")
    lines, last = apps.get_model("notices", "NoticeFinding"), {}
    for notice in notices.objects.iterator():
        _, year, number = notice.reference.split("-")
        last[int(year)] = max(int(number), last.get(int(year), 0))
        told = list(lines.objects.filter(notice=notice).values_list("finding__kind", "type", "severity"))
        notice.parts = [
            {"kind": kind, "network": "", "type": rsit, "reason": notice.reason, "severity": notice.severity,
             "n": sum(row[0] == kind for row in told), "policy": None, "closeness": ""}
            for kind, rsit in sorted({row[:2] for row in told})
        ]
        notice.n_findings = len(told)
        notice.save(update_fields=["parts", "n_findings"])
    series.objects.bulk_create(series(year=year, last=number) for year, number in last.items())


class Migration(migrations.Migration):

    dependencies = [("notices", "0003_told")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
