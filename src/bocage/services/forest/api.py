"""Forest for programs."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from bocage.kernel.acting import current_actor
from bocage.kernel.consent import queries as consents
from bocage.kernel.identity import queries as identity
from bocage.kernel.ids import uuid7
from bocage.services.forest import company, limits, queries, real_trees, together
from bocage.services.forest.actions import (
    campaigns,
    correcting,
    earning,
    friends,
    giving,
    groups,
    importing,
    noting,
    planting,
)
from bocage.services.forest.api_shared import router as shared_accounts
from bocage.services.forest.types import Columns, Noted
from bocage.shell.api_site import decode_cursor, encode_cursor, idempotent, scoped

router = Router()
router.add_router("/shared-accounts", shared_accounts)
PURPOSE = "forest.grow"


class LineOut(Schema):
    """A line with its footprint. Masses are whole micrograms of CO2e.

    `counted` is false where nothing was bought, `assessed` where a figure is missing to say anything, and `corrected`
    is true where the person gave the category. Of a shared account the masses are those of `share_percent` of the line.
    """

    id: UUID
    booked_on: date
    amount_minor: int
    currency: str
    text: str
    category: str
    probability: float
    counted: bool
    assessed: bool
    corrected: bool
    micrograms: int
    low_micrograms: int
    high_micrograms: int
    reasons: list[dict[str, str]]
    book: str
    origin: str
    share_percent: int


class LinePage(Schema):
    """Lines, latest first; `next_cursor` asks for the ones after."""

    items: list[LineOut]
    next_cursor: str | None


class CategoryOut(Schema):
    """What one category weighs."""

    category: str
    title: str
    micrograms: int
    lines: int


class MonthOut(Schema):
    """A month: the exact sum of its lines, and its 90% interval."""

    first_day: date
    micrograms: int
    low_micrograms: int
    high_micrograms: int
    lines: int
    categories: list[CategoryOut]


Place = Annotated[int | None, Field(ge=0, lt=limits.COLUMNS_SHOWN_MAX)]


class NoteIn(Schema):
    """What was bought and no statement shows: `amount_minor` spent, in hundredths of the country's currency."""

    booked_on: date
    amount_minor: Annotated[int, Field(ge=1, le=limits.NOTED_MINOR_MAX)]
    category: Annotated[str, Field(min_length=1, max_length=32)]
    text: Annotated[str, Field(max_length=limits.NOTED_TEXT_CHARACTERS_MAX)] = ""
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class NoteRemoved(Schema):
    """Which note was taken back."""

    id: UUID


class StatementIn(Schema):
    """The country of the account, and where a CSV's columns are, counted from 0, when they are not recognised."""

    country: Annotated[str, Field(pattern="^([A-Z]{2})?$")] = ""
    date: Place = None
    amount: Place = None
    debit: Place = None
    credit: Place = None
    text: Place = None
    currency: Place = None
    spent_is_positive: bool = False
    shared_id: UUID | None = None


class UploadOut(Schema):
    """A statement handed in."""

    id: UUID
    name: str
    state: str
    lines_added: int
    lines_known: int
    lines_bad: int


class PreviewOut(Schema):
    """What confirming would add."""

    upload: UploadOut
    format: str
    lines_new: int
    lines_known: int
    lines_bad: int
    micrograms: int


class TreeOut(Schema):
    """A tree and what it has drunk."""

    id: UUID
    species: str
    grams: int
    price_grams: int
    grown_at: datetime | None


class GroveOut(Schema):
    """Grams in hand, ripe and ripening, and the trees."""

    grams: int
    ripe_grams: int
    ripening_grams: int
    trees: list[TreeOut]


class Collected(Schema):
    """How many grams were collected."""

    grams: int


class Sowing(Schema):
    """Which tree to begin."""

    species: Annotated[str, Field(max_length=20)]


class CategoryIn(Schema):
    """What a merchant sells."""

    category: Annotated[str, Field(max_length=32)]


class Watering(Schema):
    """How many grams to give."""

    grams: Annotated[int, Field(ge=1, le=10_000_000)]


@router.get("/months/{year}/{month}", response=MonthOut, auth=scoped("forest:read"))
def month(
    request: HttpRequest, year: Annotated[int, Field(ge=1970, le=2100)], month: Annotated[int, Field(ge=1, le=12)]
) -> Any:
    """A month's footprint: exact sum, interval, categories."""
    return queries.month(current_actor().required_subject(), date(year, month, 1))


@router.get("/lines", response=LinePage, auth=scoped("forest:read"))
def lines(request: HttpRequest, cursor: Annotated[str | None, Query(max_length=40)] = None) -> Any:
    """Lines with their footprints and reasons, latest first, fifty a page."""
    found = queries.lines(current_actor().required_subject(), before=decode_cursor(cursor))
    more = len(found) == limits.PAGE_ROWS_MAX
    return {"items": found, "next_cursor": encode_cursor(found[-1].id) if more else None}


