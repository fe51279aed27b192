"""What a picture and an epoch cost: how it is timed, stored, read and shown."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console
from support.running import only_run, train
from support.stored import stored_run, study_results, write_json_at

import xaimed.studies.reproduction.stopwatch as stopwatch
from tests.evaluation.made_predictions import by_hand
from xaimed.cli.cost import main as time_runs
from xaimed.config.identity import identity_hash
from xaimed.errors import ConfigError, StoreError
from xaimed.store.run import Run
from xaimed.studies.reproduction.cost import cost_of, epochs_of, spread
from xaimed.studies.reproduction.standing import Standing
from xaimed.studies.reproduction.stopwatch import Stopwatch
from xaimed.studies.reproduction.tables.complexity import Complexity
from xaimed.studies.reproduction.tables.overhead import Overhead
from xaimed.studies.reproduction.timing import TARGET, time_networks

COST = {
    "alone": {
        "inference": [0.010, 0.020, 0.030],
        "gradcam-111111": [0.020, 0.030, 0.040],
        "mc_gradcam-222222": [0.040],
    },
    "explainers": ["gradcam-111111", "mc_gradcam-222222"],
    "together": {"inference": [0.040, 0.080]},
    "batch": 8,
    "pictures": 5,
    "size": 32,
    "warm_ups": 3,
    "device": "cpu (made)",
    "threads": 1,
    "precision": "float32",
}
PRINTED = {"parameters": "11.18 M", "flops": "0.2 G", "epoch": "2.00 s", "inference": "10 ms"}
PAPER = {
    "tables": {
        "costs": {
            "place": "Table 5",
            "columns": {"parameters": {}, "flops": {}, "epoch": {"unit": "s"}, "inference": {"unit": "ms"}, "more": {}},
            "rows": {"net": dict(PRINTED, more="15%")},
        }
    }
}


class Clock:
    """Time passes only inside the calls."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now

    def lasting(self, *seconds):
        left = list(seconds)

        def call():
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return call


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(stopwatch, "time", clock)
    return clock


def test_a_call_is_timed_after_it_has_warmed_up(clock):
    times = Stopwatch(2, 3, 100).times({"slow at first": clock.lasting(9, 8, 1, 2, 3), "even": clock.lasting(0.5)})
    assert times == {"slow at first": [1, 2, 3], "even": [0.5, 0.5, 0.5]}


def test_calls_take_turns():
    order = []
    Stopwatch(1, 2, 100).times({"a": lambda: order.append("a"), "b": lambda: order.append("b")})
    assert order == ["a", "b", "a", "b", "a", "b"]


def test_a_slow_call_is_left_out_of_the_later_rounds_but_measured_three_times(clock):
    times = Stopwatch(5, 10, 4).times({"slow": clock.lasting(3), "quick": clock.lasting(0.1)})
    assert {name: len(each) for name, each in times.items()} == {"slow": 3, "quick": 10}
    assert clock.now == pytest.approx(2 * 3 + 3 * 3 + 5 * 0.1 + 10 * 0.1)


def test_the_device_is_waited_for_before_and_after(clock):
    done = []
    Stopwatch(0, 1, 1).times({"call": lambda: done.append("call")}, settle=lambda: done.append("settled"))
    assert done == ["settled", "call", "settled"]


def test_nothing_to_count_is_refused():
    with pytest.raises(ConfigError, match="time nothing"):
        Complexity("t", repetitions=0).stopwatch  # noqa: B018


def test_a_spread_is_the_median_with_both_quartiles_in_three_digits():
    assert str(spread([1, 2, 3, 4, 5])) == "3.00 (2.00 to 4.00)"
    assert str(spread([0.012345], 1000)) == "12.3"
    assert str(spread([])) == "–"


@pytest.fixture
def run(tmp_path):
    model = {"parameters": 11_178_051, "multiply_adds": 148_047_360}
    return stored_run(tmp_path / "net", [by_hand()], model=model, seconds=[1.0, 2.0, 6.0])


