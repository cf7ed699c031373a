"""What is wrong with a statement, and what was assumed about it, in the person's language.

The reader of statements speaks English, with the very words of the file in its sentences, and gives each a stable code.
English shows its sentence as it is; another language has one sentence a code. A test fails when a code is missing.
"""

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

from bocage.engines.statements import BadLine, Note, StatementError

PROBLEMS = {
    "account-unreadable": _("The account does not begin with three digits of the chart of accounts."),
    "amount-too-large": _("The amount is too large to be true."),
    "direction-unreadable": _("This is neither debit nor credit: D, C, +1 or -1."),
    "field-missing": _("Something that is needed is missing here."),
    "fields-wrong": _("The fields are not those of a FEC, 18 in fixed order. Export it again."),
    "kind-unknown": _("This is no energy that is known here."),
    "not-an-invoice": _("The XML inside is not an invoice. Ask the seller for a Factur-X invoice."),
    "pdf-broken": _("The PDF cannot be read. Ask the seller for the invoice again."),
    "pdf-locked": _("The PDF is locked with a password. Ask the seller for the invoice without it."),
    "pdf-without-invoice": _("The PDF carries no invoice that can be read: a scan is only a picture."),
    "quantity-negative": _("The quantity is below zero."),
    "quantity-too-large": _("The quantity is too large to be true."),
    "quantity-unreadable": _("This is not a quantity."),
    "reading-wrong": _("The reading does not follow from the one before: index, unit or period is wrong."),
    "unbalanced": _("An entry does not balance: its debits and credits differ. Export the books again."),
    "unit-unknown": _("This is no unit of what is counted here."),
    "amount-missing": _("The amount is missing."),
    "amount-negative": _("The amount has a sign of its own, which this format does not allow."),
    "amount-out-of-range": _("The amount is too large to be true."),
    "amount-too-fine": _("The amount has too many decimals."),
    "amount-twice": _("The row has both a debit and a credit."),
    "amount-unreadable": _("This is not an amount."),
    "archive-broken": _("The archive cannot be unpacked. Download or export it again."),
    "archive-locked": _("The archive is locked with a password. Unpack it and hand in the statement inside."),
    "archive-nested": _("The archive holds another archive. Unpack it and hand in the statement."),
    "archive-not-one-file": _("The archive must hold exactly one file. Unpack it and hand in one statement at a time."),
    "balance-unreadable": _("A balance cannot be read. Export the statement again."),
    "bank-error": _("Instead of a statement the bank sent an error. Ask your bank for the file again."),
    "columns-unknown": _(
        "No columns of dates and amounts were recognised. Say which column holds the date, which the amount and which"
        " the text."
    ),
    "currency-unknown": _("This is not a currency of ISO 4217."),
    "date-missing": _("The date is missing."),
    "date-out-of-range": _("The date is not between 1970 and 2100."),
    "date-unreadable": _("This is not a date."),
    "direction-missing": _("It says neither money in nor money out."),
    "empty": _("The file is empty. Export the statement from your bank again."),
    "encoding-unknown": _("The file's encoding is not one that statements use. Save the file as UTF-8."),
    "encoding-wrong": _("The file is not in the encoding that it states. Export it again, or save it as UTF-8."),
    "entry-outside": _("The entry stands outside any account's statement."),
    "entry-unreadable": _("The entry is not written as the format asks."),
    "mapping-wrong": _("These columns do not fit the file. Choose among the file's own columns."),
    "nested-too-deep": _("The elements are nested too deep for a bank's file. Export the statement again."),
    "not-a-statement": _(
        "This is no bank statement that is known here. Hand in a CAMT.053, MT940, OFX, QIF or CSV file that your bank"
        " exports."
    ),
    "nul-byte": _("There is a NUL byte in the text. Export the file again, or save it as UTF-8."),
    "quotes-wrong": _("The quotes of the row do not match."),
    "rate-unreadable": _("This is not an exchange rate."),
    "row-long": _("The row has more columns than the others: is a quote missing?"),
    "row-short": _("The row has fewer columns than the others: it is cut short."),
    "section-unknown": _("The record stands in a section that is unknown."),
    "text-too-long": _("The text is too long."),
    "too-heavy": _("The line weighs more than 1,000 t of CO2e: the amount cannot be a household's."),
    "too-large": _("The file is too large. Export a shorter period, for example one year at a time."),
    "too-many-accounts": _("There are too many accounts in the file. Export fewer accounts at a time."),
    "too-many-columns": _("The row has too many columns."),
    "too-many-lines": _(
        "There are too many lines in the file. Export a shorter period, for example one year at a time."
    ),
    "truncated": _("The file is cut short. Export the whole file again."),
    "xml-broken": _("The XML is broken. Download the file from your bank again."),
    "xml-entities": _(
        "The file brings its own XML definitions, which no bank statement does. Download it from your bank again."
    ),
}
NOTES = {
    "balance-broken": _("From this row on the running balance does not follow from the amounts."),
    "balance-missing": _("The file leaves the account's balance empty."),
    "balance-off": _("The lines of an account do not add up to its stated balances."),
    "characters-damaged": _("Some characters are damaged in the file."),
    "currency-assumed": _("The file does not say in which currency its amounts are: they were taken as {currency}."),
    "currency-unknown": _("The file does not say in which currency its amounts are."),
    "date-order-assumed": _("The dates can be read in two ways: look whether day and month are right."),
    "date-repaired": _("A 29th to 31st of February was read as the month's last day."),
    "decimal-assumed": _("The decimal sign of the amounts is not certain: look whether they are right."),
    "encoding-guessed": _("The file says nothing of its encoding: look whether accents are right."),
    "fees-included": _("Fees stated apart were taken off the amounts, as the balances show."),
    "fragment": _("The file has entries but no account and no balances."),
    "investments-left-out": _("Movements of investments are not of money: they were left out."),
    "no-lines": _("The file has headings but no rows."),
    "not-booked": _("Movements that are not booked yet were left out."),
    "rows-left-out": _("Rows without a date and an amount were left out."),
    "sheet-missing": _("The opening balance is not the closing balance before it: a statement is missing between."),
    "signs-assumed": _("No amount has a minus sign: look whether money in and money out are right."),
    "splits-off": _("The parts of a record do not add up to its total."),
    "sums-off": _("The entries do not add up to the number and sum that the file states."),
    "unpacked": _("The file was taken out of an archive."),
}
FIELDS = {
    "amount": _("amount"),
    "balance": _("balance"),
    "credit": _("credit"),
    "currency": _("currency"),
    "date": _("date"),
    "debit": _("debit"),
    "direction": _("direction"),
    "row": _("row"),
    "text": _("text"),
}


def error_words(error: StatementError) -> str:
    """File, line, field, what is wrong and what to do next."""
    if _is_english():
        return str(error)
    where = [error.name]
    if error.line:
        where.append(gettext("line %(number)s") % {"number": error.line})
    if error.field:
        where.append(field_word(error.field))
    problem = gettext(PROBLEMS[error.code]) if error.code in PROBLEMS else f"{error.problem} {error.advice}"
    return gettext("%(where)s: %(problem)s") % {"where": ", ".join(where), "problem": problem}


def problem_words(bad: BadLine) -> str:
    """What is wrong with one line."""
    return bad.problem if _is_english() or bad.code not in PROBLEMS else gettext(PROBLEMS[bad.code])


def note_words(note: Note) -> str:
    """What was assumed, repaired or left out."""
    return note.text if _is_english() or note.code not in NOTES else gettext(NOTES[note.code])


def field_word(field: str) -> str:
    """The name of a field; the bank's own tag where it is one."""
    return gettext(FIELDS[field]) if field in FIELDS else field


def _is_english() -> bool:
    return (get_language() or "en").startswith("en")
