"""Which addresses we are willing to call: public ones over https, and never what stands in our own network."""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from bocage.kernel.errors import Refusal
from bocage.kernel.events.models import URL_LENGTH

_NAT64 = IPv6Network("64:ff9b::/96")
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class AddressRefused(Exception):
    """An address that we do not call. The message says why."""


@dataclass(frozen=True)
class Target:
    """Where to connect (`ip`, found once, so that a second look-up cannot lead elsewhere) and as what."""

    ip: str
    host: str
    port: int
    scheme: str
    path: str

    @property
    def url(self) -> str:
        shown = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{self.scheme}://{shown}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        shown = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return shown if self.port == usual else f"{shown}:{self.port}"


def check_url(url: str) -> None:
    """Refuse a webhook's address that is malformed, not https, or a private one. A name is looked up on sending."""
    try:
        parts = _parse(url)
        literal = _literal(parts.hostname or "")
        if literal is not None:
            _check_public(literal, parts)
    except AddressRefused as error:
        raise Refusal("bad_address", str(error), field="url") from error


def resolve(url: str) -> Target:
    """Where to connect for `url`. Raises AddressRefused when any of the host's addresses is not a public one."""
    parts = _parse(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # UnicodeError, because a name with a label of more than 63 characters cannot be looked up at all.
    except (OSError, UnicodeError) as error:
        raise AddressRefused(_("The host of this address is not known.")) from error
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    for address in addresses:
        _check_public(address, parts)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(str(addresses[0]), host, port, parts.scheme, path)


def _parse(url: str) -> SplitResult:
    if len(url) > URL_LENGTH or any(character <= " " or character == "\x7f" for character in url):
        raise AddressRefused(_("An address has at most 500 characters and no spaces."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(_("This is not a web address.")) from error
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment or port == 0:
        raise AddressRefused(_("Give an address like https://shop.example/events, without a password in it."))
    if not parts.hostname.isascii():
        raise AddressRefused(_("Write the host in its ASCII form, as in xn--caf-dma.example."))
    if parts.scheme != "https" and not (parts.scheme == "http" and _may_be_loopback(parts)):
        raise AddressRefused(_("The address must begin with https://."))
    return parts


def _may_be_loopback(parts: SplitResult) -> bool:
    return bool(settings.TRUSTED_LOOPBACK_WEBHOOKS) and parts.hostname in LOOPBACK_NAMES


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _check_public(address: IPv4Address | IPv6Address, parts: SplitResult) -> None:
    inner = _carried(address)
    if inner.is_loopback and _may_be_loopback(parts):
        return
    if not inner.is_global or inner.is_multicast or inner.is_reserved:
        raise AddressRefused(_("This address leads into a private network. Give one that the public can reach."))


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one leads to (mapped, 6to4, NAT64), where it is one of those."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
