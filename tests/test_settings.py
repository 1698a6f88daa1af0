"""Settings come from the environment, and a wrong one is refused by the name of its variable."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import SettingsError
from studio.settings import Limits, Mode, Settings, load


def test_an_empty_environment_gives_the_declared_defaults() -> None:
    settings = load({})
    assert (settings.mode, settings.host, settings.port, settings.device) == (Mode.LOCAL, "127.0.0.1", 7860, "auto")
    assert settings.limits == Limits()
    assert settings.workspace == Path.home() / ".studio"


def test_every_setting_is_read_from_its_variable(tmp_path: Path) -> None:
    settings = load(
        {
            "STUDIO_WORKSPACE": str(tmp_path),
            "STUDIO_MODE": "team",
            "STUDIO_HOST": "::1",
            "STUDIO_PORT": "0",
            "STUDIO_DEVICE": "cuda:1",
            "STUDIO_LIMITS_ROWS": "10",
        }
    )
    assert settings == Settings(
        workspace=tmp_path, mode=Mode.TEAM, host="::1", port=0, device="cuda:1", limits=Limits(rows=10)
    )


def test_what_is_given_wins_over_the_environment_and_none_does_not(tmp_path: Path) -> None:
    settings = load({"STUDIO_PORT": "1", "STUDIO_HOST": "::1"}, port=2, host=None, workspace=tmp_path)
    assert (settings.port, settings.host, settings.workspace) == (2, "::1", tmp_path)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STUDIO_PORT", "70000"),
        ("STUDIO_PORT", "-1"),
        ("STUDIO_PORT", "many"),
        ("STUDIO_PORT", ""),
        ("STUDIO_MODE", "open"),
        ("STUDIO_DEVICE", "cuda:"),
        ("STUDIO_DEVICE", "cpu\n"),
        ("STUDIO_LIMITS", "10"),
        ("STUDIO_LIMITS_ROWS", "0"),
        ("STUDIO_LIMITS_CLASSES", "1"),
        ("STUDIO_LIMITS_UPLOAD_BYTES", "2GB"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({variable: value})
    assert f"{variable} has a value that cannot be used: {value!r}" in refused.value.what
    assert refused.value.why
    assert refused.value.next
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("variable", ["STUDIO_WORKSPAEC", "STUDIO_LIMITS_COLUMNS", "STUDIO_DATASETS"])
def test_a_variable_that_does_not_exist_is_refused_and_the_known_ones_are_named(variable: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({variable: "1"})
    assert variable in refused.value.what
    assert "STUDIO_WORKSPACE" in refused.value.why


def test_variables_of_others_and_of_the_tests_are_left_alone() -> None:
    others = {"PATH": "x", "HF_HOME": "x", "STUDIO_TEST_DATA": "x", "STUDIO_FAULT_KILL": "1", "studio_port": "x"}
    assert load(others) == load({})


def test_a_workspace_in_the_home_folder_and_a_relative_one_become_whole_paths(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert load({"STUDIO_WORKSPACE": "~/work"}).workspace == tmp_path / "home" / "work"
    assert load({"STUDIO_WORKSPACE": "work"}).workspace == tmp_path / "work"


def test_a_space_is_public_and_reachable_unless_it_says_otherwise() -> None:
    settings = load({"SPACE_ID": "someone/studio"})
    assert (settings.mode, settings.host) == (Mode.PUBLIC, "0.0.0.0")
    settings = load({"SPACE_ID": "someone/studio", "STUDIO_MODE": "team", "STUDIO_HOST": "127.0.0.1"})
    assert (settings.mode, settings.host) == (Mode.TEAM, "127.0.0.1")


@given(st.dictionaries(st.sampled_from(["STUDIO_PORT", "STUDIO_MODE", "STUDIO_LIMITS_ROWS", "STUDIO_X"]), st.text()))
def test_any_environment_gives_settings_or_a_sentence(environment: dict[str, str]) -> None:
    try:
        load(environment)
    except SettingsError as error:
        assert "STUDIO_" in error.what


def test_a_space_is_behind_a_proxy_and_shown_in_a_frame_of_the_hub() -> None:
    settings = load({"SPACE_ID": "someone/studio", "SPACE_HOST": "someone-studio.hf.space"})
    assert settings.hosts == ("someone-studio.hf.space",)
    assert settings.proxy is True
    assert settings.frames == ("https://huggingface.co", "https://*.hf.space")
    assert load({"SPACE_ID": "someone/studio", "STUDIO_FRAMES": ""}).frames == ()
    assert (load({}).hosts, load({}).proxy, load({}).frames) == ((), False, ())


def test_lists_are_written_with_commas_or_spaces() -> None:
    settings = load(
        {"STUDIO_HOSTS": "Studio.example, 10.0.0.5 [fe80::1]", "STUDIO_FRAMES": "https://a.b,http://*.c.d:8080"}
    )
    assert settings.hosts == ("studio.example", "10.0.0.5", "[fe80::1]")
    assert settings.frames == ("https://a.b", "http://*.c.d:8080")


def test_users_are_read_from_pairs_or_from_a_file(tmp_path: Path) -> None:
    def passwords(value: str) -> dict[str, str]:
        return {user: secret.get_secret_value() for user, secret in load({"STUDIO_AUTH": value}).auth.items()}

    assert passwords("ann:s:cret, bob:x") == {"ann": "s:cret", "bob": "x"}
    (tmp_path / "users").write_text("# who may come in\nann:one,two\n\nbob:häagen\n", encoding="utf-8")
    assert passwords(str(tmp_path / "users")) == {"ann": "one,two", "bob": "häagen"}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "it is neither"),
        ("canary", "it is neither"),
        ("ann:", "entry 1 is not user:password"),
        ("ann:canary,:canary", "entry 2 is not user:password"),
        ("ann:canary,bob", "entry 2 is not user:password"),
        ("ann:canary,ann:canary", "entry 2 names a user a second time"),
        ("/nowhere/canary", "it is neither"),
    ],
)
def test_wrong_users_are_refused_with_the_reason_and_without_the_password(value: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as refused:
        load({"STUDIO_AUTH": value})
    assert "STUDIO_AUTH" in refused.value.what
    assert "canary" not in str(refused.value)


def test_a_file_without_users_is_refused(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("# nobody\n")
    with pytest.raises(SettingsError, match="it names nobody"):
        load({"STUDIO_AUTH": str(tmp_path / "users")})


def test_passwords_are_not_shown_with_the_settings() -> None:
    settings = load({"STUDIO_AUTH": "ann:canary"})
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STUDIO_HOSTS", "http://a.b"),
        ("STUDIO_HOSTS", "a.b:80"),
        ("STUDIO_HOSTS", "*"),
        ("STUDIO_FRAMES", "a.b"),
        ("STUDIO_FRAMES", "https://a.b/c"),
        ("STUDIO_FRAMES", "*"),
        ("STUDIO_FRAMES", "https://a.b;"),
        ("STUDIO_PROXY", "perhaps"),
    ],
)
def test_a_wrong_name_site_or_switch_is_refused(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        load({variable: value})


def test_strangers_may_use_less_unless_it_is_set(tmp_path: Path) -> None:
    mine = load({"STUDIO_MODE": "public", "STUDIO_LIMITS_ROWS": "7"}, workspace=tmp_path).limits
    assert (mine.rows, mine.queue_length) == (7, Limits.for_strangers()["queue_length"])
    assert mine.upload_bytes < Limits().upload_bytes
    assert load({"SPACE_ID": "me/space"}, workspace=tmp_path).limits.run_minutes > 0