@router.get("/lines/{line_id}", response=LineOut, auth=scoped("forest:read"))
def line(request: HttpRequest, line_id: UUID) -> Any:
    """One line with its chain of reasons."""
    return queries.line(current_actor().required_subject(), line_id)


@router.put("/lines/{line_id}/category", response=LineOut, auth=scoped("forest:write"))
@idempotent
def correct(request: HttpRequest, line_id: UUID, payload: CategoryIn) -> Any:
    """Say what the line's merchant sells ("" takes it back): all lines of it are weighed anew, past and to come."""
    person = current_actor().required_subject()
    correcting.correct(person, line_id, payload.category)
    return LineOut.model_validate(queries.line(person, line_id), from_attributes=True)


@router.put("/notes/{line_id}", response=LineOut, auth=scoped("forest:write"))
@idempotent
def note(request: HttpRequest, line_id: UUID, payload: NoteIn) -> Any:
    """Write down by hand what was paid in cash, under an id of yours: it weighs, and brings no grams."""
    person = current_actor().required_subject()
    noting.note(person, line_id, Noted(**payload.model_dump()))
    return LineOut.model_validate(queries.line(person, line_id), from_attributes=True)


@router.post("/notes/{line_id}/remove", response=NoteRemoved, auth=scoped("forest:write"))
@idempotent
def remove_note(request: HttpRequest, line_id: UUID) -> Any:
    """Take back what was written down by hand."""
    noting.remove(current_actor().required_subject(), line_id)
    return NoteRemoved(id=line_id)


@router.post("/statements", response={201: PreviewOut}, auth=scoped("forest:write"))
@idempotent
def receive(request: HttpRequest, file: File[UploadedFile], payload: Form[StatementIn]) -> Any:
    """Hand in a bank statement and see what it would add; nothing is kept before it is confirmed.

    A CSV whose columns are not recognised is refused (`columns_unknown`): say them by their places, counted from 0.
    """
    if file.size is None or file.size > limits.UPLOAD_BYTES_MAX:
        raise importing.too_large(file.size or 0)
    person, columns = current_actor().required_subject(), _columns(payload)
    content, name = file.read(), file.name or "statement"
    upload = importing.receive(
        person, uuid7(), name, content, payload.country, columns, shared_id=payload.shared_id, waits_for_columns=False
    )
    return 201, _preview(person, upload.id)


@router.get("/statements/{upload_id}", response=PreviewOut, auth=scoped("forest:read"))
def preview(request: HttpRequest, upload_id: UUID) -> Any:
    """What a statement that waits would add."""
    return _preview(current_actor().required_subject(), upload_id)


@router.post("/statements/{upload_id}/confirm", response=UploadOut, auth=scoped("forest:write"))
@idempotent
def confirm(request: HttpRequest, upload_id: UUID) -> Any:
    """Keep the statement's new lines and forget the file."""
    person = current_actor().required_subject()
    upload = importing.confirm(person, upload_id, rewarded=consents.is_granted(person, PURPOSE))
    return UploadOut.model_validate(upload, from_attributes=True)


@router.get("/grove", response=GroveOut, auth=scoped("forest:read"))
def grove(request: HttpRequest) -> Any:
    """Grams and trees."""
    return queries.grove(current_actor().required_subject())


@router.post("/collect", response=Collected, auth=scoped("forest:write"))
@idempotent
def collect(request: HttpRequest) -> Any:
    """Collect all ripe grams."""
    return Collected(grams=earning.collect(current_actor().required_subject()))


@router.put("/trees/{tree_id}", response=TreeOut, auth=scoped("forest:write"))
@idempotent
def sow(request: HttpRequest, tree_id: UUID, payload: Sowing) -> Any:
    """Begin a tree under an id of yours."""
    person = current_actor().required_subject()
    planting.sow(person, tree_id, payload.species)
    return _tree(person, tree_id)


@router.post("/trees/{tree_id}/waterings/{watering_id}", response=TreeOut, auth=scoped("forest:write"))
@idempotent
def water(request: HttpRequest, tree_id: UUID, watering_id: UUID, payload: Watering) -> Any:
    """Give a tree grams, under an id of yours."""
    person = current_actor().required_subject()
    planting.water(person, watering_id, tree_id, payload.grams)
    return _tree(person, tree_id)


def _columns(given: StatementIn) -> Columns | None:
    if given.date is None:
        return None
    return Columns(
        date=given.date,
        amount=given.amount,
        debit=given.debit,
        credit=given.credit,
        text=given.text,
        currency=given.currency,
        spent_is_positive=given.spent_is_positive,
    )


def _tree(person_id: UUID, tree_id: UUID) -> TreeOut:
    found = next(tree for tree in queries.grove(person_id).trees if tree.id == tree_id)
    return TreeOut.model_validate(found, from_attributes=True)


def _preview(person_id: UUID, upload_id: UUID) -> PreviewOut:
    found = queries.preview(person_id, upload_id)
    return PreviewOut(
        upload=UploadOut.model_validate(found.upload, from_attributes=True),
        format=found.format,
        lines_new=found.lines_new,
        lines_known=found.lines_known,
        lines_bad=found.bad_lines_total,
        micrograms=found.micrograms,
    )


