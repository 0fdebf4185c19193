import django.db.models.deletion
import tocsin.base.identifiers
from django.db import migrations, models


class Migration(migrations.Migration):

    # An installation that has none of these begins here, in half the time; any other goes on with them.
    replaces = [('reach', '0001_initial'), ('reach', '0002_holding_claims'), ('reach', '0003_registrations'), ('reach', '0004_renewed_secrets')]

    initial = True

    dependencies = [
        ('constituency', '0001_squashed_0006_carried'),
    ]

    operations = [
        migrations.CreateModel(
            name='Drill',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=200)),
                ('begun_at', models.DateTimeField()),
                ('begun_by', models.CharField(max_length=254)),
                ('ends_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['-begun_at'], name='drills_by_time')],
            },
        ),
        migrations.CreateModel(
            name='Registration',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('language', models.CharField(max_length=8)),
                ('name_vi', models.CharField(max_length=300)),
                ('name_en', models.CharField(blank=True, max_length=300)),
                ('sector', models.CharField(blank=True, max_length=64)),
                ('person', models.CharField(max_length=200)),
                ('email', models.EmailField(max_length=254)),
                ('phone', models.CharField(max_length=64)),
                ('holdings', models.JSONField(default=list)),
                ('note', models.CharField(blank=True, max_length=1000)),
                ('state', models.CharField(choices=[('new', 'address not confirmed yet'), ('asked', 'waits for the team'), ('approved', 'approved'), ('refused', 'refused')], default='new', max_length=8)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('decided_by', models.CharField(blank=True, max_length=254)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_because', models.CharField(blank=True, max_length=1000)),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='constituency.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-at'], name='registrations_by_state'), models.Index(fields=['at'], name='registrations_by_time')],
            },
        ),
        migrations.CreateModel(
            name='RegistrationMail',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('confirm', 'is this your address?'), ('received', 'we have it'), ('approved', 'approved'), ('refused', 'refused')], max_length=8)),
                ('state', models.CharField(choices=[('ready', 'to be sent'), ('sent', 'sent'), ('bounced', 'bounced'), ('failed', 'could not be sent')], default='ready', max_length=8)),
                ('not_before', models.DateTimeField()),
                ('n_attempts', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(null=True)),
                ('says', models.CharField(blank=True, max_length=500)),
                ('registration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mails', to='reach.registration')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'not_before'], name='registration_mails_to_send')],
                'constraints': [models.UniqueConstraint(fields=('registration', 'kind'), name='said_once')],
            },
        ),
        migrations.CreateModel(
            name='ContactKey',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('openpgp', 'OpenPGP'), ('smime', 'S/MIME')], max_length=8)),
                ('content', models.TextField()),
                ('fingerprint', models.CharField(max_length=64)),
                ('names', models.CharField(blank=True, max_length=500)),
                ('expires_at', models.DateTimeField(null=True)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.CharField(max_length=254)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='constituency.contact')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('contact', 'fingerprint'), name='a_key_once')],
            },
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('confirm', 'is everything still right?'), ('verify', 'is this your address?'), ('key', 'your key expires'), ('drill', 'exercise'), ('ending', 'what we agreed to ends soon')], max_length=8)),
                ('email', models.EmailField(max_length=254)),
                ('language', models.CharField(max_length=8)),
                ('state', models.CharField(choices=[('ready', 'to be sent'), ('sent', 'sent'), ('bounced', 'bounced'), ('failed', 'could not be sent')], default='ready', max_length=8)),
                ('created_at', models.DateTimeField()),
                ('not_before', models.DateTimeField()),
                ('n_attempts', models.PositiveSmallIntegerField(default=0)),
                ('sent_at', models.DateTimeField(null=True)),
                ('says', models.CharField(blank=True, max_length=500)),
                ('bounced_at', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('contact', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='constituency.contact')),
                ('replaces', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='constituency.contact')),
                ('drill', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='reach.drill')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'not_before'], name='calls_to_send'), models.Index(fields=['contact', 'kind', 'created_at'], name='calls_of_contact')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('drill__isnull', False)), fields=('drill', 'contact'), name='called_once_a_drill')],
            },
        ),
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('channel', models.CharField(choices=[('chat', 'chat'), ('webhook', 'webhook')], max_length=8)),
                ('service', models.CharField(max_length=40)),
                ('shown', models.CharField(max_length=253)),
                ('address', models.TextField()),
                ('secret', models.TextField(blank=True)),
                ('secret_before', models.TextField(blank=True, default='')),
                ('secret_before_until', models.DateTimeField(null=True)),
                ('always', models.BooleanField(default=True)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.CharField(max_length=254)),
                ('worked_at', models.DateTimeField(null=True)),
                ('failed_at', models.DateTimeField(null=True)),
                ('says', models.CharField(blank=True, max_length=500)),
                ('removed_at', models.DateTimeField(null=True)),
                ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='endpoints', to='constituency.contact')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='endpoints', to='constituency.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['organization', 'removed_at'], name='endpoints_in_use')],
            },
        ),
        migrations.CreateModel(
            name='HoldingClaim',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=8)),
                ('value', models.CharField(max_length=253)),
                ('token', models.CharField(max_length=64)),
                ('by', models.CharField(max_length=254)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(choices=[('asked', 'not proven yet'), ('proven', 'proven, waits for the team'), ('approved', 'approved'), ('refused', 'refused')], default='asked', max_length=8)),
                ('proven_by', models.CharField(blank=True, max_length=8)),
                ('checked_at', models.DateTimeField(null=True)),
                ('says', models.CharField(blank=True, max_length=500)),
                ('decided_by', models.CharField(blank=True, max_length=254)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_because', models.CharField(blank=True, max_length=1000)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='constituency.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-at'], name='holding_claims_by_state')],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('what', models.CharField(choices=[('add', 'add a contact'), ('change', 'change a contact'), ('end', 'end a contact')], max_length=8)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('note', models.CharField(blank=True, max_length=1000)),
                ('by', models.CharField(max_length=254)),
                ('means', models.CharField(max_length=16)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(choices=[('asked', 'waits for the team'), ('approved', 'approved'), ('refused', 'refused')], default='asked', max_length=8)),
                ('decided_by', models.CharField(blank=True, max_length=254)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_because', models.CharField(blank=True, max_length=1000)),
                ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='constituency.contact')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='constituency.organization')),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-at'], name='proposals_by_state')],
            },
        ),
    ]
