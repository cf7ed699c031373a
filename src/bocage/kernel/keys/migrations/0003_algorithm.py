"""A key says how it signs: Ed25519, or ES256 where the world outside asks for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0002_guards")]
    operations = [
        migrations.AddField(
            model_name="signingkeyrow",
            name="algorithm",
            field=models.CharField(db_default="EdDSA", default="EdDSA", max_length=8),
        ),
        migrations.AddConstraint(
            model_name="signingkeyrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("algorithm__in", ["EdDSA", "ES256"])), name="signing_key_algorithm"
            ),
        ),
    ]
