"""Devices in words."""

from django import template

from bocage.shell.accounts import devices

register = template.Library()


@register.filter
def device(user_agent: str) -> str:
    """ "Firefox on Linux"."""
    return devices.describe(user_agent)


@register.filter
def is_phone(user_agent: str) -> bool:
    """Whether the browser says that it runs on a phone."""
    return devices.system_of(user_agent) in devices.PHONES