def timed(run):
    write_json_at(run.path / "cost.json", COST)
    return run


def test_overhead_is_taken_round_by_round(run):
    cost = cost_of(timed(run))
    assert cost.overhead("gradcam-111111", "inference") == pytest.approx([1.0, 0.5, 1 / 3])
    assert cost.overhead("mc_gradcam-222222", "gradcam-111111") == pytest.approx([1.0])


@pytest.mark.parametrize("text", ["{}", "not json", '{"alone": 3}'])
def test_damaged_times_are_named(run, text):
    (run.path / "cost.json").write_text(text)
    with pytest.raises(StoreError, match="no measured times"):
        cost_of(run)


def test_the_table_of_costs(run):
    columns = {"parameters": "parameters", "multiply_adds": "flops", "epoch": "epoch", "inference": "inference"}
    ours, calls, beside = Complexity("Costs", "costs", columns=columns)(
        study_results({"net": timed(run)}, published=PAPER)
    )
    (row,) = [[str(cell) for cell in row] for row in ours.rows]
    assert row == ["net", "11.18", "0.148", "2.00 (1.50 to 4.00)", "20.0 (15.0 to 25.0)", "30.0 (25.0 to 35.0)"]
    assert any("cpu (made), 1 thread, float32, pictures of 32 px, 3 calls" in note for note in ours.notes)
    assert [[str(cell) for cell in row[1:]] for row in calls.rows] == [
        ["inference", "20.0 (15.0 to 25.0)", "7.50 (6.25 to 8.75)", "8", "3"],
        ["gradcam", "30.0 (25.0 to 35.0)", "–", "8", "3"],
        ["mc_gradcam", "40.0", "–", "8", "1"],
    ]
    assert [[str(cell) for cell in row[1:]] for row in beside.rows] == [
        ["weights", "11.18 M", "11.18 M", "1.000", "inside"],
        ["multiply-adds", "0.2 G", "0.15 G", "0.740", "outside"],
        ["epoch", "2.00 s", "2.00 (1.50 to 4.00)", "1.00", "not comparable: other machine"],
        ["inference", "10 ms", "20.0 (15.0 to 25.0)", "2.00", "not comparable: other machine"],
    ]


def test_sizes_are_compared_once_where_the_paper_has_a_row_for_several_runs(tmp_path, run):
    other = stored_run(tmp_path / "other", [by_hand()], model={"parameters": 11_178_051, "multiply_adds": 1})
    results = study_results(
        {"net_a": run, "net_b": other}, published=PAPER, places={name: {"net": "net"} for name in ("net_a", "net_b")}
    )
    beside = Complexity("Costs", "costs", axis="net", columns={"parameters": "parameters", "epoch": "epoch"})(results)[
        -1
    ]
    assert [row[:2] for row in beside.rows] == [("net a", "weights"), ("net a", "epoch"), ("net b", "epoch")]
    assert beside.rows[-1][-1] == "not timed"


def test_what_was_not_timed_is_said(run):
    (ours,) = Complexity("Costs")(study_results({"net": run}))
    assert [str(cell) for cell in ours.rows[0][-2:]] == ["–", "–"]
    assert "Not timed yet: net." in ours.notes


def test_in_a_rehearsal_no_size_is_held_against_the_paper(run):
    results = study_results({"net": run}, published=PAPER, stamp="rehearsal")
    beside = Complexity("Costs", "costs", columns={"parameters": "parameters"})(results)[-1]
    assert beside.rows[0][-1] == "not comparable: rehearsal"


