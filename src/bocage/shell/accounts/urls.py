"""Addresses under /me/."""

from django.urls import path

from bocage.shell.accounts.pages import acting, data, me, recovery, tokens

urlpatterns = [
    path("", me.me, name="me"),
    path("profile", me.profile, name="me-profile"),
    path("passkey", me.passkey_offer, name="me-passkey-offer"),
    path("freeze", me.freeze, name="me-freeze"),
    path("frozen", me.frozen, name="me-frozen"),
    path("devices/<int:session_id>/out", me.device_out, name="me-device-out"),
    path("acting", acting.acting, name="me-acting"),
    path("acting/switch", acting.switch, name="me-acting-switch"),
    path("acting/new", acting.grant, name="me-mandate-new"),
    path("acting/<uuid:mandate_id>/end", acting.end, name="me-mandate-end"),
    path("organisations", acting.organisations, name="me-organisations"),
    path("organisations/<uuid:organisation_id>", acting.organisation, name="me-organisation"),
    path(
        "organisations/<uuid:organisation_id>/<uuid:person_id>/remove",
        acting.remove_member,
        name="me-member-remove",
    ),
    path("recovery", recovery.prepare, name="me-recovery"),
    path("recovery/stop", recovery.stop, name="me-recovery-stop"),
    path("recovery/stop/<str:token>", recovery.stop_by_link, name="me-recovery-stop-link"),
    path("recovery/trust/<uuid:trust_id>/agree", recovery.agree, name="me-trust-agree"),
    path("recovery/trust/<uuid:trust_id>/drop", recovery.drop, name="me-trust-drop"),
    path("recovery/vouch/<uuid:case_id>", recovery.vouch, name="me-vouch"),
    path("recover", recovery.begin, name="recover"),
    path("recover/case", recovery.case, name="recover-case"),
    path("recover/leave", recovery.leave, name="recover-leave"),
    path("tokens", tokens.tokens, name="me-tokens"),
    path("tokens/new", tokens.create, name="me-token-new"),
    path("tokens/<uuid:token_id>/revoke", tokens.revoke, name="me-token-revoke"),
    path("programs/<str:client_id>/leave", tokens.leave_program, name="me-program-leave"),
    path("consents", data.consent_list, name="me-consents"),
    path("consents/answer", data.consent_answer, name="me-consent-answer"),
    path("receipts", data.receipts, name="me-receipts"),
    path("data", data.data, name="me-data"),
    path("data/export", data.export, name="me-export"),
    path("data/erase", data.erase, name="me-erase"),
]
