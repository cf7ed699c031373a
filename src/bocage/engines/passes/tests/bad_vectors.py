"""Test vectors of dgc-testdata that contradict the standard they test, each with the argument.

A vector is named by its path without `2DCode/raw` and `.json`; `(name, step)` says which expected step is wrong.
The vectors of NL were made by one program that expected, under schema version 1.0.0 (`ver` and TESTCTX.SCHEMA both say
so), what that version does not say: their numbers are listed by the reason.
"""

_SCHEMA, _DECODE, _JSON = "EXPECTEDSCHEMAVALIDATION", "EXPECTEDDECODE", "EXPECTEDVALIDJSON"


def _nl(numbers: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"NL/{number}", _SCHEMA) for number in numbers.split())


REASONS: dict[str, tuple[tuple[str, str], ...]] = {
    # Expected true. Version 1.0.0 asks of `dob` the pattern (19|20)\d{2}-\d{2}-\d{2}: a whole date. A year or a month
    # alone came with 1.1.0, and these payloads say that they are 1.0.0.
    "an incomplete date of birth (1963, 1964-01, 1963-00) under version 1.0.0": _nl(
        "001 002 003 009 010 011 017 018 019 025 026 027 033 034 035 041 042 043 049 050 051 057 058 059 073 074 075"
        " 081 082 083 089 090 091 097 098 099 105 106 107 113 114 115 121 122 123 129 130 131 145 146 147 153 154 155"
        " 161 162 163 169 170 171 177 178 179 185 186 187 193 194 195 201 202 203 217 218 219 225 226 227 233 234 235"
        " 241 242 243 249 250 251 257 258 259 265 266 267 273 274 275"
    ),
    # Expected true. `co` has the pattern [A-Z]{1,10} in every version: at least one letter.
    "an empty country": _nl("005 020 045 060 120 144 165 189 192 216 240 245 252 264"),
    # Expected true. `dn` and `sd` are whole numbers from 1 to 9 in version 1.0.0.
    "a dose of 0": _nl("104 109"),
    # Expected false. 2023-01-01 matches the pattern; a schema knows no clock. The whole chain refuses these all the
    # same, at step `values`: the birth would be after the test.
    "a date of birth after the certificate": _nl(
        "007 015 023 031 039 047 055 063 087 103 111 119 127 135 151 159 167 175 183 191 199 207 223 231 239 247 255"
        " 263 271 279 287"
    ),
    # Expected false. `gn` is any text of at most 50 characters, and `gnt`, which would have to be A-Z and <, is empty,
    # which its pattern allows.
    "a forename of emoji": _nl("064 068 069 136 140 208 212 213 285"),
    # Expected false. The schema of each version types these fields as text and only refers to the value sets
    # (`valueset-uri`, an annotation). XY and ORG-99999999 are refused all the same, at step `values`; 9999 has the
    # form of a test device, and which devices exist is a list outside of the standard.
    "a code outside of a value set": tuple(
        (f"PL/{version}/{number}", _SCHEMA) for version in ("1.0.0", "1.2.1", "1.3.0") for number in (7, 8, 9)
    ),
    # Expected true. `r`, `t` and `v` are lists where they are present, in every version; here they are null.
    "null where a list must be": (("BG/1", _SCHEMA), ("BG/2", _SCHEMA)),
    # Expected true. JSON says that the sample was taken at 12:34:56Z, the signed certificate says 14:34:56Z.
    "JSON that differs from the certificate in its times": (("FR/test_pcr_ok", _DECODE), ("FR/test_pcr_ok", _JSON)),
    # Expected true. JSON names other people (Akdi, "ik ben ben") than the signed certificate (ROGALINSKI<KROL).
    "JSON that names somebody else": tuple(
        (f"PL/1.3.0/{number}", step) for number in (1, 5) for step in (_DECODE, _JSON)
    ),
}