@pytest.mark.parametrize(("rounds", "word"), [([0.011, 0.022], "inside"), ([0.013, 0.022, 0.040], "outside")])
def test_an_overhead_is_held_against_the_most_that_is_printed(run, rounds, word):
    cost = {**COST, "alone": {**COST["alone"], "mc_gradcam-222222": rounds}}
    write_json_at(run.path / "cost.json", cost)
    results = study_results({"net": run}, published=PAPER)
    over = ("inference", "gradcam", "lime")
    (table,) = Overhead("More", "mc_gradcam", over, "costs.net.more")(results)
    assert [row[1] for row in table.rows] == ["inference", "gradcam"]
    assert list(table.rows[0][3:]) == [len(rounds), "15%", word]
    assert Overhead("More", "lime")(results) == []


@pytest.fixture
def in_this_process(monkeypatch):
    """What the study starts in a process of its own is called here; which modules were started."""
    started = []

    def run_here(command, **_):
        _, _, module, *arguments = command
        started.append(module)
        return SimpleNamespace(returncode=time_runs(*arguments))

    monkeypatch.setattr("xaimed.studies.reproduction.timing.subprocess", SimpleNamespace(run=run_here))
    monkeypatch.setattr("xaimed.cli.cost.end_with", lambda parent: None)
    return started


def test_a_real_network_is_timed_on_its_own_pictures_once(tmp_path, capsys, in_this_process):
    assert train(tmp_path, "trainer.max_epochs=1", "callbacks=[best_checkpoint]", "logger=[]") == 0
    run = Run(only_run(tmp_path))
    assert len(epochs_of(run)) == 2
    config = run.facts()["config"]
    node = {"_target_": TARGET, "title": "t", "warm_ups": 1, "repetitions": 4, "seconds": 60}
    study = replace(study_results({"net": run}).study, tables={"complexity": node})
    turned = {name: config["explainer"][name] for name in ("mc_gradcam", "gradcam")}
    standing = Standing(study.members[0], {**config, "explainer": turned}, "", run)

    def timed_now():
        time_networks(study, [standing], tmp_path / "logs", Console())
        return len(in_this_process)

    assert timed_now() == 1
    assert "timing 1 finished network" in capsys.readouterr().out
    cost = cost_of(run)
    names = [f"{name}-{identity_hash(node)[:6]}" for name, node in turned.items()]
    assert list(cost.explainers) == names
    assert {name: len(each) for name, each in cost.alone.items()} == dict.fromkeys(("inference", *names), 4)
    assert (cost.batch, cost.pictures, cost.size, cost.warm_ups, cost.precision) == (8, 8, 32, 1, "float32")
    assert min(min(each) for each in (*cost.alone.values(), *cost.together.values())) > 0
    before = (run.path / "cost.json").read_bytes()
    assert timed_now() == 1
    assert (run.path / "cost.json").read_bytes() == before
    (run.path / "cost.json").write_text("{")
    assert timed_now() == 2
    assert cost_of(run).batch == 8


def test_a_run_that_cannot_be_timed_is_told_and_the_table_does_without(run, tmp_path, capsys, in_this_process):
    study = replace(study_results({"net": run}).study, tables={"complexity": {"_target_": TARGET, "title": "t"}})
    standing = Standing(study.members[0], {"explainer": {}}, "", run)
    time_networks(study, [standing], tmp_path / "logs", Console(width=300))
    said = capsys.readouterr()
    assert f"not all of them could be timed: see {tmp_path / 'logs' / 'cost.log'}" in said.out
    assert f"{run.path} is not timed: run.json does not say what the backbone of this run was" in said.err
    assert cost_of(run) is None


def test_neither_an_unfinished_nor_a_nested_run_is_timed(run, tmp_path, in_this_process):
    results = study_results({"net": run, "net_nested": run})
    study = replace(results.study, tables={"complexity": {"_target_": TARGET, "title": "t"}})
    (run.path / "fold-0" / "fold.json").unlink()
    standings = [Standing(member, {"explainer": {}}, "", run) for member in study.members]
    time_networks(study, standings, tmp_path / "logs", Console())
    assert in_this_process == []
