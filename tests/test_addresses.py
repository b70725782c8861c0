"""One reading of addresses: what passes the check can be called, and what cannot is refused in one line."""

import asyncio

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from longplay.inference import open_endpoint
from longplay.specs import ModelSpec, StudyError, parse_study, toml_text
from longplay.specs.addresses import Address, AddressError, read_address

STUDY = '[[models]]\nname = "openai/m"\nbase_url = {}\n[judge]\nname = "sim/judge"\n'
PIECES = [
    *(
        "a",
        "7",
        "-",
        "_",
        ".",
        "..",
        "a" * 63,
        "a" * 64,
        "xn--",
        "xn--a",
        "xn--mnchen-3ya",
        "xn--99999999",
        "A",
        "localhost",
    ),
    *("127", "0", "256", "0x7f", "::1", "[", "]", "[::1]", "[::ffff:127.0.0.1]", "%25", "%", "@", ":", "fe80::1%eth0"),
    *("/", "?", "#", " ", "\t", "\\", "\u3002", "\uff0e", "\u0663", "~", "*", "!", "$", "&", "'", "(", ",", ";", "="),
]
PORTS = ["", ":", ":8000", ":0", ":65535", ":65536", ":+1", ":\u0663", ":8 0", ":1:2"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.org", Address("https", "example.org", 443)),
        ("HTTPS://Example.ORG./v1/", Address("https", "example.org", 443, "/v1")),
        ("http://vllm_1:8000/v1", Address("http", "vllm_1", 8000, "/v1")),
        ("http://127.0.0.1/v1", Address("http", "127.0.0.1", 80, "/v1")),
        ("http://[0:0:0::1]:9/v1", Address("http", "::1", 9, "/v1")),
        ("http://[::ffff:127.0.0.1]:9/v1", Address("http", "127.0.0.1", 9, "/v1")),
        ("https://xn--mnchen-3ya.example/v1", Address("https", "xn--mnchen-3ya.example", 443, "/v1")),
    ],
)
def test_an_address_is_read_as_it_is_called(text: str, address: Address) -> None:
    assert read_address(text) == address
    assert read_address(address.url) == address


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://a..b/v1", "two dots beside each other"),
        ("https://.a/v1", "a dot at its start"),
        (f"https://{'a' * 64}.example/v1", "a part of 64 characters"),
        (f"https://{'.'.join(['a' * 60] * 5)}/v1", "has a host of 304 characters"),
        ("https://xn--99999999.example/v1", "stands for no name"),
        ("http://[::1].x/v1", "between the bracket"),
        ("http://[::1]x:80/v1", "between the bracket"),
        ("http://[::1/v1", "no IPv6 address"),
        ("http://[localhost]/v1", "no IPv6 address"),
        ("http://[fe80::1%eth0]/v1", "with a zone"),
        ("http://127.0.0.1:0/v1", "a port is a number from 1 to 65535"),
        ("http://127.0.0.1:65536/v1", "a port is a number from 1 to 65535"),
        ("http://127.0.0.1:/v1", "has the port ''"),
        ("http://127.0.0.1:80:81/v1", "has the port '80:81'"),
        ("http://127.1/v1", "four numbers from 0 to 255"),
        ("http://2130706433/v1", "four numbers from 0 to 255"),
        ("http://0x7f000001/v1", "four numbers from 0 to 255"),
        ("http://0177.0.0.1/v1", "four numbers from 0 to 255"),
        ("http://256.0.0.1/v1", "four numbers from 0 to 255"),
        ("http://example.1/v1", "ends in a number"),
        ("http://127.0.0.1%2eexample.org/v1", "a character that no host has"),
        ("http://-a.example/v1", "a character that no host has"),
        ("http://b\u00fccher.example/v1", "another character that no URL has"),
        ("http://127.0.0.1\u3002example.org/v1", "another character that no URL has"),
        ("http://127.0.0.1\\@example.org/v1", "a backslash"),
        (" http://127.0.0.1/v1", "holds a space"),
        ("http://127.0.0.1/v1\n", "another character that no URL has"),
        ("http://", "is not an http(s) URL"),
        ("http:127.0.0.1", "is not an http(s) URL"),
        ("http://:8000/v1", "names no host"),
        ("http://./v1", "names no host"),
        ("http://127.0.0.1/v1?key=1", "a query or a fragment"),
        ("http://127.0.0.1/v1#", "a query or a fragment"),
    ],
)
def test_an_address_that_programs_could_read_differently_is_refused_with_its_fault(text: str, said: str) -> None:
    with pytest.raises(StudyError) as caught:
        parse_study(STUDY.format(toml_text(text)))
    assert said in str(caught.value)
    assert "looks like http://127.0.0.1:8000/v1" in str(caught.value)


def test_credentials_in_an_address_are_refused_and_not_shown() -> None:
    with pytest.raises(StudyError, match="api_key_env") as caught:
        parse_study(STUDY.format('"https://user:secret-word@example.org/v1"'))
    assert "secret-word" not in str(caught.value)


@given(
    st.sampled_from(["http://", "https://", "HTTP://", "http:", ""]),
    st.lists(st.sampled_from(PIECES), max_size=5).map("".join) | st.text(max_size=8),
    st.sampled_from(PORTS),
    st.sampled_from(["", "/v1", "/v1/", "/%zz", "/a/../b", "//"]),
)
def test_whatever_passes_the_check_can_be_called_at_the_host_that_was_checked(
    scheme: str, host: str, port: str, path: str
) -> None:
    text = scheme + host + port + path
    try:
        address = read_address(text)
    except AddressError:
        return

    async def request(url: URL) -> aiohttp.ClientRequest:
        return aiohttp.ClientRequest("POST", url, headers={}, loop=asyncio.get_running_loop())

    assert read_address(address.url) == address
    url = URL(address.url + "/chat/completions")
    assert (url.raw_host, url.port, url.scheme) == (address.host, address.port, address.scheme)
    assert asyncio.run(request(url)).is_ssl() is (address.scheme == "https")
    assert open_endpoint(ModelSpec("openai/m", base_url=text), {}).width >= 1
