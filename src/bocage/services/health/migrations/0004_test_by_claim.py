"""A claim code is looked up when a result comes: it may belong to one sample alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("health", "0003_gate")]
    operations = [
        migrations.AddIndex(
            model_name="test",
            index=models.Index(fields=["claim_digest"], name="health_test_by_claim"),
        ),
    ]
