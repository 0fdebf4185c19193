import datetime
import django.core.validators
import django.db.models.deletion
import tocsin.base.identifiers
from django.db import migrations, models


class Migration(migrations.Migration):

    # An installation that has none of these begins here, in half the time; any other goes on with them.
    replaces = [('intake', '0001_initial'), ('intake', '0002_second_look'), ('intake', '0003_feeds'), ('intake', '0004_claimed_by'), ('intake', '0005_looks'), ('intake', '0006_segments_of_many_batches')]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Dismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.CharField(max_length=253, unique=True)),
                ('reason', models.CharField(max_length=300)),
                ('by', models.CharField(max_length=254)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Feed',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.SlugField(max_length=64, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('provider', models.CharField(blank=True, max_length=200)),
                ('enabled', models.BooleanField(default=True)),
                ('way', models.CharField(choices=[('folder', 'folder'), ('http', 'http'), ('imap', 'imap'), ('push', 'push')], max_length=16)),
                ('address', models.CharField(blank=True, max_length=1000)),
                ('user', models.CharField(blank=True, max_length=254)),
                ('secret', models.TextField(blank=True)),
                ('link_hosts', models.JSONField(default=list)),
                ('move_to', models.CharField(blank=True, max_length=200)),
                ('interval', models.DurationField(default=datetime.timedelta(seconds=3600))),
                ('format', models.CharField(blank=True, max_length=64)),
                ('mapping', models.JSONField(null=True)),
                ('schema', models.CharField(blank=True, max_length=1000)),
                ('window', models.DurationField(default=datetime.timedelta(0))),
                ('classification_type', models.CharField(blank=True, max_length=64)),
                ('classification_identifier', models.CharField(blank=True, max_length=200)),
                ('severity', models.CharField(blank=True, max_length=16)),
                ('accuracy', models.FloatField(null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)])),
                ('tlp', models.CharField(blank=True, max_length=20)),
                ('silent_after', models.DurationField(null=True)),
                ('stale_after', models.DurationField(null=True)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=254)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.CharField(max_length=254)),
                ('due_at', models.DateTimeField(db_index=True, null=True)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('claimed_by', models.CharField(blank=True, max_length=300)),
                ('memory', models.JSONField(default=dict)),
                ('n_failures', models.PositiveIntegerField(default=0)),
                ('reason', models.CharField(blank=True, max_length=64)),
                ('detail', models.TextField(blank=True)),
                ('checked_at', models.DateTimeField(null=True)),
                ('expected_since', models.DateTimeField()),
                ('last_arrival_at', models.DateTimeField(null=True)),
                ('newest_event_at', models.DateTimeField(null=True)),
                ('source_changed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='HoldingsSnapshot',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='ReportSchema',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=1000, unique=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('n_reports', models.PositiveIntegerField(default=0)),
                ('memory', models.JSONField(default=dict)),
                ('changed_at', models.DateTimeField(null=True)),
                ('checked_at', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=64)),
                ('detail', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('intake', 'reports came in'), ('replay', 'rejects parsed again'), ('reattribution', 'events attributed again')], default='intake', max_length=16)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField()),
                ('rows', models.BigIntegerField()),
                ('events', models.BigIntegerField()),
                ('duplicates', models.BigIntegerField()),
                ('rejects', models.BigIntegerField()),
                ('attributed', models.BigIntegerField()),
                ('unattributed', models.BigIntegerField()),
                ('ignored', models.BigIntegerField()),
                ('findings', models.BigIntegerField()),
                ('replayed', models.BigIntegerField(default=0)),
                ('changed', models.BigIntegerField(default=0)),
                ('seconds', models.FloatField()),
                ('files', models.JSONField(default=list)),
                ('feed', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='intake.feed')),
            ],
            options={
                'indexes': [models.Index(fields=['-finished_at'], name='intake_batc_finishe_6d8450_idx')],
            },
        ),
        migrations.CreateModel(
            name='Arrival',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=1000)),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('size', models.BigIntegerField()),
                ('received_at', models.DateTimeField()),
                ('times_received', models.PositiveIntegerField(default=1)),
                ('told', models.JSONField(default=dict)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('n_attempts', models.PositiveIntegerField(default=0)),
                ('set_aside', models.CharField(blank=True, max_length=64)),
                ('detail', models.TextField(blank=True)),
                ('batch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='arrivals', to='intake.batch')),
                ('feed', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='intake.feed')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('batch', None), ('set_aside', '')), fields=['received_at'], name='arrivals_pending'), models.Index(fields=['feed', '-received_at'], name='intake_arri_feed_id_f899bd_idx')],
            },
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=32)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('since', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=64)),
                ('detail', models.TextField(blank=True)),
                ('feed', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='alarms', to='intake.feed')),
            ],
            options={
                'indexes': [models.Index(fields=['-opened_at'], name='intake_alar_opened__85b1e8_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('kind', 'feed'), name='one_open_alarm_a_feed'), models.UniqueConstraint(condition=models.Q(('closed_at', None), ('feed', None)), fields=('kind',), name='one_open_alarm_of_the_installation')],
            },
        ),
        migrations.CreateModel(
            name='EventFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=300, unique=True)),
                ('rows', models.BigIntegerField()),
                ('size', models.BigIntegerField()),
                ('first_seen', models.DateTimeField()),
                ('last_seen', models.DateTimeField()),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='event_files', to='intake.batch')),
                ('holdings', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='intake.holdingssnapshot')),
            ],
            options={
                'indexes': [models.Index(fields=['last_seen'], name='intake_even_last_se_d193ee_idx')],
            },
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('feed_code', models.CharField(max_length=200)),
                ('day', models.DateField()),
                ('began_at', models.DateTimeField()),
                ('proves_before', models.DateTimeField()),
                ('n_rows', models.BigIntegerField()),
                ('names', models.CharField(blank=True, max_length=300)),
                ('is_weighed', models.BooleanField(default=False)),
                ('arrival', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='looks', to='intake.arrival')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='intake.batch')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('is_weighed', False)), fields=['is_weighed'], name='looks_to_weigh')],
                'constraints': [models.UniqueConstraint(fields=('feed_code', 'day'), name='one_look_a_day')],
            },
        ),
        migrations.CreateModel(
            name='Reject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=1000)),
                ('file_sha256', models.CharField(max_length=64)),
                ('row', models.BigIntegerField()),
                ('reason', models.CharField(db_index=True, max_length=64)),
                ('detail', models.TextField()),
                ('raw', models.TextField()),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='intake.batch')),
            ],
        ),
        migrations.CreateModel(
            name='RejectCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=1000)),
                ('file_sha256', models.CharField(max_length=64)),
                ('reason', models.CharField(db_index=True, max_length=64)),
                ('n', models.BigIntegerField()),
                ('arrival', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='intake.arrival')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reject_counts', to='intake.batch')),
            ],
            options={
                'indexes': [models.Index(fields=['batch', 'reason'], name='intake_reje_batch_i_d61551_idx')],
            },
        ),
        migrations.CreateModel(
            name='Unattributed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asset', models.CharField(max_length=2000)),
                ('kind', models.CharField(max_length=200)),
                ('place', models.CharField(db_index=True, default='other', max_length=253)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('asn', models.BigIntegerField(null=True)),
                ('n_events', models.BigIntegerField()),
                ('first_seen', models.DateTimeField()),
                ('last_seen', models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('asset', 'kind'), name='one_unattributed')],
            },
        ),
        migrations.CreateModel(
            name='UnattributedGroup',
            fields=[
                ('value', models.CharField(max_length=253, primary_key=True, serialize=False)),
                ('how', models.CharField(max_length=8)),
                ('asn', models.BigIntegerField(null=True)),
                ('n_events', models.BigIntegerField()),
                ('first_seen', models.DateTimeField()),
                ('last_seen', models.DateTimeField()),
                ('dismissal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='groups', to='intake.dismissal')),
            ],
            options={
                'indexes': [models.Index(fields=['dismissal', '-n_events', 'value'], name='intake_unat_dismiss_3de4d9_idx'), models.Index(fields=['dismissal', '-last_seen', 'value'], name='intake_unat_dismiss_c7520f_idx'), models.Index(fields=['asn'], name='intake_unat_asn_fdc0b2_idx')],
            },
        ),
        migrations.CreateModel(
            name='Collection',
            fields=[
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('state', models.CharField(default='running', max_length=16)),
                ('reason', models.CharField(blank=True, max_length=64)),
                ('detail', models.TextField(blank=True)),
                ('n_arrivals', models.PositiveIntegerField(default=0)),
                ('n_new', models.PositiveIntegerField(default=0)),
                ('bytes', models.BigIntegerField(default=0)),
                ('feed', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='collections', to='intake.feed')),
            ],
            options={
                'indexes': [models.Index(fields=['feed', '-started_at'], name='intake_coll_feed_id_d75501_idx')],
            },
        ),
    ]
