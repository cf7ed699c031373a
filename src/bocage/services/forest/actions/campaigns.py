"""Real trees: a partner undertakes to plant so many, a person burns grams for one, the partner shows how it does."""

import json
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID, uuid5

from django.utils import translation
from django.utils.translation import gettext as _

from bocage.kernel import clock
from bocage.kernel.blobs import actions as blobs
from bocage.kernel.errors import Refusal, conflict, forbidden, not_found
from bocage.kernel.events.actions import emit
from bocage.kernel.identity import queries as identity
from bocage.kernel.keys import actions as keys
from bocage.kernel.ledger import actions as ledger
from bocage.kernel.ledger.types import Transfer
from bocage.kernel.notifications.actions import notify
from bocage.services.forest import accounts
from bocage.services.forest.actions.giving import giveable_grams
from bocage.services.forest.actions.turns import take_turns
from bocage.services.forest.models import Audit, Campaign, Certificate

SIGNING = "forest.certificate"
SEEN = ("planted", "alive", "dead", "replanted")
TREES_MAX = 100_000
_SPACE = UUID("3b0e1c7a-62ce-5c2c-a5b1-96a1c26f9c88")


@dataclass(frozen=True)
class Terms:
    """What a partner undertakes. Coordinates are WGS 84 degrees; `survival_percent` is expected after 3 years.

    `cost_minor`: what one tree costs the partner, in cents of the town's currency, 0 where it does not say.
    """

    name: str
    species: str
    latitude: Decimal
    longitude: Decimal
    price_grams: int
    survival_percent: int
    trees: int
    cost_minor: int = 0


def open_campaign(organisation_id: UUID, campaign_id: UUID, terms: Terms) -> UUID:
    """Undertake to plant, under the caller's id: the trees stand as a budget in the ledger. Again changes nothing."""
    if not _may_plant(organisation_id):
        raise forbidden(_("Only a checked organisation can undertake to plant."))
    take_turns(organisation_id)
    found = Campaign.objects.filter(pk=campaign_id).first()
    if found is not None:
        same = all(getattr(found, name) == value for name, value in terms.__dict__.items())
        if found.organisation_id != organisation_id or not same:
            raise conflict("id_conflict", _("This id is another campaign's."), field="id")
        return campaign_id
    Campaign.objects.create(id=campaign_id, organisation_id=organisation_id, opened_at=clock.now(), **terms.__dict__)
    budget = accounts.campaign(organisation_id, campaign_id)
    key = uuid5(_SPACE, f"open {campaign_id}")
    ledger.post_or_refuse(
        Transfer(
            key, accounts.tree_source(), budget, terms.trees, accounts.TREES, "forest.undertaken", str(campaign_id)
        )
    )
    return campaign_id


def plant(person_id: UUID, certificate_id: UUID, campaign_id: UUID) -> UUID:
    """Burn the price in grams for one real tree, under the caller's id; its certificate. Again changes nothing.

    Grams and the tree of the budget move in one linked group: whoever comes second to the last tree keeps her grams.
    Raises `Refusal` (sold_out, not_givable, campaign_stopped, not_found, or what the ledger says).
    """
    take_turns(person_id)
    found = Certificate.objects.filter(pk=certificate_id).first()
    if found is not None:
        if (found.person_id, found.campaign_id) != (person_id, campaign_id):
            raise conflict("id_conflict", _("This id is another certificate's."), field="id")
        return certificate_id
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        raise not_found(_("There is no such campaign."), field="campaign_id")
    if not _may_plant(campaign.organisation_id):
        raise conflict("campaign_stopped", _("This partner plants no trees at present."), field="campaign_id")
    may = giveable_grams(person_id)
    if may < campaign.price_grams:
        raise Refusal(
            "not_givable",
            _("This tree takes %(price)s g, and you can give %(may)s g.") % {"price": campaign.price_grams, "may": may},
        )
    burning = uuid5(_SPACE, f"burn {certificate_id}")
    try:
        ledger.post_linked_or_refuse(
            [
                Transfer(
                    burning,
                    accounts.grams_id(person_id),
                    accounts.grown(),
                    campaign.price_grams,
                    accounts.GRAMS,
                    "forest.burned",
                    str(certificate_id),
                ),
                _one_tree(campaign, uuid5(_SPACE, f"tree {certificate_id}"), certificate_id),
            ]
        )
    except Refusal as refusal:
        # The grams were seen to be there, and this person's deeds take turns: what is short is the budget of trees.
        if refusal.code != "exceeds_balance":
            raise
        raise Refusal("sold_out", _("All trees of this campaign have found somebody."), status=409) from refusal
    claims = _claims(certificate_id, campaign, burning)
    signature = keys.sign(SIGNING, claims.encode())
    Certificate.objects.create(
        id=certificate_id,
        person_id=person_id,
        organisation_id=campaign.organisation_id,
        campaign_id=campaign_id,
        claims=claims,
        key_id=signature.key_id,
        signature=signature.value,
        signed_at=signature.signed_at,
    )
    emit("forest.planted", subject_id=person_id, data={"certificate_id": str(certificate_id)}, key=str(certificate_id))
    return certificate_id


