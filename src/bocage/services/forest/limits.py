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
