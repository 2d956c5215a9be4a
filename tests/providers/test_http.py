import asyncio
import datetime
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from receipted.hub.guard import Guard
from receipted.hub.ports import HttpAnswer, HttpFailure
from receipted.providers.http import AiohttpClient

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Seen: Yes\r\n\r\nhi"


@asynccontextmanager
async def served(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The address of a server on this machine whose every connection is the handler's."""
    tasks: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, ssl=tls)
    host, port = server.sockets[0].getsockname()
    yield f"{'https' if tls else 'http'}://{host}:{port}"
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def saying(answer: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(answer)
        await writer.drain()

    return handler


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.fixture
async def http() -> AsyncIterator[AiohttpClient]:
    client = AiohttpClient(body_bytes=1_000)
    yield client
    await client.close()
    await client.close()


def failed(said: HttpAnswer | HttpFailure) -> HttpFailure:
    assert isinstance(said, HttpFailure), said
    return said


async def test_an_answer(http: AiohttpClient) -> None:
    seen: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await head(reader) + await reader.readexactly(3))
        writer.write(OK)

    async with served(handler) as url:
        said = await http.call("POST", f"{url}/a?b=%20c", headers={"Content-Type": "x/y"}, body=b"a=1")
    assert isinstance(said, HttpAnswer)
    assert (said.status, said.body, said.headers["x-seen"]) == (200, b"hi", "Yes")
    assert said.elapsed_ms >= 0
    assert seen[0].startswith(b"POST /a?b=%20c HTTP/1.1\r\n")
    assert b"Content-Type: x/y\r\n" in seen[0]
    assert seen[0].endswith(b"a=1")


async def test_redirects_are_told_not_followed(http: AiohttpClient) -> None:
    async with served(saying(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")) as url:
        said = await http.call("GET", url)
    assert isinstance(said, HttpAnswer)
    assert (said.status, said.headers["location"]) == (302, "/b")


async def test_a_body_is_cut(http: AiohttpClient) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()

    async with served(endless) as url:
        said = await http.call("GET", url)
    assert isinstance(said, HttpAnswer)
    assert said.body == b"x" * 1_000


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://example.com/", "http://", "http://a:b:c/", "/path"])
async def test_not_a_url(http: AiohttpClient, url: str) -> None:
    said = failed(await http.call("GET", url))
    assert (said.kind, said.sent) == ("dns", False)


async def test_no_such_host(http: AiohttpClient) -> None:
    said = failed(await http.call("GET", "http://nowhere.invalid/"))
    assert (said.kind, said.sent) == ("dns", False)


async def test_nobody_listens(http: AiohttpClient) -> None:
    async with served(silence) as url:
        pass
    said = failed(await http.call("POST", url, body=b"x"))
    assert (said.kind, said.sent) == ("refused", False)


async def test_no_answer_in_time(http: AiohttpClient) -> None:
    async with served(silence) as url:
        said = failed(await http.call("POST", url, body=b"x", timeout_s=0.1))
    assert (said.kind, said.sent) == ("timeout", True)


async def test_no_whole_answer_in_time(http: AiohttpClient) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        await reader.read()

    async with served(slow) as url:
        said = failed(await http.call("GET", url, timeout_s=0.1))
    assert (said.kind, said.sent) == ("timeout", True)


async def test_no_handshake_in_time(http: AiohttpClient) -> None:
    async with served(silence) as url:
        url = url.replace("http:", "https:")
        said = failed(await http.call("POST", url, body=b"x", connect_timeout_s=0.1, timeout_s=5))
        assert (said.kind, said.sent) == ("connect-timeout", False)
        said = failed(await http.call("POST", url, body=b"x", connect_timeout_s=5, timeout_s=0.1))
        assert (said.kind, said.sent) == ("connect-timeout", False)


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Le"],
)
async def test_a_broken_answer(http: AiohttpClient, answer: bytes) -> None:
    async with served(saying(answer)) as url:
        said = failed(await http.call("POST", url, body=b"x"))
    assert (said.kind, said.sent) == ("broken", True)


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_tls(http: AiohttpClient, tmp_path: Path) -> None:
    async with served(saying(OK), certificate(tmp_path)) as url:
        said = failed(await http.call("GET", url))
        assert (said.kind, said.sent) == ("tls", False)
        assert "certificate is not valid" in said.problem
        trusting = AiohttpClient(tls=ssl.create_default_context(cafile=str(tmp_path / "server.pem")))
        assert isinstance(await trusting.call("GET", url), HttpAnswer)
        await trusting.close()


async def test_no_tls_there(http: AiohttpClient) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(OK)
        await writer.drain()

    async with served(plain) as url:
        said = failed(await http.call("GET", url.replace("http:", "https:")))
    assert (said.kind, said.sent) == ("tls", False)


async def test_a_closed_client_opens_anew(http: AiohttpClient) -> None:
    async with served(saying(OK)) as url:
        assert isinstance(await http.call("GET", url), HttpAnswer)
        await http.close()
        assert isinstance(await http.call("GET", url), HttpAnswer)


class Named(AbstractResolver):
    """Gives every name these addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing to let go of."""


@pytest.mark.parametrize("form", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "innocent.example"])
async def test_with_a_guard_no_inner_address_is_reached_whatever_it_is_called(form: str) -> None:
    reached: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(await head(reader))

    client = AiohttpClient(guard=Guard(), resolver=Named("127.0.0.1"))
    async with served(handler) as url:
        answer = await client.call("GET", url.replace("127.0.0.1", form))
    await client.close()
    assert isinstance(answer, HttpFailure)
    assert (answer.kind, answer.sent, reached) == ("guarded", False, [])
    assert "webhooks.allow" in answer.problem


@pytest.mark.parametrize("form", ["127.0.0.1", "innocent.example"])
async def test_what_the_guard_allows_is_reached(form: str) -> None:
    client = AiohttpClient(guard=Guard(allowed=("127.0.0.1",)), resolver=Named("10.0.0.1", "127.0.0.1"))
    async with served(saying(OK)) as url:
        answer = await client.call("GET", url.replace("127.0.0.1", form))
    await client.close()
    assert isinstance(answer, HttpAnswer)
    assert answer.status == 200
