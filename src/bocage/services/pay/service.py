"""Pay: people hold money in a wallet, pay shops by code, send money to one another, and top up from a bank."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bocage.kernel.manifest import EventType, Hears, Needs, Offers, Purpose, QuickAction, Service
from bocage.kernel.ports import FootprintNotes, PaymentHistory
from bocage.services.pay import handlers, home
from bocage.services.pay.actions import erasing
from bocage.services.pay.queries import rights

_AMOUNT = {"amount_minor": "integer", "currency": "string"}
_PAYMENT = {"payment_id": "uuid", **_AMOUNT}

service = Service(
    name="pay",
    title=_("Pay"),
    icon="wallet",
    tint="leaf",
    sentence=_(
        "Hold money in a wallet, pay shops by code, send money to one another, split bills, top up from and pay"
        " out to a bank; shops take payments, see their takings and give money back."
    ),
    home="pay:home",
    purposes=(
        Purpose(
            "pay.show_footprint",
            title=_("Grams beside my payments"),
            says=_("Pay asks Forest what each of your payments weighs in CO2, to show the grams in your activity."),
            reads=("FootprintNotes",),
        ),
    ),
    emits=(
        EventType(
            "pay.paid",
            _("A person paid a shop."),
            {
                **_PAYMENT,
                "payee_id": "uuid",
                "payee_name": "string",
                "mcc": "string",
                "country": "string",
                "paid_at": "datetime",
                "memo": "string",
            },
        ),
        EventType(
            "pay.received",
            _("A shop or a person was paid. A shop is not told by whom."),
            {
                **_PAYMENT,
                "fee_minor": "integer",
                "received_at": "datetime",
                "reference": "string",
                "memo": "string",
                "payer_id": "uuid?",
                "payer_name": "string?",
            },
        ),
        EventType(
            "pay.refunded",
            _("A shop gave a person money back."),
            {
                **_PAYMENT,
                "refund_id": "uuid",
                "payee_id": "uuid",
                "payee_name": "string",
                "refunded_at": "datetime",
                "reason": "string",
            },
        ),
        EventType(
            "pay.sent",
            _("A person sent money to another."),
            {**_PAYMENT, "to_id": "uuid", "to_name": "string", "sent_at": "datetime", "memo": "string"},
        ),
        EventType(
            "pay.topped_up",
            _("Money arrived in a wallet from a bank."),
            {**_AMOUNT, "transfer_id": "uuid", "received_at": "datetime"},
        ),
        EventType(
            "pay.paid_out",
            _("Money went from a wallet to a bank account."),
            {**_AMOUNT, "pay_out_id": "uuid", "paid_at": "datetime"},
        ),
    ),
    hears=(
        Hears("payment.authorised", handlers.on_authorised, purpose=None),
        Hears("payment.cancelled", handlers.on_cancelled, purpose=None),
        Hears("payment.keeping_lapsed", handlers.on_keeping_lapsed, purpose=None),
        Hears("payment.captured", handlers.on_captured, purpose=None),
        Hears("payment.refunded", handlers.on_refunded, purpose=None),
        Hears("payment.disputed", handlers.on_disputed, purpose=None),
        Hears("payment.share_released", handlers.on_share_released, purpose=None),
        Hears("payment.share_refunded", handlers.on_share_refunded, purpose=None),
    ),
    offers=(Offers(PaymentHistory, rights.History()),),
    needs=(Needs(FootprintNotes, purpose="pay.show_footprint"),),
    actions=(
        QuickAction(_("Scan to pay"), "pay:scan", "scan-line", (_("QR"), _("camera"), _("code"))),
        QuickAction(_("Show my code"), "pay:code", "qr-code", (_("till"), _("QR"), _("shop"))),
        QuickAction(_("Send money"), "pay:send", "send", (_("transfer"), _("friend"))),
        QuickAction(_("Ask for money"), "pay:ask", "hand-coins", (_("request"), _("owe"))),
        QuickAction(_("Split a bill"), "pay:split", "split", (_("share"), _("restaurant"))),
        QuickAction(_("Receive money"), "pay:receive", "arrow-down-left", (_("QR"), _("code"))),
        QuickAction(_("Top up"), "pay:top-up", "circle-plus", (_("bank"), _("add money"))),
        QuickAction(_("Pay out to a bank"), "pay:pay-out", "landmark", ("IBAN", _("withdraw"))),
        QuickAction(
            _("Recurring payments"), "pay:recurring", "repeat", (_("rent"), _("subscription"), _("standing order"))
        ),
        QuickAction(_("Money kept"), "pay:kept", "hand-coins", (_("escrow"), _("deposit"), _("until I have it"))),
        QuickAction(_("Reserved money"), "pay:reserved", "clock", (_("hold"), _("set aside"))),
        QuickAction(pgettext_lazy("wallet", "Exchange"), "pay:exchange", "refresh-cw", ("points", _("currency"))),
        QuickAction(_("Statements"), "pay:statements", "file-text", ("PDF", "CSV", "camt.053", _("month"))),
    ),
    console=(
        QuickAction(_("Bank"), "pay:bank-entries", "landmark"),
        QuickAction(_("Bank and ledger"), "pay:reconciliation", "scale"),
        QuickAction(_("Complaints"), "pay:disputes", "message-square-warning"),
    ),
    merchant=(
        QuickAction(_("Till"), "pay:till", "qr-code"),
        QuickAction(_("Takings"), "pay:takings", "chart-column"),
        QuickAction(_("Refunds"), "pay:refund-requests", "undo-2"),
        QuickAction(_("Complaints"), "pay:complaints", "message-square-warning"),
        QuickAction(_("Money kept"), "pay:kept", "lock-keyhole"),
        QuickAction(_("Posters"), "pay:posters", "printer"),
        QuickAction(_("Bank"), "pay:bank", "landmark"),
        QuickAction(_("Staff"), "pay:staff", "users"),
        QuickAction(_("Programs"), "pay:programs", "webhook"),
    ),
    scopes={
        "pay:read": _("See the wallet, its payments and statements"),
        "pay:write": _("Pay, send, refund and pay out"),
        "pay:take": _("Take payments: show codes and charge customers"),
    },
    card=home.card,
    activity=home.activity,
    export=rights.export,
    erase=erasing.erase,
)
