"""The ledger's tables; private to the package.

Rows are written by the functions in `sql/functions.sql` alone; `sql/security.sql` holds the checks on them, in as few
words as they can be said: PostgreSQL reads each check anew for every row it writes.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now

from bocage.kernel.ledger import limits
from bocage.kernel.transaction_ids import TransactionIdField

TRANSFER_KINDS = ("post", "hold", "post_hold", "void_hold", "expire_hold")


class Unit(models.Model):
    """What is counted: a currency of ISO 4217, grams of CO2, points, trees, kWh. `exponent`: decimals of one unit."""

    code = models.CharField(primary_key=True, max_length=limits.UNIT_CHARACTERS_MAX)
    exponent = models.SmallIntegerField()
    is_money = models.BooleanField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(exponent__gte=0, exponent__lte=6), name="ledger_unit_exponent"),
        ]


class Account(models.Model):
    """Balance = credits - debits; available also takes off pending debits. No column that an index holds changes."""

    id = models.UUIDField(primary_key=True)
    owner_id = models.UUIDField(null=True)
    unit = models.CharField(max_length=limits.UNIT_CHARACTERS_MAX)
    kind = models.CharField(max_length=limits.KIND_CHARACTERS_MAX)
    service = models.CharField(max_length=limits.SERVICE_CHARACTERS_MAX, default="")
    lane = models.CharField(max_length=1, db_default="A")
    minimum_minor = models.BigIntegerField(null=True)
    maximum_minor = models.BigIntegerField(null=True)
    debits_posted_minor = models.BigIntegerField(db_default=0)
    credits_posted_minor = models.BigIntegerField(db_default=0)
    debits_pending_minor = models.BigIntegerField(db_default=0)
    credits_pending_minor = models.BigIntegerField(db_default=0)
    frozen_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["owner_id", "unit"], name="ledger_account_owner", condition=Q(owner_id__isnull=False)),
            models.Index(fields=["kind", "unit"], name="ledger_account_kind_unit", condition=Q(owner_id=None)),
        ]


class Transfer(models.Model):
    """One request and its answer, kept for ever: accepted when `refusal` is null. `seq` grows in the order in which
    the transfers of any one account took effect.

    `up_to_minor` is the most that a balancing transfer was to move; `amount_minor` is what moved. `xid` lets the sealer
    find what is not yet in a batch; null where the row was written together with its batch (lane B).
    """

    seq = models.BigAutoField(primary_key=True)
    transfer_id = models.UUIDField(unique=True, db_column="id")
    kind = models.CharField(max_length=12)
    debit_account_id = models.UUIDField(null=True)
    credit_account_id = models.UUIDField(null=True)
    amount_minor = models.BigIntegerField(null=True)
    up_to_minor = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=limits.UNIT_CHARACTERS_MAX)
    code = models.CharField(max_length=limits.CODE_CHARACTERS_MAX)
    memo_ref = models.CharField(max_length=limits.MEMO_REF_CHARACTERS_MAX)
    hold_id = models.UUIDField(null=True)
    expires_at = models.DateTimeField(null=True)
    group_id = models.UUIDField(null=True)
    group_position = models.SmallIntegerField(null=True)
    group_size = models.SmallIntegerField(null=True)
    refusal = models.CharField(max_length=40, null=True)
    created_at = models.DateTimeField()
    xid = TransactionIdField(null=True, db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hold_id"],
                condition=Q(hold_id__isnull=False, refusal=None),
                name="ledger_hold_resolves_once",
            ),
        ]
        indexes = [
            models.Index(fields=["debit_account_id", "seq"], name="ledger_transfer_debit"),
            models.Index(fields=["credit_account_id", "seq"], name="ledger_transfer_credit"),
            models.Index(fields=["xid", "seq"], name="ledger_transfer_unsealed", condition=Q(xid__isnull=False)),
        ]


class Pending(models.Model):
    """The holds that are neither posted nor void nor expired; a working set, emptied as they resolve."""

    hold_id = models.UUIDField(primary_key=True)
    debit_account_id = models.UUIDField()
    credit_account_id = models.UUIDField()
    amount_minor = models.BigIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["debit_account_id", "expires_at"], name="ledger_pending_debit"),
            models.Index(fields=["credit_account_id"], name="ledger_pending_credit"),
            models.Index(fields=["expires_at"], name="ledger_pending_expiry"),
        ]


class Batch(models.Model):
    """Transfers sealed together: `seqs` in the order of the Merkle tree's leaves, numbered without a gap in a lane.

    Append-only. A transfer is in exactly one batch, once it is sealed; its position is its index in `seqs`.
    `leaf_marks`: the first four bytes of each leaf, which say which row it is that a root no longer fits; null in
    batches sealed before there were any.
    """

    lane = models.CharField(max_length=1)
    number = models.BigIntegerField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    count = models.IntegerField()
    seqs = ArrayField(models.BigIntegerField())
    previous_hash = models.BinaryField()
    merkle_root = models.BinaryField()
    hash = models.BinaryField()
    leaf_marks = models.BinaryField(null=True)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lane", "number"], name="ledger_batch_number")]


class Sealer(models.Model):
    """How far lane A is sealed, in the transaction ids of one database cluster."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    cluster = models.BigIntegerField()
    xid = TransactionIdField()
    seq = models.BigIntegerField()
    restored = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_sealer_is_one")]


class Lane(models.Model):
    """Who writes lane B: the poster that took the latest `epoch`. `switches`: sets of accounts moved between lanes.

    `unsealed_rows` and `unsealed_seqs` (the hashes of their `seq`s, XOR-ed) are of the transaction under way: what it
    wrote and has not sealed. Neither is anything but 0 once it has committed (`ledger_lane_is_sealed`).
    """

    lane = models.CharField(max_length=1, primary_key=True)
    epoch = models.BigIntegerField(default=0)
    holder = models.CharField(max_length=80, default="")
    taken_at = models.DateTimeField(null=True)
    switches = models.BigIntegerField(default=0)
    unsealed_rows = models.IntegerField(db_default=0)
    unsealed_seqs = models.BigIntegerField(db_default=0)
