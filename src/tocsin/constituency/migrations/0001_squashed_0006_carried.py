import django.db.models.deletion
import tocsin.base.identifiers
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    # An installation that has none of these begins here, in half the time; any other goes on with them.
    replaces = [('constituency', '0001_initial'), ('constituency', '0002_holdings_change'), ('constituency', '0003_history_and_fields'), ('constituency', '0004_contacts_alive'), ('constituency', '0005_succession'), ('constituency', '0006_carried')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='IgnoreRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('value', models.CharField(db_index=True, max_length=253)),
                ('reason', models.CharField(max_length=300)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Succession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('reason', models.CharField(max_length=300)),
                ('before', models.JSONField(default=list)),
                ('after', models.JSONField(default=list)),
                ('moved', models.JSONField(default=list)),
                ('by', models.CharField(max_length=254)),
                ('at', models.DateTimeField()),
                ('carried_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('id', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('name_vi', models.CharField(max_length=300)),
                ('name_en', models.CharField(max_length=300)),
                ('sector', models.CharField(blank=True, max_length=64)),
                ('language', models.CharField(blank=True, max_length=8)),
                ('criticality', models.CharField(blank=True, choices=[('low', 'low'), ('medium', 'medium'), ('high', 'high'), ('critical', 'critical')], max_length=8)),
                ('essential', models.BooleanField(default=False)),
                ('search_fold', models.CharField(editable=False, max_length=800)),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='constituency.organization')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Network',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('cidr', models.CharField(db_index=True, max_length=49)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='constituency.organization')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HoldingsChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=254)),
                ('what', models.CharField(max_length=300)),
                ('kind', models.CharField(blank=True, max_length=8)),
                ('value', models.CharField(blank=True, max_length=253)),
                ('from_day', models.DateField(null=True)),
                ('to_day', models.DateField(null=True)),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='constituency.organization')),
            ],
        ),
        migrations.CreateModel(
            name='Domain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('name', models.CharField(db_index=True, max_length=253)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='constituency.organization')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('id', models.UUIDField(default=tocsin.base.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('email', models.EmailField(max_length=254)),
                ('phone', models.CharField(blank=True, max_length=64)),
                ('roles', models.JSONField(default=list)),
                ('language', models.CharField(blank=True, max_length=8)),
                ('state', models.CharField(choices=[('active', 'reached'), ('unverified', 'not confirmed yet'), ('dead', 'address dead')], default='active', max_length=12)),
                ('state_at', models.DateTimeField(null=True)),
                ('state_because', models.CharField(blank=True, max_length=300)),
                ('verified_at', models.DateTimeField(null=True)),
                ('known_at', models.DateTimeField(null=True)),
                ('must_encrypt', models.BooleanField(default=False)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='constituency.organization')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AutonomousSystem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('number', models.BigIntegerField(db_index=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='constituency.organization')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sees_children', models.BooleanField(default=False)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='constituency.organization')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'organization'), name='one_membership')],
            },
        ),
    ]
