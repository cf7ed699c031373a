from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A company's year may begin in another month than January."""

    dependencies = [("forest", "0006_companies")]
    operations = [
        migrations.AddField("CompanyYear", "first_month", models.PositiveSmallIntegerField(default=1)),
        migrations.AddConstraint(
            "CompanyYear",
            models.CheckConstraint(condition=Q(first_month__range=(1, 12)), name="forest_companyyear_month"),
        ),
    ]
