from django.db import migrations, models
from django.db.models import Q

ORIGIN = "forest_line_origin"


class Migration(migrations.Migration):
    """Lines that a person writes down by hand, such as what she paid in cash."""

    dependencies = [("forest", "0009_columns_of_accounts")]
    operations = [
        migrations.RemoveConstraint("Line", ORIGIN),
        migrations.AddConstraint(
            "Line",
            models.CheckConstraint(condition=Q(origin__in=["statement", "payment", "noted"]), name=ORIGIN),
        ),
    ]
