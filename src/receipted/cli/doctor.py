"""``receipted doctor``: look at everything the hub needs, and say what to do where it is not well."""

import asyncio

import msgspec
from rich.text import Text

from receipted.cli import configuration
from receipted.cli.failure import Exit
from receipted.cli.options import AsJson
from receipted.cli.terminal import clean, columns, err, for_person, out, to_json, write
from receipted.hub.ports import Finding


def command(as_json: AsJson = False) -> None:
    """Check settings, database, providers and clock; exit 1 if something is wrong."""
    for remark in configuration.stray_variables():
        err().print(remark, soft_wrap=True)
    settings = configuration.load_whole()
    findings = [Finding(what="settings", ok=True, said=f"good; file: {_file()}")]
    # As in serve: importing everything takes a while, and is needed only here.
    from receipted import wiring
    from receipted.cli.startup import in_words

    with in_words():
        findings += asyncio.run(wiring.examine(settings))
    _tell(findings, as_json)
    raise SystemExit(int(Exit.OK if all(finding.ok for finding in findings) else Exit.FAILED))


def _file() -> str:
    file = configuration.settings_file()
    return str(file) if file.is_file() else f"{file} is not there, so all are defaults or from the environment"


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
    return finding.what, finding.said, "" if finding.ok else finding.cure


def _table(findings: list[Finding]) -> None:
    """One line per finding; what to do stands beneath it."""
    table = columns(("", "What", "Found"), folded=("Found",))
    for finding in findings:
        what, said, cure = (clean(word) for word in _words(finding))
        mark = Text("✓ ok", "green") if finding.ok else Text("✕ wrong", "red")
        table.add_row(mark, what, f"{said}\n{cure}" if cure else said)
    out().print(table)
