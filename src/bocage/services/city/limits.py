"""What City takes and keeps, and no more."""

from datetime import timedelta

# Observations.
BATCH_RECORDS_MAX = 2_000
IMPORT_RECORDS_A_TURN = 10_000
STREAM_KEPT_DAYS = 14
AHEAD_MAX = timedelta(minutes=10)
SENDERS_MAX = 500

# Lights. Two days of a log must be kept to ask why of yesterday; a month lets a complaint be answered.
SIGNALS_MAX = 20_000
SIGNALS_A_TURN = 500
SIGNAL_CHARACTERS_MAX = 40
PHASES_MAX = 32
WAYS_MAX = 64
PHASE_SECONDS_MAX = 3_600
CHANGES_A_TURN = 500
PHASE_REASON_CHARACTERS_MAX = 300
PHASES_KEPT_DAYS = 31
# A light that has said nothing for so long is taken to be on its fixed plan: none stays in a phase for longer.
SIGNAL_SILENT = timedelta(minutes=5)
CHANGES_SHOWN = 60
SIGNALS_SHOWN = 500

# Questions to the twin. A seed plays an hour and a quarter twice.
SEEDS_MIN, SEEDS_MAX = 3, 10
QUESTIONS_WAITING_MAX = 10
QUESTION_AGAIN = timedelta(seconds=20)
# One that is not answered by then never will be, and keeps nobody from asking.
QUESTION_PATIENCE = timedelta(days=1)
QUESTIONS_KEPT = timedelta(days=365)
PLAY_SECONDS_MAX = 900
PLAY_ATTEMPTS = 2

# Forecasts stand on so much of the stream, and are kept as long as it is. A town with more detectors needs a forecaster
# of its own (`./bocage forecast train`); those of the stream's first names are forecast here.
FORECAST_HISTORY = timedelta(days=3)
FORECAST_DETECTORS_MAX = 200

# Judging. Detectors send by the minute, so a record may come this much behind the latest.
LATENESS_SECONDS = 120.0
JUDGED_A_TURN = 20_000
TURNS_MAX = 200
# After a start the engine sees this much of the past again: the longest that a shipped rule looks back is two days.
REPLAY = timedelta(days=2)
# Of operators, told of one critical alert.
TOLD_MAX = 100
# More than so many at once come to a person in one line.
TOLD_APART_MAX = 3
ALERTS_KEPT = timedelta(days=2 * 365)
TRIAL_RECORDS_MAX = 2_000_000
TRIAL_ALERTS_SHOWN = 200
TRIALS_KEPT = timedelta(days=30)
TRIALS_WAITING_MAX = 20

# What people write.
NOTE_CHARACTERS_MAX = 500
WORDS_CHARACTERS_MAX = 1_000
TITLE_CHARACTERS_MAX = 120
STREET_CHARACTERS_MAX = 80
REPORTS_A_DAY_MAX = 10
UNANSWERED_SAID_MAX = 1_000
REPORTS_KEPT = timedelta(days=2 * 365)
WORKS_DAYS_MAX = 730
WORKS_OPEN_MAX = 500

# Pages.
PAGE_ROWS = 50
STEPS_SHOWN = 100
NEAR_ROWS = 50
