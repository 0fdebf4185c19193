"""Addresses of signing in and of one's own account. Names that begin with account_ or mfa_ are those the library asks for."""

from __future__ import annotations

from django.urls import path

from tocsin.accounts.views import confirming, factors, oneself, saving, signing_in

urlpatterns = [
    path("sign-in/", signing_in.SignIn.as_view(), name="sign-in"),
    path("sign-in/", signing_in.SignIn.as_view(), name="account_login"),
    path("sign-in/link/", signing_in.send_link, name="send-link"),
    path("sign-in/link/sent/", signing_in.link_sent, name="link-sent"),
    path("sign-in/passkey/", signing_in.ByPasskey.as_view(), name="mfa_login_webauthn"),
    path("sign-in/second-step/", signing_in.SecondStep.as_view(), name="mfa_authenticate"),
    path("sign-in/provider/", signing_in.by_provider, name="by-provider"),
    path("sign-in/<str:provider_id>/callback/", signing_in.from_provider, name="openid_connect_callback"),
    path("sign-in/<str:secret>/", signing_in.by_link, name="sign-in-by-link"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("account/", oneself.account, name="account"),
    path("account/", oneself.account, name="mfa_index"),
    path("account/password/", oneself.password, name="password"),
    path("account/sessions/", oneself.end_others, name="end-other-sessions"),
    path("account/second-factor/", factors.second_factor, name="second-factor"),
    path("account/app/", factors.AddApp.as_view(), name="mfa_activate_totp"),
    path("account/app/removal/", factors.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("account/passkeys/", factors.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/", factors.RenamePasskey.as_view(), name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/removal/", factors.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("account/codes/", factors.Codes.as_view(), name="mfa_view_recovery_codes"),
    path("account/codes/new/", factors.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("account/confirmation/", confirming.ByPassword.as_view(), name="account_reauthenticate"),
    path("account/confirmation/code/", confirming.ByCode.as_view(), name="mfa_reauthenticate"),
    path("account/confirmation/passkey/", confirming.ByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/confirmation/link/", confirming.by_link, name="confirm-by-link"),
    path("views/", saving.keep_view, name="keep-view"),
    path("views/<int:id_>/", saving.drop_view, name="drop-view"),
    path("language/", oneself.language, name="set_language"),
]
