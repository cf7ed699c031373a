"""City: what the town's sensors say, judged by rules that anybody can read."""

from django.utils.translation import gettext_lazy as _

from bocage.kernel.manifest import Service

service = Service(
    name="city",
    title=_("City"),
    icon="traffic-cone",
    tint="sky",
    sentence=_(
        "Judge what the town's sensors say by rules that anybody can read, and say what is wrong, why, and what to do."
    ),
)
