"""Every limit of parcels."""

from datetime import timedelta

NAME_CHARACTERS_MAX = 80
STREET_CHARACTERS_MAX = 120
POSTCODE_CHARACTERS_MAX = 10
CITY_CHARACTERS_MAX = 60
NOTE_CHARACTERS_MAX = 200
WEIGHT_GRAMS_MAX = 30_000
CODE_ATTEMPTS_MAX = 5
# A code that was tried wrongly too often is made anew this many times: 20 tries at one of a million in all.
CODES_ANEW_MAX = 3
DRAFTS_MAX = 20
# What a receiver may be asked to pay before the door opens, in minor units.
ON_DELIVERY_MINOR_MAX = 250_000
# What was paid on delivery is the receiver's again once nobody has seen the parcel for this long.
ON_DELIVERY_KEPT = timedelta(days=30)
LIST_ROWS_MAX = 50
EVENTS_PAGE_MAX = 500
SCANS_A_SYNC_MAX = 500
# Two mebibytes of a picture, as base64.
PROOF_BASE64_MAX = 2_800_000
# A parcel is handed over once, now and then again after an error: a carrier fills nobody's files with more.
PROOFS_A_PARCEL_MAX = 10
EVENTS_A_CAPTURE_MAX = 50_000
ROWS_A_STATEMENT = 5_000
TOLD_A_RUN_MAX = 500
# Scans lie in a partition a day: made ahead, dropped when this old.
SCANS_KEPT = timedelta(days=400)
DAYS_AHEAD = 3
# A clock that runs fast is forgiven this much.
CLOCK_SLACK = timedelta(hours=1)
# What is not handed over is given up before its payment lapses.
GIVEN_UP_BEFORE = timedelta(hours=12)
DRAFT_LIFE = timedelta(days=1)
# A story is looked for in these days alone: those of a parcel's life, not all that are kept.
STORY_BEFORE = timedelta(days=1)
STORY_AFTER = timedelta(days=45)
# A parcel lies in a locker this long, then its carrier takes it back.
LOCKER_KEPT = timedelta(days=3)
# A compartment is kept for a parcel on its way this long.
LOCKER_RESERVED = timedelta(days=7)
# What a parcel that is kept cool may have around it, in degrees Celsius (EU GDP 2013/C 343/01: as on the label).
COOL_CELSIUS = (2.0, 8.0)
LOCKERS_A_CARRIER_MAX = 200
COMPARTMENTS_OF_A_SIZE_MAX = 60
# What a compartment of each size takes.
SMALL_GRAMS_MAX = 2_000
MEDIUM_GRAMS_MAX = 8_000
# How long couriers took is kept this long; the latest so many say when a parcel comes, and fewer say nothing.
COURIER_TIMES_KEPT = timedelta(days=60)
COURIER_TIMES_MAX = 1_000
COURIER_TIMES_MIN = 40
# A tour is over by then: a parcel handed over later was not on it any more.
TOUR_LONGEST = timedelta(hours=16)
# What finished tours teach: so many days of them at least, of each day so many tours at most.
TOUR_DAYS_MIN = 10
TOURS_A_DAY_MAX = 100
PARCELS_A_DAY_MAX = 200_000
# A courier's place is shown to about a hundred metres (decimals of a degree), so often at most, for this long, and then
# deleted.
POSITION_DECIMALS = 3
POSITION_EVERY = timedelta(seconds=5)
POSITION_FRESH = timedelta(minutes=10)
POSITION_KEPT = timedelta(hours=1)
NO_MOVEMENT_AFTER = timedelta(hours=36)
NEVER_SEEN_AFTER = timedelta(hours=24)
