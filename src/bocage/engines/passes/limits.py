"""How large a pass may be. Each limit is far above what a code can hold, and far below what would hurt."""

# A QR code of version 40 holds 4,296 alphanumeric characters or 7,089 digits (ISO/IEC 18004, table 7).
TEXT_CHARACTERS_MAX = 8_192
INFLATED_BYTES_MAX = 65_536
CBOR_DEPTH_MAX = 16
# A SMART Health Card may come in several codes; the framework gives up single-code cards above 1,195 characters.
CARD_CODES_MAX = 32
CARD_CHARACTERS_MAX = 65_536
CARD_INFLATED_BYTES_MAX = 1_048_576
JSON_DEPTH_MAX = 32
PICTURE_BYTES_MAX = 16 * 1_048_576
PICTURE_PIXELS_MAX = 40_000_000
TRUST_FILE_BYTES_MAX = 8 * 1_048_576
TRUST_KEYS_MAX = 20_000
# Seconds since 1970 of the year 2286: a greater number is milliseconds, or nonsense.
TIME_SECONDS_MAX = 10_000_000_000
