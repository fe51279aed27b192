"""``xaimed reproduce STUDY --published``: what the printed numbers of a paper say of one another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xaimed.cli.parser import CommandParser
from xaimed.config.places import groups, summary_of
from xaimed.errors import ConfigError

STUDY = "study"


def _help() -> str:
    studies = "\n".join(f"  {name:<10} {summary_of(STUDY, name)}" for name in groups()[STUDY])
    return f"""usage: xaimed reproduce STUDY --published [study.key=value] [output=DIR] [--config-dir DIR]

Audits what a paper prints, without data and without training. Everything that can be recomputed from other printed
numbers is recomputed, every share is tested for being possible at its n, every described model is built and measured,
and every statement is held against the tables and against the other statements. What rounding, cutting off or
averaging over folds can explain is not reported. The findings come with their arithmetic, the gravest first.

Writes published.md and published.json to <output>/studies/<study>. The exit status is 0 whatever was found. The numbers
lie in conf/study/published/<study>.yaml; a study of your own goes into the folder 'study' of --config-dir.

studies:
{studies}

examples:
  xaimed reproduce spine --published
  xaimed reproduce spine --published study.published.samples.images.folds=10    what if there had been ten folds"""


def run(arguments: Sequence[str]) -> int:
    """Audit the published numbers, write what came out and print it."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(_help())
        return 0 if arguments else 2
    parser = CommandParser("reproduce")
    parser.add_argument(STUDY)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--published", action="store_true", required=True)
    parser.add_argument("--config-dir", type=Path)
    asked = parser.parse_intermixed_args(list(arguments))
    return _published(asked.study, asked.overrides, asked.config_dir)


def _published(study: str, overrides: Sequence[str], config_dir: Path | None) -> int:
    from rich.console import Console

    from xaimed.studies.published.audit import audit
    from xaimed.studies.published.page import print_audit, write_page
    from xaimed.studies.published.study import paper_of

    outputs = [text.partition("=")[2] for text in overrides if text.startswith("output=")]
    changes = [text for text in overrides if not text.startswith("output=")]
    for text in changes:
        if not text.lstrip("+~").startswith(f"{STUDY}."):
            raise ConfigError(f"'{text}' changes nothing that is published", fix=f"Set only {STUDY}.… and output=….")
    audited = audit(paper_of(study, changes, config_dir))
    folder = Path(outputs[-1] if outputs else "outputs").absolute() / "studies" / study
    pages = write_page(audited, folder)
    console = Console()
    print_audit(audited, console)
    for page in pages:
        console.print(f"written: {page}", markup=False, highlight=False, soft_wrap=True)
    return 0
