"""What every answer says about itself."""

from __future__ import annotations

from studio.web.headers import completed, guarded, ours


def test_an_answer_without_headers_gets_all_of_ours() -> None:
    found = dict(completed([(b"Content-Type", b"text/plain")], ()))
    assert found[b"content-type"] == b"text/plain"
    assert found[b"x-content-type-options"] == b"nosniff"
    assert found[b"referrer-policy"] == b"same-origin"
    assert found[b"cross-origin-opener-policy"] == b"same-origin"
    assert b"camera=()" in found[b"permissions-policy"]
    assert b"frame-ancestors 'self'" in found[b"content-security-policy"]


def test_no_part_of_the_page_may_come_from_another_host() -> None:
    policy = dict(ours(()))[b"content-security-policy"].decode()
    assert "default-src 'self'" in policy
    assert "object-src 'none'" in policy
    assert not any(foreign in policy for foreign in ("http", "ws:", "*", "//"))


def test_headers_that_let_other_pages_read_are_taken_out() -> None:
    given = [(b"access-control-allow-origin", b"https://a.b"), (b"Access-Control-Allow-Credentials", b"true")]
    assert not [
        name for name, _ in completed([*given, (b"server", b"x")], ()) if b"access" in name or name == b"server"
    ]


def test_a_policy_of_its_own_is_kept_without_foreign_hosts_and_not_doubled() -> None:
    theirs = b"default-src 'self';style-src 'self' https://www.gstatic.com data: 'unsafe-inline';frame-ancestors *"
    policies = [v for n, v in completed([(b"Content-Security-Policy", theirs)], ()) if n == b"content-security-policy"]
    assert policies == [b"default-src 'self'; style-src 'self' data: 'unsafe-inline'; frame-ancestors 'self'"]


def test_sites_that_may_frame_the_page_are_named_and_then_windows_are_shared() -> None:
    found = dict(ours(("https://huggingface.co",)))
    assert found[b"content-security-policy"].endswith(b"frame-ancestors 'self' https://huggingface.co")
    assert b"cross-origin-opener-policy" not in found


def test_wildcards_and_whole_schemes_are_foreign_hosts() -> None:
    assert guarded("img-src * data:; connect-src https: wss: 'self'", ()) == (
        "img-src data:; connect-src 'self'; frame-ancestors 'self'"
    )
