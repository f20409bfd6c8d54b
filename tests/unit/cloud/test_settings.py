"""Settings come from FIELDWATCH_* variables; a wrong one is named, a password is not shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fieldwatch_cloud.errors import SettingsError
from fieldwatch_cloud.settings import CloudSettings


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("FIELDWATCH_"):
            monkeypatch.delenv(name)


def test_state_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIELDWATCH_STATE", str(tmp_path / "a"))
    assert CloudSettings.load().state == tmp_path / "a"
    assert CloudSettings.load(tmp_path / "b").state == tmp_path / "b"
    assert CloudSettings.load(tmp_path / "b").media_dir == tmp_path / "b" / "media"


@pytest.mark.parametrize(
    ("user", "xdg", "wanted"),
    [
        (0, None, "/var/lib/fieldwatch"),
        (1000, None, "/home/li/.local/state/fieldwatch"),
        (1000, "/elsewhere", "/elsewhere/fieldwatch"),
    ],
)
def test_default_state(monkeypatch: pytest.MonkeyPatch, user: int, xdg: str | None, wanted: str) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setenv("HOME", "/home/li")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    if xdg:
        monkeypatch.setenv("XDG_STATE_HOME", xdg)
    assert CloudSettings.load().state == Path(wanted)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FIELDWATCH_INGEST_WORKERS", "0", "FIELDWATCH_INGEST_WORKERS: Input should be greater"),
        ("FIELDWATCH_HTTP_PORT", "many", "FIELDWATCH_HTTP_PORT: Input should be a valid integer"),
        ("FIELDWATCH_DATABASE_POOL_SIZE", "101", "FIELDWATCH_DATABASE_POOL_SIZE: Input should be less"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said):
        CloudSettings.load()


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIELDWATCH_DATABASE_URL", "postgresql://u:hidden@/x")
    settings = CloudSettings.load(tmp_path).with_urls("postgresql://u:hidden@/x", "mqtt://u:hidden@h")
    assert settings.database_url == "postgresql://u:hidden@/x"
    assert "hidden" not in repr(settings)


def test_missing_addresses_say_what_to_do(tmp_path: Path) -> None:
    settings = CloudSettings.load(tmp_path)
    with pytest.raises(SettingsError, match=r"FIELDWATCH_DATABASE_URL.*fieldwatch cloud run"):
        _ = settings.database_url
    with pytest.raises(SettingsError, match=r"FIELDWATCH_MQTT_URL.*fieldwatch cloud run"):
        _ = settings.mqtt_url


def test_options_win_over_the_http_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIELDWATCH_HTTP_PORT", "1000")
    assert CloudSettings.load(tmp_path).with_http(None, None).http.port == 1000
    assert CloudSettings.load(tmp_path).with_http(None, 0).http.port == 0
    assert CloudSettings.load(tmp_path).with_http("::1", None).http.host == "::1"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("VAPID_SUBJECT", "fire@reserve.example", "must be like mailto:"),
        ("VAPID_SUBJECT", "mailto: fire@reserve.example", "no spaces"),  # Apple: BadJwtToken.
        ("VAPID_SUBJECT", "mailto:fire@localhost", "must be like mailto:"),
        ("VAPID_SUBJECT", "https://localhost", "must be like mailto:"),
        ("SMTP_URL", "mail.example.org:587", "must begin with smtp://"),
        ("SMTP_URL", "smtp://u:hidden@", "must begin with smtp://"),
        ("SMTP_URL", "smtp://u:hidden@host:99999", "must begin with smtp://"),
        ("SMS_URL", "ftp://hidden@host", "must begin with https://"),
        ("SMS_BODY", "{to}", "must be JSON"),
        ("SMS_BODY", '{"to": "{to}"}', "must be a JSON object with {to} and {text}"),
        ("VOICE_BODY", '["{to}", "{text}"]', "must be a JSON object"),
        ("CAP_SENDER", "a b", "String should match"),
    ],
)
def test_how_people_are_reached_is_checked_at_once(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"FIELDWATCH_NOTIFY_{name}", value)
    with pytest.raises(SettingsError, match=f"FIELDWATCH_NOTIFY_{name}.*{re.escape(said)}") as caught:
        CloudSettings.load()
    assert "hidden" not in str(caught.value)


def test_a_form_is_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDWATCH_NOTIFY_SMS_BODY", '{"a": {"to": "{to}"}, "b": "{text}"}')
    assert CloudSettings.load().notify.sms_body["a"] == {"to": "{to}"}
    monkeypatch.setenv("FIELDWATCH_NOTIFY_SMS_FORMAT", "form")
    with pytest.raises(SettingsError, match="FIELDWATCH_NOTIFY_SMS_BODY must be flat"):
        CloudSettings.load()


@pytest.mark.parametrize(
    ("subject", "public_url", "wanted"),
    [
        ("mailto:a@b.example", "https://fire.example.org", "mailto:a@b.example"),
        (None, "https://fire.example.org", "https://fire.example.org"),
        (None, "http://fire.example.org", None),
        (None, "https://localhost", None),
        (None, None, None),
    ],
)
def test_whom_a_push_service_writes_to(
    monkeypatch: pytest.MonkeyPatch, subject: str | None, public_url: str | None, wanted: str | None
) -> None:
    if subject is not None:
        monkeypatch.setenv("FIELDWATCH_NOTIFY_VAPID_SUBJECT", subject)
    if public_url is not None:
        monkeypatch.setenv("FIELDWATCH_HTTP_PUBLIC_URL", public_url)
    assert CloudSettings.load().push_contact == wanted


def test_secrets_of_the_channels_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDWATCH_NOTIFY_SMTP_URL", "smtp://u:hidden@host")
    monkeypatch.setenv("FIELDWATCH_NOTIFY_SMS_URL", "https://host/?key=hidden")
    monkeypatch.setenv("FIELDWATCH_NOTIFY_SMS_AUTHORIZATION", "Bearer hidden")
    assert "hidden" not in repr(CloudSettings.load())
