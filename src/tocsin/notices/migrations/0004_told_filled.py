"""What was told before this was written down: on findings, in the lines of notices, in the numbers of the year."""

from django.db import migrations

LINES = """
UPDATE notices_noticefinding SET
    severity_rank = CASE severity WHEN 'critical' THEN 5 WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 ELSE 1 END,
    (type, first_seen, last_seen, count, ports, because) =
        (SELECT f.type, f.first_seen, f.last_seen, f.count, f.ports, f.because FROM findings_finding f WHERE f.id = finding_id)
"""
# CROSS JOIN keeps the order for SQLite, which else goes through every notice of a state for each finding: hours.
TOLD = """
UPDATE findings_finding SET (told_at, told_rank) = (
    SELECT max(n.created_at), max(l.severity_rank)
    FROM notices_noticefinding l CROSS JOIN notices_notice n
    WHERE l.finding_id = findings_finding.id AND n.id = l.notice_id AND n.state IN ('ready', 'sent', 'failed')
)
WHERE id IN (SELECT finding_id FROM notices_noticefinding)
"""
NEWS = """
INSERT INTO findings_news (organization_id, kind) SELECT DISTINCT organization_id, kind FROM findings_finding
"""
WAITING = """
UPDATE notices_delivery SET state = 'waiting'
WHERE state = 'ready' AND notice_id IN (SELECT id FROM notices_notice WHERE state = 'waiting')
"""
CLAIMED = "UPDATE notices_delivery SET state = 'ready' WHERE state = 'claimed'"

# What each notice tells, a part a kind and type; `n` is of the kind. One statement, however many notices there are.
PARTS = """
UPDATE notices_notice SET parts = (
    SELECT {array} FROM (
        SELECT f.kind, l.type, sum(count(*)) OVER (PARTITION BY f.kind) AS n
        FROM notices_noticefinding l JOIN findings_finding f ON f.id = l.finding_id
        WHERE l.notice_id = notices_notice.id GROUP BY f.kind, l.type ORDER BY f.kind, l.type
    ) AS part
)
WHERE id IN (SELECT notice_id FROM notices_noticefinding)
"""
OBJECT = """'kind', part.kind, 'network', '', 'type', part.type, 'reason', notices_notice.reason,
    'severity', notices_notice.severity, 'n', part.n, 'policy', NULL, 'closeness', ''"""
ARRAYS = {
    "sqlite": f"json_group_array(json_object({OBJECT}))",
    "postgresql": f"jsonb_agg(jsonb_build_object({OBJECT}) ORDER BY part.kind, part.type)",
}
COUNTS = """
UPDATE notices_notice SET n_findings = (SELECT count(*) FROM notices_noticefinding l WHERE l.notice_id = notices_notice.id)
"""
NUMBERS = """
INSERT INTO notices_series (year, last)
SELECT CAST(substr(reference, 4, 4) AS integer), max(CAST(substr(reference, 9) AS integer)) FROM notices_notice
GROUP BY CAST(substr(reference, 4, 4) AS integer)
"""


def fill(apps, schema_editor):
    parts = PARTS.format(array=ARRAYS[schema_editor.connection.vendor])
    for statement in (LINES, TOLD, NEWS, WAITING, CLAIMED, parts, COUNTS, NUMBERS):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_told")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
