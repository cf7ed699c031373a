"""Campaigns, certificates and what was seen of the trees, as people and partners may see them."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, F, OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bocage.kernel.errors import not_found
from bocage.kernel.identity import queries as identity
from bocage.kernel.keys import actions as keys
from bocage.kernel.keys.types import Signature
from bocage.kernel.ledger import queries as ledger
from bocage.kernel.proofs import explorer
from bocage.kernel.proofs import queries as proofs
from bocage.services.forest import accounts
from bocage.services.forest.actions.campaigns import SIGNING
from bocage.services.forest.models import Audit, Campaign, Certificate

ROWS_MAX = 200
STATES = {
    "ordered": gettext_lazy("waits to be planted"),
    "alive": gettext_lazy("stands"),
    "dead": gettext_lazy("has died, and will be planted anew"),
}
SEEN_WORDS = {
    "planted": gettext_lazy("Planted"),
    "alive": gettext_lazy("Seen alive"),
    "dead": gettext_lazy("Found dead"),
    "replanted": gettext_lazy("Planted anew"),
}
_MAP = (320, 180, 24)


@dataclass(frozen=True)
class CampaignView:
    """A campaign, and where its mark stands on a map of 320 by 180 units. `left`: trees nobody has, to the partner.

    `cost_minor`: what one tree costs the partner, in cents of the town's currency, 0 where that was not said.
    """

    id: UUID
    name: str
    partner: str
    species: str
    latitude: Decimal
    longitude: Decimal
    price_grams: int
    survival_percent: int
    trees: int
    left: int | None = None
    x: int = 0
    y: int = 0
    cost_minor: int = 0

    @property
    def budget_minor(self) -> int:
        return self.trees * self.cost_minor

    @property
    def budget_left_minor(self) -> int:
        return (self.left or 0) * self.cost_minor


@dataclass(frozen=True)
class AuditView:
    """What a partner saw."""

    title: str
    latitude: Decimal
    longitude: Decimal
    photo_digest: str
    seen_at: datetime


@dataclass(frozen=True)
class CertificateView:
    """One real tree. `is_genuine`: the signature over `claims` holds by the key of its time; None where not checked."""

    id: UUID
    campaign: CampaignView
    state: str
    state_title: str
    claims: str
    key_id: UUID
    signature: str
    signed_at: datetime
    is_genuine: bool | None = None
    audits: tuple[AuditView, ...] = ()


def campaigns(organisation_id: UUID | None = None) -> list[CampaignView]:
    """All campaigns, or one partner's, the latest first, with their places on the map."""
    rows = Campaign.objects.order_by("-opened_at")
    rows = rows.filter(organisation_id=organisation_id) if organisation_id else rows
    return _placed(_views(list(rows[:ROWS_MAX])))


def certificates(person_id: UUID) -> list[CertificateView]:
    """A person's real trees, the latest first."""
    return _certificates(list(Certificate.objects.filter(person_id=person_id).order_by("-id")[:ROWS_MAX]))


def to_audit(organisation_id: UUID) -> list[CertificateView]:
    """A partner's trees, those never seen first, then the longest unseen: each report brings the next into sight."""
    latest = Audit.objects.filter(certificate_id=OuterRef("pk")).order_by("-seen_at").values("seen_at")[:1]
    rows = Certificate.objects.filter(organisation_id=organisation_id).annotate(seen_at=Subquery(latest))
    return _certificates(list(rows.order_by(F("seen_at").asc(nulls_first=True), "signed_at")[:ROWS_MAX]))


def certificate(person_id: UUID, certificate_id: UUID) -> CertificateView:
    """One real tree with all that was seen of it. Raises `Refusal` (not_found) for another's."""
    rows = list(Certificate.objects.filter(person_id=person_id, pk=certificate_id))
    if not rows:
        raise not_found(_("There is no such tree among yours."), field="id")
    audits = tuple(
        AuditView(str(SEEN_WORDS[row.seen]), row.latitude, row.longitude, row.photo_digest, row.seen_at)
        for row in Audit.objects.filter(certificate_id=certificate_id).order_by("seen_at")[:ROWS_MAX]
    )
    row = rows[0]
    holds = keys.verify(SIGNING, row.claims.encode(), Signature(row.key_id, bytes(row.signature), row.signed_at))
    return CertificateView(**{**_certificates(rows)[0].__dict__, "is_genuine": holds, "audits": audits})


def proof_file(person_id: UUID, certificate_id: UUID) -> bytes:
    """The ledger's proof of the transfer that burned the grams, which `./bocage verify` checks without us.

    Raises `Refusal` (not_found for another's tree, proof_not_yet until a checkpoint covers the transfer).
    """
    return proofs.proof_file(_burning(certificate(person_id, certificate_id)))


def is_provable(tree: CertificateView) -> bool:
    """Whether a signed checkpoint covers the transfer that burned the grams."""
    return explorer.is_provable(_burning(tree))


def _burning(tree: CertificateView) -> UUID:
    return UUID(json.loads(tree.claims)["transfer"])


def survival(organisation_id: UUID) -> dict[str, int]:
    """How many of a partner's trees stand in each state."""
    rows = Certificate.objects.filter(organisation_id=organisation_id).values_list("state").annotate(all=Count("id"))
    return dict(rows)


def _certificates(rows: list[Certificate]) -> list[CertificateView]:
    """A list: nothing verified, as each signature costs a query; `certificate` verifies the one it shows."""
    views = {view.id: view for view in _views(list(Campaign.objects.filter(pk__in={row.campaign_id for row in rows})))}
    return [
        CertificateView(
            row.id,
            views[row.campaign_id],
            row.state,
            str(STATES[row.state]),
            row.claims,
            row.key_id,
            bytes(row.signature).hex(),
            row.signed_at,
        )
        for row in rows
    ]


def _views(rows: list[Campaign]) -> list[CampaignView]:
    names = identity.party_names({row.organisation_id for row in rows})
    budgets = {row.id: accounts.campaign_id(row.organisation_id, row.id) for row in rows}
    left = ledger.balances(list(budgets.values()))
    return [
        CampaignView(
            row.id,
            row.name,
            names[row.organisation_id],
            row.species,
            row.latitude,
            row.longitude,
            row.price_grams,
            row.survival_percent,
            row.trees,
            left[budgets[row.id]].available_minor if budgets[row.id] in left else None,
            cost_minor=row.cost_minor,
        )
        for row in rows
    ]


def _placed(views: list[CampaignView]) -> list[CampaignView]:
    """Each with its mark: longitudes and latitudes from the least to the greatest over the whole drawing."""
    if not views:
        return []
    width, height, margin = _MAP
    west, east = min(v.longitude for v in views), max(v.longitude for v in views)
    south, north = min(v.latitude for v in views), max(v.latitude for v in views)

    def along(value: Decimal, least: Decimal, most: Decimal, length: int) -> int:
        return (
            length // 2 if most == least else margin + round((value - least) / (most - least) * (length - 2 * margin))
        )

    return [
        CampaignView(
            **{
                **view.__dict__,
                "x": along(view.longitude, west, east, width),
                "y": height - along(view.latitude, south, north, height),
            }
        )
        for view in views
    ]
