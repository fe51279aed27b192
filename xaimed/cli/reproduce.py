"""``xaimed reproduce STUDY``: a paper's runs, tables and figures, and what its printed numbers say of one another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xaimed.cli.parser import CommandParser
from xaimed.config.places import groups, summary_of
from xaimed.errors import ConfigError

STUDY = "study"


def _help() -> str:
    studies = "\n".join(f"  {name:<10} {summary_of(STUDY, name)}" for name in groups()[STUDY])
    return f"""usage: xaimed reproduce STUDY [profile=NAME] [key=value] [--dry-run] [--only RUN,...] [--nested]
                        [--fail-fast] [--tables] [hydra/launcher=NAME] [--config-dir DIR] [--allow PACKAGE]
       xaimed reproduce STUDY --published [study.key=value] [output=DIR] [--config-dir DIR]

Makes every run of a study that is not there yet, fold by fold, and writes its tables and figures beside what was
published: study.md, tables/ (Markdown, CSV, LaTeX) and figures/ in <output>/studies/<study>. Give the same command
again to go on after an interruption. Every run prints into <output>/studies/<study>/logs.

key=value is given to every run, as for xaimed train: dataset.root=/data/spine says where the pictures lie,
study.key=value changes the study. With a change that decides the training nothing is held against the paper any more.

  profile=rehearsal   the same study on its phantom, small, with stand-in weights: every table and figure, stamped
  --dry-run           what would be made, what is there, how long it would take and how much room, reckoned from the
                      finished folds in <output>; nothing is made, fetched or written
  --only RUN,...      these rows alone
  --tables            tables and figures from what there is; nothing is made. Without key=value of your own, of the
                      study as it was asked for the last time
  --nested            every run once more with the checkpoint chosen on other pictures than are reported: how much of
                      the figure is the choice
  --fail-fast         begin nothing more after the first failure
  hydra/launcher=…    submitit_slurm, submitit_local or ray (pip install 'xaimed[slurm]' or 'xaimed[ray]'), for many
                      runs at once; submitit ends a run after hydra.launcher.timeout_min=60 minutes and shows it no
                      GPU without hydra.launcher.gpus_per_node=1. Without, runs are made one after another here.

What cannot be run, for want of data, a class or weights, is said before anything is trained, and the rest is made. A
fold that was edited, is half written or belongs elsewhere is named, left alone and not counted; the others are made.
The exit status is 1 as long as any run that was asked for is not complete.

--published audits what a paper prints, without data and without training. Everything that can be recomputed from other
printed numbers is recomputed, every share is tested for being possible at its n, every described model is built and
measured, and every statement is held against the tables and against the other statements. What rounding, cutting off or
averaging over folds can explain is not reported. The findings come with their arithmetic, the gravest first. It writes
published.md and published.json to <output>/studies/<study>; the exit status is 0 whatever was found. The numbers lie in
conf/study/published/<study>.yaml.

A study of your own is a YAML in the folder 'study' of --config-dir, with or without published numbers.

studies:
{studies}

examples:
  xaimed reproduce spine profile=rehearsal
  xaimed reproduce spine dataset.root=/data/vertebrae --dry-run
  xaimed reproduce pneumonia dataset.root=/data/chest_xray optimizer.lr=3e-5
  xaimed reproduce spine --published
  xaimed reproduce spine --published study.published.samples.images.folds=10    what if there had been ten folds"""


def run(arguments: Sequence[str]) -> int:
    """Reproduce a study, or audit what it prints."""
    if not arguments or any(argument in ("-h", "--help") for argument in arguments):
        print(_help())
        return 0 if arguments else 2
    parser = CommandParser("reproduce")
    parser.add_argument(STUDY)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--config-dir", type=Path)
    parser.add_argument("--only", default="")
    for flag in ("--published", "--dry-run", "--tables", "--nested", "--fail-fast"):
        parser.add_argument(flag, action="store_true")
    asked = parser.parse_intermixed_args(list(arguments))
    output, profile = _last(asked.overrides, "output", "outputs"), _last(asked.overrides, "profile", "")
    rest = [text for text in asked.overrides if not text.startswith(("output=", "profile="))]
    if asked.published:
        return _published(asked.study, rest, Path(output).absolute(), asked.config_dir)

    from rich.console import Console

    from xaimed.studies.reproduction.dryrun import print_dry_run
    from xaimed.studies.reproduction.page import print_page, shown, write_page
    from xaimed.studies.reproduction.reading import study_of
    from xaimed.studies.reproduction.records import remembered
    from xaimed.studies.reproduction.results import folder_of
    from xaimed.studies.reproduction.watching import say_what_failed
    from xaimed.studies.reproduction.whole import Order, check_only, gather, look, make, there_is

    console, place = Console(), Path(output).absolute()
    launcher = [text for text in rest if text.lstrip("+~").startswith("hydra")]
    given = [f"output={place}", *(text for text in rest if text not in launcher)]
    study = study_of(asked.study, given, asked.config_dir, profile, asked.nested)
    if asked.tables and not rest and (earlier := remembered(folder_of(study, place))):
        console.print(f"as it was asked for the last time: {' '.join(earlier)}", markup=False, highlight=False)
        study = study_of(asked.study, [*given, *earlier], asked.config_dir, profile, asked.nested)
    only = tuple(filter(None, asked.only.split(",")))
    order = Order(place, only, tuple(given[1:]), tuple(launcher), asked.config_dir, asked.fail_fast)
    if asked.dry_run:
        looked = look(study, order, fetch=False)
        print_dry_run(looked, place, console)
        return 1 if any(each.problem or each.refused for each in looked.standings) else 0
    after, failed = ([], {}) if asked.tables else make(study, order, console)
    made = {each.member.name: each for each in [*there_is(study, order), *after]}
    unclear = {name: each.problem for name, each in made.items() if each.config is None}
    if asked.tables:
        check_only(study, only)
        say_what_failed(list(made.values()), unclear, {}, console)
    if made and len(unclear) == len(made):  # there is no telling which runs are meant: an earlier page stays
        return 1
    results = gather(study, list(made.values()), place, explain=not asked.tables)
    found = shown(results)
    print_page(found, console)
    page = write_page(results, found, folder_of(study, place))
    console.print(f"written: {page}", markup=False, highlight=False, soft_wrap=True)
    return 1 if failed or (asked.tables and unclear) else 0


def _published(study: str, overrides: Sequence[str], output: Path, config_dir: Path | None) -> int:
    from rich.console import Console

    from xaimed.studies.published.audit import audit
    from xaimed.studies.published.page import print_audit, write_page
    from xaimed.studies.published.study import paper_of

    for text in overrides:
        if not text.lstrip("+~").startswith(f"{STUDY}."):
            raise ConfigError(f"'{text}' changes nothing that is published", fix=f"Set only {STUDY}.… and output=….")
    audited = audit(paper_of(study, overrides, config_dir))
    pages = write_page(audited, output / "studies" / study)
    console = Console()
    print_audit(audited, console)
    for page in pages:
        console.print(f"written: {page}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _last(overrides: Sequence[str], key: str, otherwise: str) -> str:
    found = [text.partition("=")[2] for text in overrides if text.startswith(f"{key}=")]
    return found[-1] if found else otherwise
