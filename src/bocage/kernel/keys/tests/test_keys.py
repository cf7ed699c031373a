"""The registry of signing keys, and what destroying a subject's key does."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from bocage.kernel import clock
from bocage.kernel.keys import actions, queries, subject_keys
from bocage.kernel.keys.master import SealBroken, seal, unseal
from bocage.kernel.keys.types import Algorithm

DAY = timedelta(days=1)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_opens_only_in_its_context_and_unchanged(plain: bytes, context: str) -> None:
    sealed = seal(plain, context)
    assert unseal(sealed, context) == plain
    with pytest.raises(SealBroken):
        unseal(sealed, context + "!")
    with pytest.raises(SealBroken):
        unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), context)


def test_an_old_secret_still_opens_and_an_unknown_one_does_not(settings: Settings) -> None:
    sealed = seal(b"word", "x")
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another"
    with pytest.raises(SealBroken, match="SECRET_KEY_FALLBACKS"):
        unseal(sealed, "x")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert unseal(sealed, "x") == b"word"


@pytest.mark.django_db
class TestSigningKeys:
    def test_a_signature_verifies_for_its_message_and_purpose_alone(self) -> None:
        signature = actions.sign("receipts", b"paid")
        assert actions.verify("receipts", b"paid", signature)
        assert not actions.verify("receipts", b"not paid", signature)
        assert not actions.verify("certificates", b"paid", signature)

    def test_after_rotation_the_old_key_verifies_old_proofs_and_signs_no_new_ones(self) -> None:
        old = actions.sign("receipts", b"old")
        with clock.shifted(DAY):
            actions.rotate("receipts")
            new = actions.sign("receipts", b"new")
            assert new.key_id != old.key_id
            assert actions.verify("receipts", b"old", old)
            # A thief of the retired key cannot date a proof after its end.
            late = type(old)(old.key_id, old.value, clock.now())
            assert not actions.verify("receipts", b"old", late)

    def test_with_an_overlap_the_next_key_is_listed_before_it_signs(self) -> None:
        first = actions.signing_key("receipts")
        following = actions.rotate("receipts", overlap=DAY)
        assert actions.sign("receipts", b"m").key_id == first.id
        assert {key["kid"] for key in queries.public_list()["keys"]} >= {str(first.id), str(following.id)}
        with clock.shifted(DAY + timedelta(seconds=1)):
            assert actions.sign("receipts", b"m").key_id == following.id

    def test_a_revoked_key_is_believed_only_before_the_theft(self) -> None:
        with clock.shifted(-2 * DAY):
            before = actions.sign("receipts", b"before")
        after = actions.sign("receipts", b"after")
        assert before.key_id == after.key_id
        actions.revoke(after.key_id, "stolen", since=clock.now() - DAY)
        assert actions.verify("receipts", b"before", before)
        assert not actions.verify("receipts", b"after", after)
        assert actions.sign("receipts", b"next").key_id != after.key_id
        assert str(after.key_id) not in {key["kid"] for key in queries.public_list()["keys"]}

    def test_revoking_during_an_overlap_leaves_a_key_in_force_at_every_moment(self) -> None:
        first = actions.signing_key("receipts")
        following = actions.rotate("receipts", overlap=DAY)
        actions.revoke(first.id, "lost")
        assert actions.sign("receipts", b"m").key_id not in {first.id, following.id}
        with clock.shifted(DAY + timedelta(seconds=1)):
            assert actions.sign("receipts", b"m").key_id == following.id

    def test_the_public_list_verifies_without_us(self) -> None:
        from base64 import urlsafe_b64decode

        signature = actions.sign("receipts", b"m")
        jwk = next(key for key in queries.public_list()["keys"] if key["kid"] == str(signature.key_id))
        public = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(str(jwk["x"]) + "="))
        public.verify(signature.value, b"m")

    def test_a_purpose_may_sign_by_es256_and_keeps_to_it(self) -> None:
        first = actions.signing_key("cards", Algorithm.ES256)
        old = actions.sign("cards", b"m", Algorithm.ES256)
        assert (first.algorithm, len(first.public_key), len(old.value)) == (Algorithm.ES256, 65, 64)
        assert actions.verify("cards", b"m", old)
        assert not actions.verify("cards", b"n", old)
        assert not actions.verify("cards", b"m", replace(old, value=old.value[:-1]))
        with pytest.raises(ValueError, match="cards signs by ES256"):
            actions.sign("cards", b"m")
        with clock.shifted(DAY):
            following = actions.rotate("cards")
            assert following.algorithm is Algorithm.ES256
            assert actions.sign("cards", b"m", Algorithm.ES256).key_id == following.id
            assert actions.verify("cards", b"m", old)
            assert not actions.verify("cards", b"m", replace(old, signed_at=clock.now()))

    def test_others_read_the_key_and_verify_without_us(self) -> None:
        from bocage.engines.passes import keys as reading

        key = actions.signing_key("cards", Algorithm.ES256)
        signature = actions.sign("cards", b"m", Algorithm.ES256)
        jwks = {"keys": [queries.jwk_of(key)]}
        (held,) = reading.read_trust(json.dumps(jwks).encode()).issuers[0].keys.values()
        assert isinstance(held.public_key, ec.EllipticCurvePublicKey)
        assert held.valid_from == int(key.signs_from.timestamp())
        der = utils.encode_dss_signature(*(int.from_bytes(signature.value[at : at + 32]) for at in (0, 32)))
        held.public_key.verify(der, b"m", ec.ECDSA(hashes.SHA256()))

    def test_the_private_half_is_nowhere_in_clear(self) -> None:
        actions.signing_key("receipts")
        with connection.cursor() as cursor:
            cursor.execute("select id, public_key, sealed_private_key from signing_key")
            key_id, public, sealed = cursor.fetchone()
        private = unseal(bytes(sealed), f"private half of signing key {key_id}")
        assert len(private) == 32 and private not in bytes(sealed) and private != bytes(public)


@pytest.mark.django_db
class TestSubjectKeys:
    def test_ciphertext_opens_for_its_subject_and_context_alone(self) -> None:
        one, other = uuid4(), uuid4()
        ciphertext = subject_keys.encrypt(one, b"secret", b"here")
        assert b"secret" not in ciphertext
        assert subject_keys.decrypt(one, ciphertext, b"here") == b"secret"
        subject_keys.ensure(other)
        for subject, context in ((other, b"here"), (one, b"there")):
            with pytest.raises(subject_keys.CiphertextBroken):
                subject_keys.decrypt(subject, ciphertext, context)

    def test_destroying_makes_all_earlier_ciphertext_unreadable_and_new_impossible(self) -> None:
        subject = uuid4()
        ciphertexts = [subject_keys.encrypt(subject, text) for text in (b"one", b"two")]
        subject_keys.destroy(subject)
        subject_keys.destroy(subject)
        for ciphertext in ciphertexts:
            with pytest.raises(subject_keys.Erased):
                subject_keys.decrypt(subject, ciphertext)
        with pytest.raises(subject_keys.Erased):
            subject_keys.encrypt(subject, b"three")
        with connection.cursor() as cursor:
            cursor.execute("select sealed_key from subject_key where subject_id = %s", [subject])
            assert cursor.fetchone() == (None,)

    def test_one_who_never_had_a_key_can_be_erased_for_good_too(self) -> None:
        subject = uuid4()
        subject_keys.destroy(subject)
        with pytest.raises(subject_keys.Erased):
            subject_keys.encrypt(subject, b"late")

    @pytest.mark.parametrize(
        "statement",
        [
            "update subject_key set sealed_key = 'x' where subject_id = %s",
            "update subject_key set sealed_key = null, destroyed_at = null where subject_id = %s",
            "update subject_key set subject_id = gen_random_uuid() where subject_id = %s",
            "delete from subject_key where subject_id = %s",
        ],
    )
    def test_the_database_lets_a_key_only_be_destroyed(self, statement: str) -> None:
        from django.db import DatabaseError

        subject = uuid4()
        subject_keys.ensure(subject)
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [subject])