def report(
    organisation_id: UUID, audit_id: UUID, certificate_id: UUID, seen: str, place: tuple[Decimal, Decimal], photo: bytes
) -> None:
    """The partner has seen the tree: planted, alive, dead, or replanted out of the budget. Again changes nothing.

    A tree is reported dead or alive only once planted, and replanted only once dead.
    """
    if seen not in SEEN:
        raise Refusal("bad_state", _("Choose what you saw."), field="seen")
    tree = Certificate.objects.select_for_update().filter(pk=certificate_id, organisation_id=organisation_id).first()
    if tree is None:
        raise not_found(_("There is no such tree among yours."), field="certificate_id")
    known = Audit.objects.filter(pk=audit_id).first()
    if known is not None:
        if (known.certificate_id, known.seen) != (certificate_id, seen):
            raise conflict("id_conflict", _("This id is another report's. Open the page again."), field="audit_id")
        return
    allowed = {"ordered": {"planted"}, "alive": {"alive", "dead"}, "dead": {"replanted"}}
    if seen not in allowed[tree.state]:
        raise Refusal("out_of_order", _("A tree is planted, then seen; a dead one is planted anew."), field="seen")
    if seen == "replanted":
        campaign = Campaign.objects.get(pk=tree.campaign_id)
        ledger.post_or_refuse(_one_tree(campaign, uuid5(_SPACE, f"again {audit_id}"), certificate_id))
    kept = blobs.put(organisation_id, "evidence", photo) if photo else None
    Audit.objects.create(
        id=audit_id,
        certificate_id=certificate_id,
        person_id=tree.person_id,
        organisation_id=organisation_id,
        seen=seen,
        latitude=place[0],
        longitude=place[1],
        photo_id=kept.id if kept else None,
        photo_digest=kept.digest.hex() if kept else "",
        seen_at=clock.now(),
    )
    tree.state = "dead" if seen == "dead" else "alive"
    tree.save(update_fields=["state"])
    owner = identity.person(tree.person_id)
    with translation.override(owner.language):
        notify(tree.person_id, _("There is news of your tree"), url=f"/forest/planting/{certificate_id}")


def _may_plant(organisation_id: UUID) -> bool:
    partner = identity.organisations([organisation_id]).get(organisation_id)
    return partner is not None and partner.verified and not partner.frozen


def _one_tree(campaign: Campaign, id: UUID, certificate_id: UUID) -> Transfer:
    budget = accounts.campaign_id(campaign.organisation_id, campaign.id)
    return Transfer(id, budget, accounts.planted(), 1, accounts.TREES, "forest.planted", str(certificate_id))


def _claims(certificate_id: UUID, campaign: Campaign, burning: UUID) -> str:
    claims = {
        "campaign": str(campaign.id),
        "certificate": str(certificate_id),
        "grams": campaign.price_grams,
        "issued_at": clock.now().isoformat(),
        "latitude": str(campaign.latitude),
        "longitude": str(campaign.longitude),
        "partner": str(campaign.organisation_id),
        "species": campaign.species,
        "transfer": str(burning),
    }
    return json.dumps(claims, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
