from django.db import migrations, models
from django.db.models import Q

STATE = "forest_companyfile_state"


class Migration(migrations.Migration):
    """A company's CSV of unknown columns waits until somebody says what they hold."""

    dependencies = [("forest", "0008_cost_of_a_tree")]
    operations = [
        migrations.AddField("CompanyFile", "columns", models.JSONField(null=True)),
        migrations.AlterField("CompanyFile", "first_on", models.DateField(null=True)),
        migrations.AlterField("CompanyFile", "last_on", models.DateField(null=True)),
        migrations.RemoveConstraint("CompanyFile", STATE),
        migrations.AddConstraint(
            "CompanyFile",
            models.CheckConstraint(
                condition=Q(state="columns")
                | Q(state__in=["preview", "kept"], first_on__isnull=False, last_on__isnull=False),
                name=STATE,
            ),
        ),
    ]
