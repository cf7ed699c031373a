"""How much, how long, how many."""

from datetime import timedelta

KEPT = timedelta(days=14)
SCHEME_LIFE_MAX = timedelta(days=180)
APPEAL_DEADLINE = timedelta(hours=48)
CHECKIN_LENGTH_MAX = timedelta(hours=6)
CHECKIN_LENGTH_ASSUMED = timedelta(hours=1)
CONTACT_LEAST = timedelta(minutes=15)
PAPER_LIFE = timedelta(days=3)
# How long past its end a token is known to be spent: one verified in its last second is still spent once.
SPENT_KEPT = timedelta(minutes=5)

TITLE_CHARACTERS_MAX = 80
NAME_CHARACTERS_MAX = 120
LEGAL_BASIS_CHARACTERS_MAX = 2000
WORDS_CHARACTERS_MAX = 1000
SAMPLE_CHARACTERS_MAX = 64
RESULT_BYTES_MAX = 2000
CERTIFICATE_CHARACTERS_MAX = 8000
CHECKINS_A_DAY_MAX = 60
REPORTS_A_DAY_MAX = 10
VENUES_MAX = 50
CERTIFICATES_MAX = 10
HOUSEMATES_MAX = 12
HOUSEMATES_A_DAY_MAX = 12
DECIDE_BATCH = 200
LIST_ROWS_MAX = 200
