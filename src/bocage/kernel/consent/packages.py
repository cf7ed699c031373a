"""Everyone who holds something of a person's: the kernel's packages and the services, each by its manifest.

A kernel package's `manifest` module may have `export(person_id) -> dict` and `erase(person_id) -> list[str]` (what was
kept and why, in words); a service's manifest names the same two.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bocage.kernel import manifest
from bocage.kernel.events import registry


@dataclass(frozen=True)
class Holder:
    """A package or service that holds data, with its two verbs over a person's part of it."""

    name: str
    export: Callable[[UUID], dict[str, Any]] | None
    erase: Callable[[UUID], list[str]] | None


def holders() -> list[Holder]:
    """Services first, so that they erase before the kernel's keys and identity are gone."""
    services = [Holder(each.name, each.export, each.erase) for each in manifest.services()]
    kernel = [
        Holder(name, getattr(module, "export", None), getattr(module, "erase", None))
        for name, module in registry.kernel_manifests()
    ]
    return [holder for holder in services + kernel if holder.export or holder.erase]
