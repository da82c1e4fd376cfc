"""From other machines: through a proxy, or by TLS, or not at all."""

from __future__ import annotations

import ssl
import subprocess
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from ccgateway.config import HttpSettings
from ccgateway.errors import ConfigError
from ccgateway.web import peer
from ccgateway.web.client import Client
from ccgateway.web.tls import trusting
from tests.adapters.access.asking import (
    SECRET,
    ask,
    bearer,
)
from tests.adapters.centre import (
    Book,
    Gateway,
    http_settings,
)


class TestProxies:
    HEADERS = bearer(SECRET) | {"X-Forwarded-For": "203.0.113.7, 198.51.100.9"}

    @pytest.mark.parametrize(
        ("proxies", "address"),
        [
            ([], "127.0.0.1"),
            (["10.0.0.0/8"], "127.0.0.1"),
            (["127.0.0.1"], "198.51.100.9"),
            (["127.0.0.1", "198.51.100.0/24"], "203.0.113.7"),
        ],
    )
    async def test_what_they_say_counts_where_they_are_named(
        self, book: Book, proxies: list[str], address: str
    ) -> None:
        settings = http_settings(proxies=tuple(proxies))
        async with Gateway(book, settings) as gateway:
            await ask(gateway, self.HEADERS, "/api/agents/101/pause", "POST")
        assert [act.address for act in book.acts] == [address]

    @pytest.mark.parametrize("said", ["nonsense", "", "203.0.113.7, nonsense", "::1%x, 1.2.3"])
    async def test_nonsense_from_them_is_not_taken_for_an_address(
        self, book: Book, said: str
    ) -> None:
        settings = http_settings(proxies=("127.0.0.1",))
        async with Gateway(book, settings) as gateway:
            headers = bearer(SECRET) | {"X-Forwarded-For": said}
            await ask(gateway, headers, "/api/agents/101/pause", "POST")
        assert [act.address for act in book.acts] == ["127.0.0.1"]

    async def test_one_that_encrypts_gets_a_cookie_for_that_only(self, book: Book) -> None:
        settings = http_settings(proxies=("127.0.0.1",))
        headers = {"X-Forwarded-Proto": "https", "Host": "desk.example"}
        async with (
            Gateway(book, settings) as gateway,
            aiohttp.ClientSession(gateway.url, headers=headers) as session,
            session.post(
                "/api/session", json={"token": SECRET}, headers={"Origin": "https://desk.example"}
            ) as response,
        ):
            assert response.status == 200
            cookie = response.headers["Set-Cookie"]
        assert cookie.startswith("__Host-ccgateway=")
        assert "Secure" in cookie


