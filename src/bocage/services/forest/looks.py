"""A picture and a colour for each class of spending."""

LOOKS = {
    "groceries": ("shopping-basket", "leaf"),
    "alcohol_tobacco": ("wine", "plum"),
    "restaurants": ("utensils", "clay"),
    "clothing": ("shirt", "plum"),
    "housing": ("house", "clay"),
    "home_improvement": ("hammer", "clay"),
    "home_energy": ("zap", "sun"),
    "furniture": ("sofa", "clay"),
    "appliances": ("washing-machine", "sky"),
    "household": ("spray-can", "sky"),
    "medicines": ("pill", "rose"),
    "health": ("stethoscope", "rose"),
    "vehicles": ("car", "rose"),
    "vehicle_care": ("wrench", "rose"),
    "fuel": ("fuel", "rose"),
    "parking_tolls": ("square-parking", "rose"),
    "public_transport": ("tram-front", "leaf"),
    "taxi": ("car-taxi-front", "sun"),
    "flights": ("plane", "rose"),
    "post_parcels": ("package", "sun"),
    "electronics": ("smartphone", "sky"),
    "telecom": ("phone", "sky"),
    "digital": ("monitor-play", "sky"),
    "leisure_goods": ("gamepad-2", "plum"),
    "garden_pets": ("flower-2", "leaf"),
    "leisure": ("ticket", "plum"),
    "books_paper": ("book-open", "plum"),
    "travel": ("luggage", "sky"),
    "education": ("graduation-cap", "sky"),
    "accommodation": ("bed-double", "clay"),
    "insurance": ("shield", "sky"),
    "personal_care": ("scissors", "plum"),
    "personal_effects": ("gem", "plum"),
    "social": ("heart-handshake", "rose"),
    "services": ("briefcase", "sky"),
    "public_services": ("landmark", "sky"),
    "general_shops": ("store", "sun"),
    "unknown": ("circle-question-mark", ""),
    "movement": ("arrow-left-right", ""),
}
_OTHER = ("receipt", "")


def look(category: str) -> tuple[str, str]:
    """The icon and the tint of a class; those of any receipt for one that is not known here."""
    return LOOKS.get(category, _OTHER)
