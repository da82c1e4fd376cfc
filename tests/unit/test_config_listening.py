"""[http]: nobody's token and no caller's number goes through a network in the clear by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccgateway.config import FaultyConfig, load
from tests.unit.test_config import LEAST

ANY = "0.0.0.0"  # noqa: S104 - not bound to
TLS = 'tls_cert = "cert.pem"\ntls_key = "key.pem"'
PROXIES = 'proxies = ["10.0.0.2"]'
REFUSED = "127.0.0.1, or for other machines: tls_cert and tls_key, or proxies"


def file_with(folder: Path, *lines: str) -> Path:
    """The least file, with these lines under [http]."""
    for name in ("cert.pem", "key.pem"):
        (folder / name).touch()
    file = folder / "petrol.toml"
    file.write_text(LEAST.replace("[http]\n", "\n".join(["[http]", *lines, ""])))
    return file


@pytest.mark.parametrize("listen", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_this_machine_needs_nothing(tmp_path: Path, listen: str) -> None:
    assert load(file_with(tmp_path, f'listen = "{listen}"')).http.listen == listen


@pytest.mark.parametrize("listen", [ANY, "::", "10.0.0.1", "pbx.example", "localhost.x"])
@pytest.mark.parametrize("otherwise", [TLS, PROXIES, "plain = true"])
def test_others_need_tls_or_proxies_or_a_word(tmp_path: Path, listen: str, otherwise: str) -> None:
    with pytest.raises(FaultyConfig) as caught:
        load(file_with(tmp_path, f'listen = "{listen}"', "plain = false"))
    [fault] = caught.value.faults
    assert (fault.key, fault.found) == ("http.listen", f'"{listen}"')
    assert REFUSED in fault.allowed
    load(file_with(tmp_path, f'listen = "{listen}"', otherwise))


@pytest.mark.parametrize("half", TLS.splitlines())
def test_half_a_certificate_is_named(tmp_path: Path, half: str) -> None:
    with pytest.raises(FaultyConfig) as caught:
        load(file_with(tmp_path, half))
    [fault] = caught.value.faults
    assert fault.key == f"http.{half.partition(' ')[0]}"
    assert "given with" in fault.allowed


def test_a_certificate_that_is_missing_is_named(tmp_path: Path) -> None:
    file = file_with(tmp_path, TLS)
    (tmp_path / "key.pem").unlink()
    with pytest.raises(FaultyConfig) as caught:
        load(file)
    [fault] = caught.value.faults
    assert fault.key == "http.tls_key"


def test_its_path_begins_at_the_file(tmp_path: Path) -> None:
    assert load(file_with(tmp_path, TLS)).http.tls_cert == str(tmp_path / "cert.pem")


def web_file(folder: Path, *lines: str, http: str = "port = 8070") -> Path:
    """The same, with these lines under [web]."""
    file = file_with(folder, http)
    file.write_text("\n".join([file.read_text(), "[web]", *lines, ""]))
    return file


def test_a_web_process_listens_as_its_own_table_says(tmp_path: Path) -> None:
    web = load(web_file(tmp_path, 'listen = "10.0.0.1"', TLS)).web
    assert web
    assert (web.listen, web.port, web.tls_key) == ("10.0.0.1", 8071, str(tmp_path / "key.pem"))
    assert load(file_with(tmp_path)).web is None


@pytest.mark.parametrize(
    ("lines", "http", "key"),
    [
        ([f'listen = "{ANY}"'], "port = 8070", "web.listen"),
        ([TLS.splitlines()[0]], "port = 8070", "web.tls_cert"),
        (["port = 8070"], "port = 8070", "web.port"),
        ([], "port = 0", "http.port"),
        (['token = "another-token"'], "port = 8070", "web.token"),
    ],
)
def test_what_a_web_process_cannot_do_is_named(
    tmp_path: Path, lines: list[str], http: str, key: str
) -> None:
    with pytest.raises(FaultyConfig) as caught:
        load(web_file(tmp_path, *lines, http=http))
    assert [fault.key for fault in caught.value.faults] == [key]