class FriendOut(Schema):
    """A friend, or somebody who asked (`incoming`) or was asked (`outgoing`)."""

    friendship_id: UUID
    person_id: UUID
    name: str
    handle: str
    state: str
    grown: int
    growing: int


class FriendsOut(Schema):
    """Friends and open questions."""

    items: list[FriendOut]


class Asking(Schema):
    """Whom to ask."""

    handle: Annotated[str, Field(min_length=1, max_length=40)]


class Giving(Schema):
    """Which tree of whom gets how much."""

    friend_id: UUID
    tree_id: UUID
    grams: Annotated[int, Field(ge=1, le=10_000_000)]


class Given(Schema):
    """Whether the tree is full-grown now."""

    grown: bool


class Joining(Schema):
    """The code of a group."""

    code: Annotated[str, Field(min_length=1, max_length=20)]


class GroupOut(Schema):
    """A group that was joined."""

    id: UUID
    kind: str
    name: str
    code: str
    members: int
    shown: bool


class Planting(Schema):
    """Which campaign's tree."""

    campaign_id: UUID


class CertificateOut(Schema):
    """One real tree: `signature` (Ed25519, hexadecimal) is over `claims` in UTF-8, by the key `key_id`."""

    id: UUID
    state: str
    claims: str
    key_id: UUID
    signature: str
    signed_at: datetime


@router.get("/friends", response=FriendsOut, auth=scoped("forest:read"))
def friends_list(request: HttpRequest) -> Any:
    """Friends and open questions, by name."""
    return {"items": together.friends(current_actor().required_subject())}


@router.post("/friends", response={201: FriendsOut}, auth=scoped("forest:write"))
@idempotent
def ask_friend(request: HttpRequest, payload: Asking) -> Any:
    """Ask somebody to be friends; it agrees to `forest.friends`. Who asked first is accepted by it."""
    person = current_actor().required_subject()
    friends.ask(person, payload.handle)
    return 201, FriendsOut.model_validate({"items": together.friends(person)}, from_attributes=True)


@router.post("/friends/{friendship_id}/accept", response=FriendsOut, auth=scoped("forest:write"))
@idempotent
def accept_friend(request: HttpRequest, friendship_id: UUID) -> Any:
    """Say yes to who asked; it agrees to `forest.friends`."""
    person = current_actor().required_subject()
    friends.accept(person, friendship_id)
    return FriendsOut.model_validate({"items": together.friends(person)}, from_attributes=True)


@router.put("/gifts/{gift_id}", response=Given, auth=scoped("forest:write"))
@idempotent
def give(request: HttpRequest, gift_id: UUID, payload: Giving) -> Any:
    """Water a friend's tree, under an id of yours."""
    person = current_actor().required_subject()
    return Given(grown=giving.water_friends_tree(person, gift_id, payload.tree_id, payload.friend_id, payload.grams))


@router.post("/groups/join", response=GroupOut, auth=scoped("forest:write"))
@idempotent
def join_group(request: HttpRequest, payload: Joining) -> Any:
    """Join the group whose code it is; it agrees to `forest.friends`."""
    person = current_actor().required_subject()
    return GroupOut.model_validate(together.group(person, groups.join(person, payload.code)), from_attributes=True)


@router.put("/certificates/{certificate_id}", response=CertificateOut, auth=scoped("forest:write"))
@idempotent
def plant(request: HttpRequest, certificate_id: UUID, payload: Planting) -> Any:
    """Burn grams for one real tree, under an id of yours; its certificate."""
    person = current_actor().required_subject()
    campaigns.plant(person, certificate_id, payload.campaign_id)
    return CertificateOut.model_validate(real_trees.certificate(person, certificate_id), from_attributes=True)


class CompanyFigure(Schema):
    """A figure in a standard's own name, in `unit`; null where accounts cannot give it, never 0."""

    name: str
    reference: str
    unit: str
    value: str | None
    low: str | None
    high: str | None


class CompanySum(Schema):
    """A category of the GHG Protocol: whole micrograms of CO2e with their 90 % interval, and the lines in it."""

    id: str
    micrograms: int
    low: int
    high: int
    records: int
    in_accounts: bool


class CompanyYearOut(Schema):
    """A company's year from `begins` to `ends`, as last worked out under `book`."""

    year: int
    begins: date
    ends: date
    book: str
    currency: str
    quality_percent: list[int]
    categories: list[CompanySum]
    e1_6: list[CompanyFigure]
    vsme_b3: list[CompanyFigure]


@router.get("/company/{year}", response=CompanyYearOut, auth=scoped("forest:read"))
def company_year(request: HttpRequest, year: int) -> Any:
    """The year's report of the company acted for, named by the calendar year in which it began."""
    return {"year": year, **company.report(identity.require_scope("forest:read"), year)}
