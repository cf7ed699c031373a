"""Every bound of the service, in one place."""

from datetime import timedelta

UPLOAD_BYTES_MAX = 10_000_000
UPLOAD_LINES_MAX = 20_000
EARLIER_LINES_MAX = 20_000
UPLOADS_WAITING_MAX = 5
UPLOAD_KEPT = timedelta(days=7)
# A line of more than a thousand tonnes is no household's, and sums of such lines would leave the database's numbers.
LINE_MICROGRAMS_MAX = 10**15
COLUMN_ROWS_SHOWN = 6
COLUMNS_SHOWN_MAX = 60
COLUMN_NAME_CHARACTERS_SHOWN = 40
BAD_LINES_SHOWN_MAX = 50
PREVIEW_LINES_MAX = 40
TEXT_CHARACTERS_MAX = 400
NAME_CHARACTERS_MAX = 120
MERCHANT_CHARACTERS_MAX = 80
CORRECTIONS_MAX = 500
# What somebody writes down by hand, in all and for one purchase (minor units of a currency with two decimals).
NOTES_MAX = 10_000
NOTED_MINOR_MAX = 10**8
NOTED_TEXT_CHARACTERS_MAX = 80

# Accounts that two people share, with what is asked and not agreed to yet.
SHARED_ACCOUNTS_MAX = 10
# Each question is a notice to a friend, and one that was taken back may be asked again.
SHARED_ASKED_A_DAY_MAX = 20
SHARED_NAME_CHARACTERS_MAX = 60

# Grams ripen after the refund window, so that what is sent back never paid for a tree.
RIPENING = timedelta(days=14)
# Then they wait to be collected, and fade.
FADING = timedelta(days=60)
# A statement older than this brings footprints, no grams.
REWARDED_DAYS = 60
COLLECT_AT_ONCE_MAX = 100
TREES_GROWING_MAX = 3
PAGE_ROWS_MAX = 50
TREND_MONTHS = 6
BACKFILL_DAYS = 60

# Playing together.
FRIENDS_MAX = 150
FRIENDS_ASKED_MAX = 30
GROUP_NAME_CHARACTERS_MAX = 60
GROUPS_JOINED_MAX = 20
GROUP_MEMBERS_MAX = 500
GROUP_TREES_GROWING_MAX = 3
BOARD_ROWS_MAX = 50
GIVEN_TO_ONE_FRIEND_A_DAY_GRAMS_MAX = 2_000
# A friend may take a tenth of what has been ripe for a day; so many grams a day, by one taker and from one owner.
TAKING_WAITS = timedelta(days=1)
TAKEN_SHARE_DIVISOR = 10
TAKEN_A_DAY_GRAMS_MAX = 100
# Payments to one shop within this time are one act, in however many parts they were paid.
ONE_ACT = timedelta(minutes=45)
# A paid act below this is no ticket but a part of one (minor units of a currency with two decimals).
LEAST_PAID_MINOR = 80

# A company's accounts.
COMPANY_FILE_BYTES_MAX = 10_000_000
COMPANY_FILES_MAX = 100
COMPANY_BYTES_MAX = 50_000_000
COMPANY_FILE_LINES_MAX = 60_000
COMPANY_RECORDS_MAX = 150_000
COMPANY_LINES_KEPT_MAX = 200
COMPANY_SUPPLIERS_KEPT_MAX = 50
