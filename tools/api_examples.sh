# Who one is
curl -s -H "Authorization: Bearer $TOKEN" "$TOCSIN/api/v1/me"

# Bring a report, safely repeatable
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/octet-stream" -H "Idempotency-Key: rdp-2026-11-22" \
  --data-binary @report.csv "$TOCSIN/api/v1/reports?name=report.csv"

# The same as a form
curl -s -H "Authorization: Bearer $TOKEN" -F file=@report.csv "$TOCSIN/api/v1/reports"

# The gravest findings that a sensor saw lately
curl -s -H "Authorization: Bearer $TOKEN" "$TOCSIN/api/v1/findings?severity=critical&since=2026-11-20T00:00:00Z&limit=10"

# The next page, from the header Link
next=$(curl -s -o /dev/null -D - -H "Authorization: Bearer $TOKEN" "$TOCSIN/api/v1/findings?limit=1" | sed -n 's/^[Ll]ink: <\(.*\)>.*/\1/p')
curl -s -H "Authorization: Bearer $TOKEN" "$next"

# Notices that wait for approval
curl -s -H "Authorization: Bearer $TOKEN" "$TOCSIN/api/v1/notices?state=waiting"

# Answer a notice in the name of an organization
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"answer": "fixing", "until": "2099-12-31", "note": "Patch on Monday"}' \
  "$TOCSIN/api/v1/notices/$NOTICE/answers"

# What an import would change
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"version": 1, "organizations": [{"id": "so-y-te", "name": {"vi": "Sở Y tế", "en": "Department of Health"}, "networks": ["203.0.113.0/25"]}]}' \
  "$TOCSIN/api/v1/constituency?dry_run=true"

# The constituency, as its file
curl -s -H "Authorization: Bearer $TOKEN" "$TOCSIN/api/v1/constituency"

# Silence a kind for an organization
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"organization": "so-y-te", "kind": "open-rdp", "reason": "Being moved", "until": "2099-12-31T00:00:00Z"}' \
  "$TOCSIN/api/v1/silences"

# Figures for the monitoring
curl -s -H "Authorization: Bearer $TOKEN" "$TOCSIN/metrics"
