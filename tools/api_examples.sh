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

# Let an organization hold a range that nobody holds: what would come of it
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"value": "192.0.2.0/24", "organization": "so-khoa-hoc", "valid_from": "2026-01-01"}' \
  "$TOCSIN/api/v1/unattributed/assignments?dry_run=true"

# Parse rejected rows again, after a new mapping
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"reason": "bad-address"}' "$TOCSIN/api/v1/replays"

# Attribute again what came in before: what would change
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"dry_run": true}' "$TOCSIN/api/v1/reattributions"

# Add an organization with all it holds and whom to tell, or make it so
curl -s -X PUT -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"name": {"vi": "Trường Mẫu", "en": "Sample School"}, "networks": ["192.0.2.64/26"], "contacts": [{"email": "truc@truong-mau.example", "roles": ["security"]}]}' \
  "$TOCSIN/api/v1/organizations/truong-mau"

# Ignore an own scanner
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"value": "192.0.2.8/29", "reason": "Own scanner"}' "$TOCSIN/api/v1/ignored"

# Add a contact who may sign in
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"email": "truc@truong-mau.example", "role": "contact", "organizations": ["truong-mau"]}' \
  "$TOCSIN/api/v1/people"

# Freeze the figures of a month
curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"from": "2026-01-01", "to": "2026-01-31"}' "$TOCSIN/api/v1/snapshots"

# Read what an organization would be told now
curl -s -H "Authorization: Bearer $TOKEN" "$TOCSIN/api/v1/notices/preview/so-khoa-hoc"

# Decide, and deliver what is ready: first what would be decided
curl -s -X POST -H "Authorization: Bearer $TOKEN" "$TOCSIN/api/v1/notices/run?dry_run=true"