class TestInTheClear:
    """Who comes past the proxy: 127.0.0.2 stands for another machine."""

    @pytest.fixture(autouse=True)
    def _another_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(peer, "LOOPBACK", (ip_network("127.0.0.1/32"),))

    @staticmethod
    async def _statuses(book: Book, settings: HttpSettings) -> list[int]:
        """Of a question, of signing in, of the page, of a path that is none, and of being alive."""
        statuses = []
        async with (
            Gateway(book, settings) as gateway,
            aiohttp.ClientSession(
                gateway.url,
                headers=bearer(SECRET),
                connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0)),
            ) as session,
        ):
            for method, path in (
                ("GET", "/api/state"),
                ("POST", "/api/session"),
                ("GET", "/"),
                ("GET", "/none"),
                ("GET", "/healthz"),
            ):
                async with session.request(method, path, json={"token": SECRET}) as response:
                    statuses.append(response.status)
        return statuses

    async def test_is_refused(self, book: Book) -> None:
        settings = http_settings(proxies=("10.0.0.2",))
        assert await self._statuses(book, settings) == [403, 403, 403, 403, 200]
        assert book.acts == []

    @pytest.mark.parametrize("settings", [{"proxies": ("127.0.0.2",)}, {"plain": True}])
    async def test_but_not_a_proxy_nor_where_it_may_be(
        self, book: Book, settings: dict[str, Any]
    ) -> None:
        statuses = await self._statuses(book, http_settings(**settings))
        assert statuses == [200, 200, 200, 404, 200]

    async def test_nor_this_machine_by_its_own_address(
        self, book: Book, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(peer, "LOOPBACK", ())
        async with Gateway(book, http_settings(proxies=("10.0.0.2",))) as gateway:
            assert (await ask(gateway, bearer(SECRET)))[0] == 200


class TestTls:
    async def test_it_speaks_tls_alone(self, book: Book, tmp_path: Path) -> None:
        certificate, key = make_certificate(tmp_path)
        settings = http_settings(tls_cert=str(certificate), tls_key=str(key))
        async with Gateway(book, settings) as gateway:
            async with Client(gateway.url, SECRET, trusting(str(certificate))) as client:
                assert await client.agent("pause", "101") == "paused"
            async with aiohttp.ClientSession(gateway.url.replace("https", "http")) as session:
                with pytest.raises(aiohttp.ClientError):
                    await session.get("/healthz")
            async with Client(gateway.url, SECRET) as client:
                with pytest.raises(Exception, match="certificate"):
                    await client.state()

    async def test_a_new_one_is_taken_at_a_reload(self, book: Book, tmp_path: Path) -> None:
        (tmp_path / "new").mkdir()
        certificate, key = make_certificate(tmp_path)
        fresh = make_certificate(tmp_path / "new")
        settings = http_settings(tls_cert=str(certificate), tls_key=str(key))
        async with Gateway(book, settings) as gateway:
            key.write_bytes(fresh[1].read_bytes())
            with pytest.raises(ConfigError, match=r"http\.tls_cert"):
                gateway.server.renew(settings)  # half of it is there
            async with Client(gateway.url, SECRET, trusting(str(certificate))) as client:
                await client.state()
            certificate.write_bytes(fresh[0].read_bytes())
            gateway.server.renew(settings)
            async with Client(gateway.url, SECRET, trusting(str(fresh[0]))) as client:
                await client.state()

    async def test_a_key_of_another_certificate_is_told(self, book: Book, tmp_path: Path) -> None:
        certificate, _ = make_certificate(tmp_path)
        (tmp_path / "other").mkdir()
        _, other = make_certificate(tmp_path / "other")
        settings = http_settings(tls_cert=str(certificate), tls_key=str(other))
        with pytest.raises(ConfigError, match=r"http\.tls_cert, http\.tls_key"):
            async with Gateway(book, settings):
                pass

    async def test_who_trusts_a_certificate_does_not_trust_all_of_its_authority(
        self, book: Book, tmp_path: Path
    ) -> None:
        """The file has the chain, too."""
        (tmp_path / "own").mkdir()
        (tmp_path / "other").mkdir()
        authority = make_certificate(tmp_path)
        own = make_certificate(tmp_path / "own", by=authority)[0]
        own.write_bytes(own.read_bytes() + authority[0].read_bytes())
        certificate, key = make_certificate(tmp_path / "other", by=authority)
        settings = http_settings(tls_cert=str(certificate), tls_key=str(key))
        async with Gateway(book, settings) as gateway:
            async with Client(gateway.url, SECRET, trusting(str(certificate))) as client:
                await client.state()
            async with Client(gateway.url, SECRET, trusting(str(own))) as client:
                with pytest.raises(Exception, match="certificate"):
                    await client.state()

    def test_old_versions_are_not_spoken(self, tmp_path: Path) -> None:
        certificate, _ = make_certificate(tmp_path)
        assert trusting(str(certificate)).minimum_version >= ssl.TLSVersion.TLSv1_2


def make_certificate(folder: Path, by: tuple[Path, Path] | None = None) -> tuple[Path, Path]:
    """A certificate, and its key; signed by another, or by itself."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
    words += f"-subj /CN=desk.example -keyout {key} -out {certificate}"
    words += f" -CA {by[0]} -CAkey {by[1]}" if by else ""
    subprocess.run(words.split(), check=True, capture_output=True)
    return certificate, key
