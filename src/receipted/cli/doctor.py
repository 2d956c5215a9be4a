"""``receipted doctor``: look at everything the hub needs, and say what to do where it is not well."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import msgspec
from rich.text import Text

from receipted.cli import configuration
from receipted.cli.client import HubClient, address
from receipted.cli.failure import CommandError, Exit
from receipted.cli.hints import named
from receipted.cli.options import AsJson
from receipted.cli.terminal import clean, columns, err, for_person, out, to_json, write
from receipted.hub.ports import Finding
from receipted.settings import Settings

LEAST_FREE_MB = 500
"""Free space of the data folder's disk, in MB of 1,000,000 bytes. With less it may be full before somebody looks."""
READY_TIMEOUT_S = 5.0


def command(as_json: AsJson = False) -> None:
    """Check settings, disk, database, providers, clock and the running hub; exit 1 if something is wrong."""
    for remark in configuration.stray_variables():
        err().print(remark, soft_wrap=True)
    settings = configuration.load_whole()
    findings = [Finding(what="settings", ok=True, said=f"good; file: {_file()}"), _disk(settings.data_dir)]
    # As in serve: importing everything takes a while, and is needed only here.
    from receipted import wiring
    from receipted.cli.startup import in_words

    with in_words():
        findings += asyncio.run(wiring.examine(settings, asyncio.run(_bound())))
    findings += _remarks(settings)
    findings.append(asyncio.run(_hub()))
    _tell(findings, as_json)
    raise SystemExit(int(Exit.OK if all(finding.ok for finding in findings) else Exit.FAILED))


def _file() -> str:
    file = configuration.settings_file()
    return str(file) if file.is_file() else f"{file} is not there, so all are defaults or from the environment"


def _disk(folder: Path) -> Finding:
    """The free space where the data is, or will be: of the nearest folder that is there."""
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.is_dir())
    free_mb = shutil.disk_usage(there).free // 1_000_000
    return Finding(
        what="disk",
        ok=free_mb >= LEAST_FREE_MB,
        said=f"{free_mb:,} MB free for {folder}",
        cure=f"Make room: with less than {LEAST_FREE_MB} MB the hub may soon store nothing more.",
    )


def _remarks(settings: Settings) -> Iterator[Finding]:
    """What works, and should be known."""
    for name in configuration.unverified(settings):
        said = f"receipts are not verified: set signature_secret in [providers.{name}]"
        yield Finding(what=f"{name} receipts", ok=True, said=said)


async def _bound() -> set[str]:
    """The providers that a running hub is bound to, if one lets us in; none otherwise."""
    try:
        async with HubClient(None) as hub:
            return {str(bind["provider"]) for bind in await hub.binds() if bind["state"] in ("bound", "throttled")}
    except (CommandError, KeyError):
        return set()


async def _hub() -> Finding:
    """Whether the running hub is ready. Without a token and its certificate unchecked: nothing secret is sent."""
    try:
        url = address(None)
    except CommandError as problem:
        return Finding(what="hub", ok=False, said=problem.lines[0], cure="Correct RECEIPTED_URL.")
    timeout = aiohttp.ClientTimeout(total=READY_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{url}/readyz", ssl=False, allow_redirects=False) as answer,
        ):
            return _readiness(url, answer.status, await answer.content.read(10_000))
    except aiohttp.ClientConnectorError:
        return Finding(what="hub", ok=False, said=f"no hub runs at {url}", cure="Start it with `receipted serve`.")
    except TimeoutError:
        said = f"what listens at {url} did not answer within {READY_TIMEOUT_S:.0f} s"
    except (aiohttp.ClientError, ValueError) as problem:
        said = f"no hub answers at {url}: {problem or type(problem).__name__}"
    return Finding(what="hub", ok=False, said=said, cure="Look into its log; restart it.")


def _readiness(url: str, status: int, body: bytes) -> Finding:
    if status == 200:
        return Finding(what="hub", ok=True, said=f"answers at {url}, ready")
    if status == 503:
        try:
            detail = str(msgspec.json.decode(body, type=dict[str, object]).get("detail", ""))
        except (msgspec.DecodeError, UnicodeDecodeError):
            detail = ""
        said = f"answers at {url} but is not ready: {detail or 'HTTP 503'}"
        return Finding(what="hub", ok=False, said=said, cure="Mend what is wrong above; its log says more.")
    said = f"something else than a hub answers at {url}: HTTP {status}"
    return Finding(what="hub", ok=False, said=said, cure="Stop it, or give the hub another port.")


def _tell(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        for finding in findings:
            write(to_json(msgspec.to_builtins(finding)))
    elif for_person():
        _table(findings)
    else:
        for finding in findings:
            write("\t".join(("ok" if finding.ok else "wrong", *map(clean, _words(finding)))).rstrip("\t"))


def _words(finding: Finding) -> tuple[str, str, str]:
    return finding.what, named(finding.said), "" if finding.ok else named(finding.cure)


def _table(findings: list[Finding]) -> None:
    """One line per finding; what to do stands beneath it."""
    table = columns(("", "What", "Found"), folded=("Found",))
    for finding in findings:
        what, said, cure = (clean(word) for word in _words(finding))
        mark = Text("✓ ok", "green") if finding.ok else Text("✕ wrong", "red")
        table.add_row(mark, what, f"{said}\n{cure}" if cure else said)
    out().print(table)
